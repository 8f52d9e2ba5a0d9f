import { deploy } from "../application/deploy/deploy.ts";
import { withDeployment } from "./deployment/deployment.ts";
import { IMAGE_OPTIONS } from "./deployment/image-options.ts";
import { DEPLOYMENT_OPTIONS, NO_WAIT_OPTION, STACK_OPTIONS, YES_OPTION } from "./deployment/options.ts";
import { list } from "./deployment/settings.ts";
import type { Command } from "./support/command.ts";
import { EXIT_DONE } from "./support/command.ts";

export const command: Command = {
  name: "deploy",
  summary: "deploy this program to a private AWS network, or update a deployment",
  details:
    "Checks the account, builds the image from this executable, shows the plan, asks once, and works until every task runs the new image and has passed the smoke test. Otherwise it exits with a code other than 0 and the reason. It needs neither Docker nor any other tool.\n" +
    "All state is in AWS: to finish a deploy that was killed, run it again, from any machine. Ctrl-C asks whether to detach, roll back or keep going; pressed again, it leaves at once.\n" +
    "Exit codes: 0 done, 1 failed, 2 usage, 130 interrupted (143 by SIGTERM).",
  arguments: [],
  options: [...DEPLOYMENT_OPTIONS, YES_OPTION, NO_WAIT_OPTION, ...IMAGE_OPTIONS, ...STACK_OPTIONS],
  settings: ["awsRegion"],
  examples: [
    { line: "todos deploy --region eu-west-1", does: "deploy, the first time and every time after" },
    {
      line: "todos deploy --env test --min-tasks 1 --yes",
      does: "deploy another environment, without questions",
    },
    {
      line: "todos deploy --binary dist/linux-arm64/todos --arch arm64",
      does: "deploy from a Mac, or for another processor",
    },
    {
      line: "todos deploy --vpc vpc-1 --subnets subnet-1,subnet-2",
      does: "deploy into an existing network",
    },
  ],
  run: (context) =>
    withDeployment(context, async ({ engine, settings }) => {
      await deploy(engine, {
        settings,
        allowed: list(context, "allow-replace"),
        wait: !context.has("no-wait"),
      });
      return EXIT_DONE;
    }),
};
