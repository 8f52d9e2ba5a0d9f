import { statSync } from "node:fs";
import type { WriteQueue } from "./write-queue.ts";
import type { FromWriter, ToWriter } from "./writes.ts";

/** The first answers come first, ms. */
const EXAMINED_AFTER_MS = 1_000;
/** The writer's thread reads a file up to this size in a few hundredths of a second; a larger one gets its own thread. */
const BY_WRITER_BYTES_MAX = 16 * 1024 * 1024;
/** How long closing waits for it, so that the log can be checkpointed, ms. */
const CLOSING_WAIT_MS = 1_000;

/** Reads the whole file once, in the background some time after the start, and reports damage to the queue. */
export class Examination {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #done: Promise<void> | undefined;
  #worker: Worker | undefined;

  constructor(
    private readonly path: string,
    private readonly queue: WriteQueue,
    private readonly spawn: () => Worker,
  ) {
    this.#later();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.#done) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, CLOSING_WAIT_MS);
    await Promise.race([this.#done, promise]);
    clearTimeout(timer);
    this.#worker?.terminate();
  }

  #later(): void {
    this.#timer = setTimeout(() => this.#begin(), EXAMINED_AFTER_MS);
    this.#timer.unref();
  }

  #begin(): void {
    const bytes = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#done = promise;
    if (bytes > BY_WRITER_BYTES_MAX) this.#examineBeside(resolve);
    else if (!this.queue.examine(resolve)) {
      resolve();
      this.#later();
    }
  }

  #examineBeside(onDone: () => void): void {
    const worker = this.spawn();
    this.#worker = worker;
    const end = (answer?: Extract<FromWriter, { kind: "examined" }>) => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.queue.examined(answer ? answer.failure : { message: "the thread that checks it ended" });
      worker.terminate();
      onDone();
    };
    worker.onmessage = ({ data }: MessageEvent<string>) => end(JSON.parse(data));
    worker.onerror = () => end();
    const message: ToWriter = { kind: "examine", path: this.path };
    worker.postMessage(JSON.stringify(message));
  }
}
