import { status } from "../application/deploy/status.ts";
import { NOTHING_CHANGED, withDeployment } from "./deployment/deployment.ts";
import { DEPLOYMENT_OPTIONS } from "./deployment/options.ts";
import { statusLines } from "./deployment/status-lines.ts";
import type { Command } from "./support/command.ts";
import { EXIT_DONE, EXIT_FAILED } from "./support/command.ts";

export const command: Command = {
  name: "status",
  summary: "show a deployment: stacks, tasks, image, endpoints, monthly cost",
  details: "Exit codes: 0 healthy, 1 not healthy, or nothing is deployed.",
  arguments: [],
  options: DEPLOYMENT_OPTIONS,
  settings: ["awsRegion"],
  examples: [{ line: "todos status --env test --json", does: "print the status for a program" }],
  run: (context) =>
    withDeployment(
      context,
      async ({ engine, settings }) => {
        const found = await status(engine, settings);
        const text = context.has("json")
          ? JSON.stringify({ event: "status", ...found })
          : statusLines(found).join("\n");
        context.stdout.write(`${text}\n`);
        return found.healthy ? EXIT_DONE : EXIT_FAILED;
      },
      { endsOnInterrupt: NOTHING_CHANGED },
    ),
};
