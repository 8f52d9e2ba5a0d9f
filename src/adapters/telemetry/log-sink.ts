import { write } from "node:fs";

/** Takes lines of the log: collects them during one turn of the event loop, and while others are being written. */
export interface LogSink {
  /** Never waits. A line without room is dropped and counted. */
  write(line: string): void;
  /** Resolves when everything is written, or after a timeout if nobody reads it; await it before the process ends. */
  flush(): Promise<void>;
}

/** Text that waits while nobody reads; lines beyond it are dropped. */
export const WAITING_CHARS_MAX = 1024 * 1024;
/** Bytes per call: the capacity of a pipe. */
const WRITE_BYTES_MAX = 64 * 1024;
/** How long the end of the process waits for the reader, ms. */
export const FLUSH_PATIENCE_MS = 2_000;
/** Wait before another attempt if a non-blocking pipe is full, ms. */
const FULL_PIPE_WAIT_MS = 10;

/**
 * Writes lines to a descriptor, from a thread of the pool: a terminal stopped with Ctrl-S, or a full pipe, blocks only
 * that thread. Once the reader is gone, lines are silently dropped.
 * @param dropped makes the line that says how many were dropped; it is written as soon as there is a reader again
 */
export function createLogSink(descriptor: number, dropped: (lines: number) => string): LogSink {
  return new PooledSink(descriptor, dropped);
}

class PooledSink implements LogSink {
  private waiting: string[] = [];
  private waitingChars = 0;
  /** Lines dropped before those that wait, because they could not be written. */
  private failed = 0;
  /** Lines dropped after those that wait, for lack of room. */
  private lost = 0;
  private isScheduled = false;
  private writing: Promise<void> | undefined;

  constructor(
    private readonly descriptor: number,
    private readonly dropped: (lines: number) => string,
  ) {}

  write(line: string): void {
    // Once a line was dropped, all are until the earlier ones are written: the count is then where the gap is.
    if (this.lost > 0 || this.waitingChars + line.length > WAITING_CHARS_MAX) {
      this.lost++;
    } else {
      this.waiting.push(line);
      this.waitingChars += line.length;
    }
    if (this.writing || this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.begin();
    });
  }

  async flush(): Promise<void> {
    this.begin();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FLUSH_PATIENCE_MS);
    });
    await Promise.race([this.writing, patience]).finally(() => clearTimeout(timer));
  }

  /** Makes sure that waiting lines are being written. */
  private begin(): void {
    this.writing ??= this.drain().finally(() => {
      this.writing = undefined;
    });
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0 || this.lost > 0) {
      const { text, lines } = this.take();
      const outcome = await this.writeWhole(Buffer.from(text));
      if (outcome === "written") continue;
      if (outcome === "failed") this.failed += lines;
      return;
    }
  }

  private take(): { readonly text: string; readonly lines: number } {
    const { waiting, failed, lost } = this;
    const told = (count: number): string => (count > 0 ? this.dropped(count) : "");
    this.waiting = [];
    this.waitingChars = 0;
    this.failed = 0;
    this.lost = 0;
    return {
      text: told(failed) + waiting.join("") + told(lost),
      lines: failed + waiting.length + lost,
    };
  }

  private async writeWhole(bytes: Buffer): Promise<"written" | "failed" | "gone"> {
    for (let written = 0; written < bytes.length; ) {
      const outcome = await tryToWrite(this.descriptor, bytes.subarray(written, written + WRITE_BYTES_MAX));
      if (typeof outcome === "number") written += outcome;
      else if (outcome === "full") await Bun.sleep(FULL_PIPE_WAIT_MS);
      else return outcome;
    }
    return "written";
  }
}

/** @returns how many bytes were written, or why none were; a full disk may have room again later */
function tryToWrite(descriptor: number, bytes: Buffer): Promise<number | "full" | "gone" | "failed"> {
  return new Promise((resolve) => {
    write(descriptor, bytes, 0, bytes.length, null, (error, written) => {
      if (!error) resolve(written);
      else if (error.code === "EAGAIN") resolve("full");
      else resolve(error.code === "EPIPE" ? "gone" : "failed");
    });
  });
}
