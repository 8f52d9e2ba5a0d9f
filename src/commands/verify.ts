import { verify } from "../application/deploy/verify.ts";
import { DEPLOYMENT_OPTIONS, STACK_OPTIONS } from "./deployment/options.ts";
import { inSession, NOTHING_CHANGED } from "./deployment/session.ts";
import type { Command } from "./support/command.ts";
import { EXIT_DONE } from "./support/command.ts";

export const command: Command = {
  name: "verify",
  summary: "find what would stop a deploy, or what is wrong with a running one",
  details:
    "Before a deploy: credentials, permissions, quotas, zones, endpoints, names that are taken, data that is there; all problems at once. After it, besides: what was changed beside the stacks, whether every task runs the image that was deployed, and the smoke test against each task.",
  arguments: [],
  options: [...DEPLOYMENT_OPTIONS, ...STACK_OPTIONS],
  settings: ["awsRegion"],
  examples: [{ line: "todos verify --env test", does: "is the environment test as it should be?" }],
  run: (context) =>
    inSession(
      context,
      async ({ engine, settings }) => {
        await verify(engine, settings);
        return EXIT_DONE;
      },
      { endsOnInterrupt: NOTHING_CHANGED },
    ),
};
