import type { Context } from "./command.ts";
import { UnwritableOutputError, writeIfRead } from "./output.ts";

/** Reports what was done. If that can't be shown, the work is still done, and stderr says so. */
export function tellDone({ has, stdout, stderr }: Context, report: object, line: string): void {
  try {
    stdout.write(`${has("json") ? JSON.stringify(report) : line}\n`);
  } catch (error) {
    if (!(error instanceof UnwritableOutputError)) throw error;
    stderr.write(`${line}\n(${error.message})\n`);
  }
}

/**
 * Reports that the work was not done, or not completed, without an error. If nobody reads it, the exit code
 * still says so.
 * @param message empty if there is nothing to say
 */
export function tellUndone(
  { has, stdout, stderr }: Pick<Context, "has" | "stdout" | "stderr">,
  event: "stopped" | "unchanged",
  message: string,
): void {
  if (message === "") return;
  writeIfRead(stderr, `${message}\n`);
  if (has("json")) writeIfRead(stdout, `${JSON.stringify({ event, message: message.trim() })}\n`);
}
