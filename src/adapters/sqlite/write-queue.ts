import type { Command, WriteAnswer, WriteName } from "../../application/commands.ts";
import type { Clock, Log, Meter } from "../../application/ports.ts";
import { TodosError } from "../../domain/errors.ts";
import { type FileIdentity, identityOf } from "./file-identity.ts";
import {
  damagedError,
  failureFields,
  isDamage,
  isUnavailability,
  MOVED,
  type StoreFailure,
  unavailableError,
  undecidedError,
  writeError,
} from "./sqlite-errors.ts";
import { WriterThread } from "./writer-thread.ts";
import { bytesOf, type FromWriter, type WriteEnd } from "./writes.ts";

/** Most writes that share one transaction. */
export const BATCH_WRITES_MAX = 512;
/** Most writes waiting; beyond it they are refused at once. A tenth of a second's work. */
export const QUEUED_WRITES_MAX = 4_096;
/** Their limit in memory, so that a few hundred of the longest tasks count as much as thousands of short ones. */
export const QUEUED_BYTES_MAX = 16 * 1024 * 1024;
/** Of one batch: making its message on the main thread delays everyone for a few milliseconds. */
export const BATCH_BYTES_MAX = 1024 * 1024;
/** How long readiness waits for a sign of life from the writer, ms. */
const PROBE_TIMEOUT_MS = 2_000;
const PROBE_BYTES = 8;
/** After a failure: a failed commit leaves room in the log for a small one, but no more. */
const THOROUGH_PROBE_BYTES = 64 * 1024;
/** A commit that old still proves that writing works, so that an idle store is not written all the time, ms. */
export const PROOF_KEPT_MS = 30_000;
/** How long a starting thread counts as working, so that the first answer need not wait for it, ms. */
export const START_TRUSTED_MS = 1_000;
/** A batch that takes longer than this is checked, whatever was proven before it, ms. */
const BATCH_SLOW_MS = 1_000;

interface Waiting {
  readonly write: Command;
  readonly bytes: number;
  readonly resolve: (answer: never) => void;
  readonly reject: (reason: unknown) => void;
}

export interface WriteQueueOptions {
  readonly path: string;
  /** The file that is open. */
  readonly identity: FileIdentity;
  readonly spawn: () => Worker;
  readonly log: Log;
  readonly meter: Meter;
  readonly clock: Clock;
}

/**
 * Group commit. The writes of one turn of the event loop, and those that arrive while a batch is being written, go to
 * the writer's thread together and share one fsync.
 */
export class WriteQueue {
  readonly #thread: WriterThread;
  #waiting: Waiting[] = [];
  #underWay: readonly Waiting[] | undefined;
  /** Of those waiting and those in progress. */
  #bytes = 0;
  #scheduled = false;
  #closing = false;
  #lastFailure: StoreFailure | undefined;
  #sentAt = 0;
  #provenUntil = performance.now() + START_TRUSTED_MS;
  #probing: Promise<void> | undefined;
  #damage: StoreFailure | undefined;
  #drained: (() => void) | undefined;

  constructor(readonly options: WriteQueueOptions) {
    this.#thread = new WriterThread(options, (failure, begun) => this.#failUnderWay(failure, begun));
  }

  /** @throws TodosError `overloaded` beyond the limit, `store-unavailable` if it can't be written now */
  submit<N extends WriteName>(write: Command<N>): Promise<WriteAnswer<N>>;
  submit(write: Command): Promise<never> {
    if (this.#closing) return Promise.reject(closedError());
    if (this.#damage) return Promise.reject(damagedError(this.#damage));
    const bytes = bytesOf(write);
    const full = this.#waiting.length >= QUEUED_WRITES_MAX || this.#bytes + bytes > QUEUED_BYTES_MAX;
    if (full) return Promise.reject(overloadedError());
    this.#bytes += bytes;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, bytes, resolve, reject });
      this.#schedule();
    });
  }

  /** Resolves if a commit works, or worked recently and none has failed since. @throws TodosError `store-unavailable` */
  async check(): Promise<void> {
    if (this.#closing) throw closedError();
    if (this.#damage) throw damagedError(this.#damage);
    if (identityOf(this.options.path) !== this.options.identity) throw this.#moved();
    if (this.#isProven()) return;
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = undefined;
    });
    await this.#probing;
  }

  /** From now on nothing is written, because that could make it worse. Only a restart ends that. */
  damaged(failure: StoreFailure): void {
    if (this.#damage) return;
    this.#damage = failure;
    this.options.log.error(
      "the store's file is damaged, so nothing is written to it any more: stop todos and restore a backup",
      { path: this.options.path, ...failureFields(failure) },
    );
  }

  /** Checks for damage in the writer's thread. @returns false if there is no thread at the moment */
  examine(onDone: () => void): boolean {
    return this.#thread.examine((failure) => {
      this.examined(failure);
      onDone();
    });
  }

