import type { AwsKeys } from "../../adapters/aws/connection.ts";
import type { Engine } from "../../application/deploy/engine.ts";
import { DeployError, Interrupted } from "../../application/deploy/errors.ts";
import { ImageError } from "../../application/deploy/images.ts";
import type { Architecture, ImageMaker } from "../../application/deploy/ports.ts";
import { type Questions, Run } from "../../application/deploy/run.ts";
import { withArchitecture } from "../../application/deploy/settings-of.ts";
import { environmentNames } from "../../domain/deployment/names.ts";
import type { DeploymentSettings } from "../../domain/deployment/settings.ts";
import { CommandError, type Context, EXIT_BY_SIGNAL, UsageError } from "../support/command.ts";
import { answerOnTerminal, askOnTerminal } from "../support/output.ts";
import { tellUndone } from "../support/result.ts";
import { Display } from "./display.ts";
import { programArchitecture } from "./image-options.ts";
import { imageMaker } from "./images.ts";
import { TerminalInterruption } from "./interrupt.ts";
import { thisDeployer, wallClock } from "./machine.ts";
import { type AskedSettings, askedSettings, environmentOf } from "./settings.ts";

/** What a deployment command works with. */
export interface Deployment {
  readonly engine: Engine;
  readonly settings: DeploymentSettings;
  readonly display: Display;
  readonly keys: () => Promise<AwsKeys>;
  /** The exit code if a signal has stopped the work; undefined if none has. */
  readonly interruptedCode: () => number | undefined;
}

export interface DeploymentOptions {
  /** Its time limit, ms; absent: a deploy's. */
  readonly deadlineMs?: number;
  /** Printed when the user leaves without waiting for the end. With it, Ctrl-C ends the work and asks nothing. */
  readonly endsOnInterrupt?: string;
}

/** The message for a read-only command. */
export const NOTHING_CHANGED = "\nstopped; nothing was changed";

/**
 * Runs a command's work with everything it needs, and explains failures.
 * @returns the exit code
 * @throws CommandError, UsageError
 */
export async function withDeployment(
  context: Context,
  work: (deployment: Deployment) => Promise<number>,
  options: DeploymentOptions = {},
): Promise<number> {
  const asked = askedSettings(context);
  const environment = environmentOf(context);
  using display = new Display(context);
  const answers = !context.has("json") && context.stderr.isTerminal && process.stdin.isTTY === true;
  const { endsOnInterrupt, ...limits } = options;
  const canAnswer = answers && endsOnInterrupt === undefined;
  using interruption = new TerminalInterruption(context, display, canAnswer, endsOnInterrupt);
  const run = new Run({
    names: environmentNames(environment),
    clock: wallClock,
    reporter: display,
    deployer: thisDeployer(),
    interruption,
    questions: questions(context, interruption),
    yes: context.has("yes"),
    ...limits,
  });
  const interruptedCode = () => interruption.exitCode;
  try {
    return await Promise.race([
      interruption.left,
      inEngine(context, run, asked, { display, interruptedCode }, work),
    ]);
  } catch (error) {
    display.clear();
    return explained(error, context, interruptedCode(), endsOnInterrupt);
  }
}

async function inEngine(
  context: Context,
  run: Run,
  asked: AskedSettings,
  own: Pick<Deployment, "display" | "interruptedCode">,
  work: (deployment: Deployment) => Promise<number>,
): Promise<number> {
  const { openAws } = await import("./aws.ts");
  const architecture = await ownArchitecture(context);
  const images: ImageMaker = imageMaker(context, architecture);
  const { ports, keys } = await openAws(context, run);
  const engine = { ...ports, run, images };
  const settings = await withArchitecture(engine, asked, architecture);
  return work({ engine, settings, keys, ...own });
}

/** Of the program that the image is made of. */
async function ownArchitecture(context: Context): Promise<Architecture> {
  if (context.value("binary") !== undefined) return programArchitecture(context);
  return process.arch === "arm64" ? "arm64" : "amd64";
}

function questions({ stderr }: Context, interruption: TerminalInterruption): Questions {
  return {
    confirm: async (question) => {
      const answer = await interruption.atQuestion(() => askOnTerminal(question, stderr));
      return answer === undefined ? undefined : answer === "yes";
    },
    typed: (question) => interruption.atQuestion(() => answerOnTerminal(question, stderr)),
  };
}

const SAID: Readonly<Record<Interrupted["wish"], string>> = {
  detach: "detached; AWS continues its work: todos status shows it, todos deploy picks it up again",
  "roll back": "rolled back; todos status shows what is deployed",
  leave: "\nstopped at the question; nothing more was changed",
};

/** @param onInterrupt replaces the messages for a deploy. @throws CommandError */
function explained(
  error: unknown,
  context: Context,
  interruptedCode = EXIT_BY_SIGNAL.SIGINT,
  onInterrupt?: string,
): number {
  if (error instanceof Interrupted) {
    tellUndone(context, "stopped", onInterrupt ?? SAID[error.wish]);
    return interruptedCode;
  }
  if (!(error instanceof DeployError || error instanceof ImageError)) throw error;
  const { code, message, advice } = error;
  if (code === "region") throw new UsageError(message, advice);
  throw new CommandError(message, advice, { cause: error, code });
}
