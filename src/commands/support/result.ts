import type { Context } from "./command.ts";
import { UnwritableOutputError } from "./output.ts";

/** Says what has been done. Where that can't be shown it is done all the same, and stderr says so. */
export function tellDone({ has, stdout, stderr }: Context, report: object, line: string): void {
  try {
    stdout.write(`${has("json") ? JSON.stringify(report) : line}\n`);
  } catch (error) {
    if (!(error instanceof UnwritableOutputError)) throw error;
    stderr.write(`${line}\n(${error.message})\n`);
  }
}

/** Says that the work was not done, or not to its end, for no fault. @param message empty where there is nothing to say */
export function tellUndone(
  { has, stdout, stderr }: Pick<Context, "has" | "stdout" | "stderr">,
  event: "stopped" | "unchanged",
  message: string,
): void {
  if (message === "") return;
  stderr.write(`${message}\n`);
  if (has("json")) stdout.write(`${JSON.stringify({ event, message: message.trim() })}\n`);
}
