import { rollback } from "../application/deploy/rollback.ts";
import { withDeployment } from "./deployment/deployment.ts";
import { DEPLOYMENT_OPTIONS, NO_WAIT_OPTION, YES_OPTION } from "./deployment/options.ts";
import type { Command } from "./support/command.ts";
import { EXIT_DONE } from "./support/command.ts";

export const command: Command = {
  name: "rollback",
  summary: "return to the last image that was deployed successfully",
  details:
    "Builds and pushes nothing: the images are in the registry, which marks those that were deployed successfully. The change is planned, confirmed and checked like a deploy. Data stays as it is: every release works with the schema of the next one.",
  arguments: [],
  options: [
    ...DEPLOYMENT_OPTIONS,
    YES_OPTION,
    NO_WAIT_OPTION,
    {
      name: "to",
      placeholder: "DIGEST",
      description: "older image to return to, from the list in todos status",
    },
  ],
  settings: ["awsRegion"],
  examples: [{ line: "todos rollback", does: "return to the previous image" }],
  run: (context) =>
    withDeployment(context, async ({ engine, settings }) => {
      const digest = context.value("to");
      await rollback(engine, {
        settings,
        wait: !context.has("no-wait"),
        ...(digest !== undefined && { digest }),
      });
      return EXIT_DONE;
    }),
};