  /** @param failure what the check of the whole file found, or why it did not run */
  examined(failure: StoreFailure | undefined): void {
    if (failure && isDamage(failure)) this.damaged(failure);
    else if (failure) this.options.log.warn("the store's file could not be checked", failureFields(failure));
  }

  tidy(): void {
    this.#thread.tidy(this.options.clock.now());
  }

  /** Stops accepting writes and resolves when the waiting ones are answered. */
  async drain(): Promise<void> {
    this.#closing = true;
    if (!this.#underWay && this.#waiting.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
  }

  /** Closes the file; after {@link drain}. */
  close(): Promise<void> {
    return this.#thread.close();
  }

  #isProven(): boolean {
    const now = performance.now();
    const slow = this.#underWay !== undefined && now - this.#sentAt > BATCH_SLOW_MS;
    return !slow && now < this.#provenUntil;
  }

  async #probe(): Promise<void> {
    const bytes = this.#lastFailure ? THOROUGH_PROBE_BYTES : PROBE_BYTES;
    const { failure } = await this.#thread.probe(bytes, PROBE_TIMEOUT_MS);
    if (failure && isDamage(failure)) {
      this.damaged(failure);
      throw damagedError(failure);
    }
    this.#remember(failure, performance.now());
    if (failure) throw unavailableError(failure);
  }

  #moved(): TodosError {
    const failure = { code: MOVED, message: `${this.options.path} is gone, or another file` };
    this.#remember(failure, performance.now());
    return unavailableError(failure);
  }

  #schedule(): void {
    if (this.#scheduled || this.#underWay) return;
    this.#scheduled = true;
    // Not a microtask: that would run before the other requests of this turn are read.
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#underWay || this.#waiting.length === 0) return;
    const batch = this.#waiting.splice(0, this.#batchLength());
    this.#underWay = batch;
    this.#sentAt = performance.now();
    const writes = batch.map(({ write }) => write);
    this.#thread.apply(writes, this.options.clock.now(), (answer) => this.#settle(batch, answer));
  }

  /** One write at least, however long it is. */
  #batchLength(): number {
    let bytes = 0;
    const end = this.#waiting.findIndex((waiting, index) => {
      bytes += waiting.bytes;
      return index === BATCH_WRITES_MAX || bytes > BATCH_BYTES_MAX;
    });
    return end < 0 ? this.#waiting.length : Math.max(1, end);
  }

  #settle(batch: readonly Waiting[], { ends, commits }: Extract<FromWriter, { kind: "batch" }>): void {
    this.#underWay = undefined;
    if (commits > 0) this.options.meter.groupCommitted(batch.length / commits);
    const now = performance.now();
    batch.forEach((waiting, index) => {
      this.#bytes -= waiting.bytes;
      this.#end(waiting, ends[index], now);
    });
    this.#goOn();
  }

  #end(waiting: Waiting, end: WriteEnd | undefined, now: number): void {
    if (!end) {
      waiting.reject(undecidedError({ message: "the writer gave too few answers" }));
    } else if ("answer" in end) {
      this.#remember(undefined, now);
      // The writer answers each write by its op; see WriteAnswer.
      waiting.resolve(end.answer as never);
    } else if (isDamage(end.failure)) {
      this.damaged(end.failure);
      waiting.reject(damagedError(end.failure));
    } else if (isUnavailability(end.failure)) {
      this.#remember(end.failure, now);
      waiting.reject(writeError(end.failure));
    } else {
      // The cause is unknown: the next check of the store finds out.
      this.#provenUntil = Number.NEGATIVE_INFINITY;
      waiting.reject(new Error(`${waiting.write.op} failed: ${end.failure.message}`));
    }
  }

  /** The writer's thread is gone. If it had started the batch, it is unknown whether the batch is stored. */
  #failUnderWay(failure: StoreFailure, begun: boolean): void {
    const batch = this.#underWay ?? [];
    this.#underWay = undefined;
    this.#remember(failure, performance.now());
    for (const { reject, bytes } of batch) {
      this.#bytes -= bytes;
      reject(begun ? undecidedError(failure) : unavailableError(failure));
    }
    this.#goOn();
  }

  #goOn(): void {
    if (this.#waiting.length > 0) this.#schedule();
    else this.#drained?.();
  }

  /** Informs the operator once when writing stops working, and once when it works again. */
  #remember(failure: StoreFailure | undefined, now: number): void {
    if (failure && !this.#lastFailure) {
      this.options.log.error("the store can't be written", failureFields(failure));
    }
    if (!failure && this.#lastFailure) this.options.log.info("the store can be written again");
    this.#lastFailure = failure;
    this.#provenUntil = failure ? Number.NEGATIVE_INFINITY : now + PROOF_KEPT_MS;
  }
}

function overloadedError(): TodosError {
  return new TodosError("overloaded", "Too many writes are waiting; try again in a moment.", {
    retryAfterS: 1,
  });
}

function closedError(): TodosError {
  return new TodosError("store-unavailable", "The store is being closed.", { retryAfterS: 1 });
}
