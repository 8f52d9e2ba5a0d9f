import type { Command } from "../../application/commands.ts";
import type { Log } from "../../application/ports.ts";
import type { FileIdentity } from "./file-identity.ts";
import { failureFields, type StoreFailure } from "./sqlite-errors.ts";
import type { FromWriter, ToWriter } from "./writes.ts";

/**
 * The thread starts this late, because it would slow down the first answers, which are reads. The first write starts it
 * at once, ms.
 */
const FIRST_START_DELAY_MS = 50;
/** After a crash the thread starts again at once, but not more often than this, ms. */
const RESTART_PAUSE_MS = 1_000;

type BatchAnswer = Extract<FromWriter, { kind: "batch" }>;
type ProbeAnswer = { readonly failure?: StoreFailure };

export interface WriterThreadOptions {
  readonly path: string;
  readonly identity: FileIdentity;
  readonly spawn: () => Worker;
  readonly log: Log;
}

/**
 * Runs the writer's thread for the main thread. Sends messages, receives answers, and starts a new thread after a
 * crash.
 */
export class WriterThread {
  #worker: Worker | undefined;
  #startedAt: number | undefined;
  #onBatch: ((answer: BatchAnswer) => void) | undefined;
  readonly #onProbe: ((answer: ProbeAnswer) => void)[] = [];
  #onClosed: ((failure: StoreFailure | undefined) => void) | undefined;
  #onExamined: ((failure: StoreFailure | undefined) => void) | undefined;
  #closed = false;
  #starting: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param onCrash called when the thread is gone. A batch in progress never gets an answer. If `begun`, the thread had
   * it, and nobody knows how much of it was written
   */
  constructor(
    readonly options: WriterThreadOptions,
    readonly onCrash: (failure: StoreFailure, begun: boolean) => void,
  ) {
    this.#starting = setTimeout(() => this.#startOnce(), FIRST_START_DELAY_MS);
  }

  /** Applies one batch at a time. @param onAnswer called once, unless `onCrash` is called instead */
  apply(writes: readonly Command[], now: number, onAnswer: (answer: BatchAnswer) => void): void {
    this.#onBatch = onAnswer;
    if (!this.#send({ kind: "batch", writes, now }))
      queueMicrotask(() => this.#lost("it is not running", false));
  }

  /** Whether a commit of that many bytes works right now. Never rejects. */
  probe(bytes: number, timeoutMs: number): Promise<ProbeAnswer> {
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => resolve({ failure: { message: "no answer from the writer" } }),
        timeoutMs,
      );
      this.#onProbe.push((answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      if (!this.#send({ kind: "probe", bytes }))
        this.#onProbe.pop()?.({ failure: { message: "not running" } });
    });
  }

  /**
   * Reads the whole file in the writer's thread.
   * @param onDone called unless the thread ends
   * @returns false if there is no thread
   */
  examine(onDone: (failure: StoreFailure | undefined) => void): boolean {
    this.#onExamined = onDone;
    return this.#send({ kind: "examine", path: this.options.path });
  }

  tidy(now: number): void {
    this.#send({ kind: "tidy", now });
  }

  /** Resolves when the thread has closed the file and ended. */
  async close(): Promise<void> {
    this.#startOnce();
    this.#closed = true;
    clearTimeout(this.#starting);
    const failure = await new Promise<StoreFailure | undefined>((resolve) => {
      this.#onClosed = resolve;
      if (!this.#send({ kind: "close" })) resolve({ message: "the writer was not running" });
    });
    if (failure)
      this.options.log.warn("the store's log was not checkpointed into the file", failureFields(failure));
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  #startOnce(): void {
    if (this.#startedAt === undefined && !this.#closed) this.#start();
  }

  #start(): void {
    this.#startedAt = performance.now();
    const worker = this.options.spawn();
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<string>) => this.#receive(worker, JSON.parse(data));
    worker.onerror = (event) => this.#ended(worker, event.message, true);
    worker.addEventListener("close", () => this.#ended(worker, "it ended", true));
    this.#send({ kind: "open", path: this.options.path, identity: this.options.identity });
    // Continue the unfinished work of an earlier process without waiting for a request.
    this.#send({ kind: "tidy", now: 0 });
  }

  #receive(worker: Worker, message: FromWriter): void {
    if (worker !== this.#worker) return;
    if (message.kind === "batch") this.#answerBatch(message);
    else if (message.kind === "probed") this.#onProbe.shift()?.(message);
    else if (message.kind === "examined") this.#onExamined?.(message.failure);
    else if (message.kind === "closed") this.#onClosed?.(message.failure);
    else if (message.kind === "postponed") this.#postponed(message.failure);
    else if (message.kind === "broken") this.#ended(worker, message.failure.message, false);
  }

  #postponed(failure: StoreFailure): void {
    this.options.log.warn("housekeeping failed and will be tried again", failureFields(failure));
  }

  #answerBatch(answer: BatchAnswer): void {
    const onBatch = this.#onBatch;
    this.#onBatch = undefined;
    onBatch?.(answer);
  }

  /** @param begun whether the file was open, so that a batch may have been written */
  #ended(worker: Worker, why: string, begun: boolean): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    worker.terminate();
    this.#onClosed?.({ message: why });
    this.#lost(why, begun);
    if (this.#closed) return;
    this.options.log.error("the store's writer ended and is started again", { why });
    const aliveMs = performance.now() - (this.#startedAt ?? 0);
    this.#starting = setTimeout(() => this.#start(), Math.max(0, RESTART_PAUSE_MS - aliveMs));
  }

  #lost(why: string, begun: boolean): void {
    const failure = { message: `the store's writer can't answer: ${why}` };
    this.#onBatch = undefined;
    for (const onProbe of this.#onProbe.splice(0)) onProbe({ failure });
    this.onCrash(failure, begun);
  }

  /** @returns false if there is no thread at the moment */
  #send(message: ToWriter): boolean {
    this.#startOnce();
    this.#worker?.postMessage(JSON.stringify(message));
    return this.#worker !== undefined;
  }
}
