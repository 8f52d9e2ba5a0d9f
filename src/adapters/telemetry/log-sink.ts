import { writeSync } from "node:fs";

/** Where lines of the log go: gathered during one turn of the event loop, written at its end. */
export interface LogSink {
  write(line: string): void;
  /** Writes what is waiting; call it before the process ends. */
  flush(): void;
}

/** Beyond this much waiting text it is written at once, so that a flood of lines can't fill the memory. */
const WAITING_CHARS_MAX = 64 * 1_024;
/** How long a full pipe is waited for before lines are given up: a stuck reader must not stop the service. */
const FULL_PIPE_PATIENCE_MS = 100;
const FULL_PIPE_WAIT_MS = 1;

/** Writes lines to a descriptor. Once the reader is gone, lines are dropped without a word. */
export function createLogSink(descriptor: number): LogSink {
  let waiting = "";
  let scheduled = false;
  const flush = (): void => {
    const text = waiting;
    waiting = "";
    scheduled = false;
    if (text !== "") writePatiently(descriptor, Buffer.from(text));
  };
  return {
    write: (line) => {
      waiting += line;
      if (waiting.length >= WAITING_CHARS_MAX) flush();
      else if (!scheduled) {
        scheduled = true;
        setImmediate(flush);
      }
    },
    flush,
  };
}

function writePatiently(descriptor: number, bytes: Buffer): void {
  let written = 0;
  let waitedMs = 0;
  while (written < bytes.length && waitedMs < FULL_PIPE_PATIENCE_MS) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EPIPE") return;
      if (code !== "EAGAIN") throw error;
      Bun.sleepSync(FULL_PIPE_WAIT_MS);
      waitedMs += FULL_PIPE_WAIT_MS;
    }
  }
}
