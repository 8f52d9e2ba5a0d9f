import { verify } from "../application/deploy/verify.ts";
import { NOTHING_CHANGED, withDeployment } from "./deployment/deployment.ts";
import { DEPLOYMENT_OPTIONS, STACK_OPTIONS } from "./deployment/options.ts";
import type { Command } from "./support/command.ts";
import { EXIT_DONE } from "./support/command.ts";

export const command: Command = {
  name: "verify",
  summary: "find problems before a deploy, or in a running one",
  details:
    "Before a deploy: checks credentials, permissions, quotas, zones, endpoints, names that are taken and existing data, and reports all problems at once. After a deploy it also checks that nothing was changed outside the stacks, that every task runs the deployed image, and that each task passes the smoke test.",
  arguments: [],
  options: [...DEPLOYMENT_OPTIONS, ...STACK_OPTIONS],
  settings: ["awsRegion"],
  examples: [{ line: "todos verify --env test", does: "check the environment test" }],
  run: (context) =>
    withDeployment(
      context,
      async ({ engine, settings }) => {
        await verify(engine, settings);
        return EXIT_DONE;
      },
      { endsOnInterrupt: NOTHING_CHANGED },
    ),
};
