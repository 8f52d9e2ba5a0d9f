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
