import { diff } from "../application/deploy/diff.ts";
import { NOTHING_CHANGED, withDeployment } from "./deployment/deployment.ts";
import { IMAGE_OPTIONS } from "./deployment/image-options.ts";
import { DEPLOYMENT_OPTIONS, STACK_OPTIONS } from "./deployment/options.ts";
import { list } from "./deployment/settings.ts";
import type { Command } from "./support/command.ts";
import { EXIT_DONE, EXIT_FAILED } from "./support/command.ts";

export const command: Command = {
  name: "diff",
  summary: "show what a deploy would change, property by property",
  details:
    "Asks CloudFormation for change sets and deletes them again; nothing else is touched. Stacks that do not exist yet are shown as in their templates.\n" +
    "Exit codes: 0 no changes, 1 changes, or failed.",
  arguments: [],
  options: [...DEPLOYMENT_OPTIONS, ...IMAGE_OPTIONS, ...STACK_OPTIONS],
  settings: ["awsRegion"],
  examples: [
    { line: "todos diff", does: "show what todos deploy would change" },
    { line: "todos diff --env test --memory 1024", does: "show what that flag would change" },
  ],
  run: (context) =>
    withDeployment(
      context,
      async ({ engine, settings }) => {
        const options = { settings, allowed: list(context, "allow-replace"), wait: false };
        return (await diff(engine, options)) ? EXIT_FAILED : EXIT_DONE;
      },
      { endsOnInterrupt: NOTHING_CHANGED },
    ),
};
