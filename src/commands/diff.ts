import { diff } from "../application/deploy/diff.ts";
import { IMAGE_OPTIONS } from "./deployment/image-options.ts";
import { DEPLOYMENT_OPTIONS, STACK_OPTIONS } from "./deployment/options.ts";
import { inSession, NOTHING_CHANGED } from "./deployment/session.ts";
import { list } from "./deployment/settings.ts";
import type { Command } from "./support/command.ts";
import { EXIT_DONE, EXIT_FAILED } from "./support/command.ts";

export const command: Command = {
  name: "diff",
  summary: "show what a deploy would change, property by property",
  details:
    "Asks CloudFormation for change sets and takes them away again; nothing else is touched. Stacks that are not there yet are shown as their templates have them.\n" +
    "Exit codes: 0 nothing would change, 1 something would, or it can't be told.",
  arguments: [],
  options: [...DEPLOYMENT_OPTIONS, ...IMAGE_OPTIONS, ...STACK_OPTIONS],
  settings: ["awsRegion"],
  examples: [
    { line: "todos diff", does: "what todos deploy would change" },
    { line: "todos diff --env test --memory 1024", does: "what that flag would change" },
  ],
  run: (context) =>
    inSession(
      context,
      async ({ engine, settings }) => {
        const options = { settings, allowed: list(context, "allow-replace"), wait: false };
        return (await diff(engine, options)) ? EXIT_FAILED : EXIT_DONE;
      },
      { endsOnInterrupt: NOTHING_CHANGED },
    ),
};
