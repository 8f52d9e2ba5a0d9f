import type { Stats } from "node:fs";
import { fstatSync, readSync, statSync, writeSync } from "node:fs";
import { forTerminal } from "../../lib/terminal.ts";
import type { Choice, Output } from "./command.ts";

/** The reader of the output is gone (`todos config | head -1`): not a failure, but a reason to stop. */
export class BrokenPipeError extends Error {
  override readonly name = "BrokenPipeError";
}

/** How long to wait before another try where a non-blocking pipe is full, ms. */
const FULL_PIPE_WAIT_MS = 5;
const ANSWER_BYTES_MAX = 1_024;

/** Writes straight to the descriptor: nothing is lost when the program ends, and no stream has to be set up. */
export function descriptorOutput(descriptor: 1 | 2, colors: boolean): Output {
  const isTerminal = isTerminalDescriptor(descriptor);
  return {
    isTerminal,
    colors: isTerminal && colors,
    get columns() {
      return isTerminal ? streamOf(descriptor).columns : undefined;
    },
    write: (text) => writeWhole(descriptor, Buffer.from(isTerminal ? forTerminal(text) : text)),
  };
}

/** Asked for only where its width is: it takes time to set up. */
function streamOf(descriptor: 1 | 2): { readonly columns?: number } {
  return descriptor === 1 ? process.stdout : process.stderr;
}

function writeWhole(descriptor: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      if (codeOf(error) === "EPIPE") throw new BrokenPipeError("the reader is gone", { cause: error });
      if (codeOf(error) !== "EAGAIN") throw error;
      Bun.sleepSync(FULL_PIPE_WAIT_MS);
    }
  }
}

/** Asks and waits. `undefined` where standard input is no terminal. Only `y` and `yes` are a yes. */
export function askOnTerminal(question: string, stderr: Output): Choice | undefined {
  if (!isTerminalDescriptor(0)) return undefined;
  stderr.write(`${question} [y/N] `);
  const answer = Buffer.alloc(ANSWER_BYTES_MAX);
  const length = readSync(0, answer);
  return /^y(es)?$/i.test(answer.toString("utf8", 0, length).trim()) ? "yes" : "no";
}

/**
 * What `isatty` says, asked only where the answer may be yes: loading node:tty takes 2 ms, a tenth of what
 * the service has for its start, and a service writes to a pipe, a file or /dev/null.
 */
function isTerminalDescriptor(descriptor: number): boolean {
  const status = statusOf(descriptor);
  if (!status?.isCharacterDevice() || status.rdev === statSync("/dev/null").rdev) return false;
  return process.getBuiltinModule("node:tty").isatty(descriptor);
}

/** `undefined` for a descriptor that is closed: `todos <&-`. */
function statusOf(descriptor: number): Stats | undefined {
  try {
    return fstatSync(descriptor);
  } catch (error) {
    if (codeOf(error) === "EBADF") return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
