import { rollback } from "../application/deploy/rollback.ts";
import { DEPLOYMENT_OPTIONS, NO_WAIT_OPTION, YES_OPTION } from "./deployment/options.ts";
import { inSession } from "./deployment/session.ts";
import type { Command } from "./support/command.ts";
import { EXIT_DONE } from "./support/command.ts";

export const command: Command = {
  name: "rollback",
  summary: "return to the last image that was deployed well",
  details:
    "Nothing is built or pushed: the registry has the images, and marks those whose deploy succeeded. The change is planned, shown and confirmed as a deploy's is, and ends in the same checks. Data stays as it is: a release works on the schema of the next.",
  arguments: [],
  options: [
    ...DEPLOYMENT_OPTIONS,
    YES_OPTION,
    NO_WAIT_OPTION,
    {
      name: "to",
      placeholder: "DIGEST",
      description: "an older image that was deployed well, as todos status lists them",
    },
  ],
  settings: ["awsRegion"],
  examples: [{ line: "todos rollback", does: "the image before this one" }],
  run: (context) =>
    inSession(context, async ({ engine, settings }) => {
      const digest = context.value("to");
      await rollback(engine, {
        settings,
        wait: !context.has("no-wait"),
        ...(digest !== undefined && { digest }),
      });
      return EXIT_DONE;
    }),
};
