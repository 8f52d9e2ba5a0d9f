import { deploy } from "../application/deploy/deploy.ts";
import { IMAGE_OPTIONS } from "./deployment/image-options.ts";
import { DEPLOYMENT_OPTIONS, NO_WAIT_OPTION, STACK_OPTIONS, YES_OPTION } from "./deployment/options.ts";
import { inSession } from "./deployment/session.ts";
import { list } from "./deployment/settings.ts";
import type { Command } from "./support/command.ts";
import { EXIT_DONE } from "./support/command.ts";

export const command: Command = {
  name: "deploy",
  summary: "put this program into a private AWS network, or bring what is there up to date",
  details:
    "Checks the account, builds the image out of this executable, shows what would change, asks once, and then works until every task runs the new image and has passed the smoke test; anything else is an exit code that is not 0, with the reason. It needs no Docker and no other tool.\n" +
    "State is in AWS alone: a deploy that was killed is finished by running it again, from any machine. Ctrl-C asks whether to detach, roll back or keep going; a second one leaves at once.\n" +
    "Exit codes: 0 done, 1 failed, 2 usage, 130 interrupted.",
  arguments: [],
  options: [...DEPLOYMENT_OPTIONS, YES_OPTION, NO_WAIT_OPTION, ...IMAGE_OPTIONS, ...STACK_OPTIONS],
  settings: ["awsRegion"],
  examples: [
    { line: "todos deploy --region eu-west-1", does: "the first time, and every time after" },
    {
      line: "todos deploy --env test --min-tasks 1 --yes",
      does: "an environment beside it, without questions",
    },
    {
      line: "todos deploy --binary dist/linux-arm64/todos --arch arm64",
      does: "from a Mac, or for another processor",
    },
    {
      line: "todos deploy --vpc vpc-1 --subnets subnet-1,subnet-2",
      does: "into a network that is there already",
    },
  ],
  run: (context) =>
    inSession(context, async ({ engine, settings }) => {
      await deploy(engine, {
        settings,
        allowed: list(context, "allow-replace"),
        wait: !context.has("no-wait"),
      });
      return EXIT_DONE;
    }),
};
