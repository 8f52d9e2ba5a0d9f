import type { Stats } from "node:fs";
import { fstatSync, statSync, writeSync } from "node:fs";
import { forTerminal } from "../../lib/terminal.ts";
import type { Choice, Output } from "./command.ts";

/**
 * The reader of the output is gone (`todos config | head -1`), or the terminal is closed: not a failure, but a
 * reason to stop.
 */
export class BrokenPipeError extends Error {
  override readonly name = "BrokenPipeError";

  constructor(
    readonly isTerminal: boolean,
    cause: unknown,
  ) {
    super(isTerminal ? "the terminal is gone" : "the reader is gone", { cause });
  }
}

/** Standard output leads to a full disk, or can't be written. */
export class UnwritableOutputError extends Error {
  override readonly name = "UnwritableOutputError";
}

/** How long to wait before another attempt if a non-blocking pipe is full, ms. */
const FULL_PIPE_WAIT_MS = 5;

/** Writes straight to the descriptor: nothing is lost when the program ends, and no stream must be set up. */
export function descriptorOutput(descriptor: 1 | 2, colors: boolean): Output {
  const isTerminal = isTerminalDescriptor(descriptor);
  return {
    isTerminal,
    colors: isTerminal && colors,
    get columns() {
      return isTerminal ? streamOf(descriptor).columns : undefined;
    },
    write: (text) => writeWhole(descriptor, Buffer.from(isTerminal ? forTerminal(text) : text), isTerminal),
  };
}

/** Writes what helps only someone who reads it. @returns false if nobody can read it any more */
export function writeIfRead(output: Output, text: string): boolean {
  try {
    output.write(text);
    return true;
  } catch (error) {
    if (error instanceof BrokenPipeError) return false;
    throw error;
  }
}

/** Used only for its width, because it takes time to set up. */
function streamOf(descriptor: 1 | 2): { readonly columns?: number } {
  return descriptor === 1 ? process.stdout : process.stderr;
}

function writeWhole(descriptor: number, bytes: Buffer, isTerminal: boolean): void {
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      if (codeOf(error) === (isTerminal ? "EIO" : "EPIPE")) throw new BrokenPipeError(isTerminal, error);
      if (codeOf(error) !== "EAGAIN") throw unwritable(descriptor, error);
      Bun.sleepSync(FULL_PIPE_WAIT_MS);
    }
  }
}

function unwritable(descriptor: number, cause: unknown): UnwritableOutputError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new UnwritableOutputError(
    `standard ${descriptor === 1 ? "output" : "error"} can't be written: ${why}`,
    { cause },
  );
}

/** Asks on the terminal. `undefined` if standard input is none. Only `y` and `yes` are a yes. */
export async function askOnTerminal(question: string, stderr: Output): Promise<Choice | undefined> {
  const answer = await answerOnTerminal(`${question} [y/N]`, stderr);
  return answer === undefined ? undefined : /^y(es)?$/i.test(answer) ? "yes" : "no";
}

/** The user's answer, without surrounding blanks. `undefined` if standard input is not a terminal. */
export async function answerOnTerminal(question: string, stderr: Output): Promise<string | undefined> {
  if (!isTerminalDescriptor(0)) return undefined;
  stderr.write(`${question} `);
  return typedLine();
}

/** One reader for every question: two would take each other's answers. */
let lines: AsyncIterator<string> | undefined;

/**
 * The next line from the terminal, without surrounding blanks; empty after Ctrl-D. Read asynchronously, so that
 * work continues and signals are handled.
 * @throws BrokenPipeError if the terminal is gone
 */
export async function typedLine(): Promise<string> {
  lines ??= console[Symbol.asyncIterator]();
  const line = await lines.next();
  if (!line.done) return line.value.trim();
  lines = undefined;
  if (!isTerminalDescriptor(0)) throw new BrokenPipeError(true, undefined);
  return "";
}

/**
 * The result of `isatty`, called only if the answer may be yes: loading node:tty takes 2 ms, a tenth of the
 * service's start, and a service writes to a pipe, a file or /dev/null.
 */
function isTerminalDescriptor(descriptor: number): boolean {
  const status = statusOf(descriptor);
  if (!status?.isCharacterDevice() || status.rdev === statSync("/dev/null").rdev) return false;
  return process.getBuiltinModule("node:tty").isatty(descriptor);
}

/** `undefined` for a closed descriptor: `todos <&-`. */
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
