import type { Announcement, Change, Clock, Log } from "../../../application/ports.ts";
import { unavailable } from "../failures.ts";
import { Gatherer } from "./gather.ts";
import type { Announced, ChangeLog, Settled } from "./log.ts";
import { newWriterName } from "./position.ts";
import { type FeedTimes, LOG_KEPT_MS } from "./times.ts";

/** Confirmations waiting to be written; past it the oldest news is left to its deadline. */
const CONFIRMATIONS_MAX = 20_000;
const RETRY_DELAY_MS = 500;
/** Requests wait for these. */
const ANNOUNCING = { gatherMs: 0, underWayMax: 2, gatherMsMax: 10 };
/** Tries to record late news: it is all there is to tell of a change that was made. */
const LATE_ATTEMPTS_MAX = 20;

export interface WriterOptions {
  readonly log: ChangeLog;
  readonly logger: Log;
  readonly clock: Clock;
  readonly times: FeedTimes;
}

/** Where one process records its changes, in numbered order. */
export class ChangeWriter {
  readonly name = newWriterName();
  private newest = 0;
  /** Numbers nobody has decided yet, and since when (monotonic, ms). */
  private readonly undecided = new Map<number, number>();
  private readonly announcing: Gatherer<Announced>;
  private readonly confirming: Gatherer<Settled>;
  private confirmations = 0;
  private registering: Promise<void> | undefined;
  /** When the last note that arrived was begun, and the last one at all (monotonic, ms). */
  private notedAt = performance.now();
  private noteBegunAt = Number.NEGATIVE_INFINITY;
  private noting: ReturnType<typeof setTimeout> | undefined;
  /** When the next one is due. */
  private nextNoteAt = Number.POSITIVE_INFINITY;
  private closed = false;

  constructor(private readonly options: WriterOptions) {
    const { log, times } = options;
    this.announcing = new Gatherer((entries) => log.record(this.name, entries), ANNOUNCING);
    this.confirming = new Gatherer((entries) => log.settle(this.name, entries), {
      gatherMs: times.gatherMs,
      underWayMax: Number.POSITIVE_INFINITY,
      gatherMsMax: times.gatherMs,
    });
  }

  /** True where readers may have forgotten it: another one has to take its place. */
  get forgotten(): boolean {
    return this.registering !== undefined && performance.now() - this.notedAt > LOG_KEPT_MS;
  }

  /** Resolves once the change is on record. @throws TodosError store-unavailable */
  async announce(change: Change): Promise<Announcement> {
    const { clock, times } = this.options;
    await this.registered();
    const startedAt = performance.now();
    const n = this.next();
    try {
      await this.announcing.add({ n, change, at: clock.now() });
      if (this.isOlder(startedAt, times.announceMs)) throw unavailable(undefined, "not done");
    } catch (error) {
      this.settle({ n, state: "dropped" });
      throw error;
    }
    return {
      happened: (version) => this.happened(n, change, version, startedAt),
      dropped: () => this.settle({ n, state: "dropped" }),
      // Readers tell it when their patience is over.
      undecided: () => undefined,
    };
  }

  /** Writes what is left to write. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.noting);
    if (!this.registering) return;
    await Promise.all([this.announcing.finish(), this.confirming.finish()]);
    await this.note();
  }

  /** Nobody looks for the changes of a writer that nobody knows. */
  private async registered(): Promise<void> {
    this.registering ??= this.register();
    try {
      await this.registering;
    } catch (error) {
      this.registering = undefined;
      throw error;
    }
  }

  private async register(): Promise<void> {
    await this.write();
    this.noteWithin(this.options.times.beatEveryMs);
  }

  private next(): number {
    this.newest++;
    this.undecided.set(this.newest, performance.now());
    return this.newest;
  }

  private happened(n: number, change: Change, version: number | undefined, startedAt: number): void {
    // Readers may have told it before it happened.
    if (this.isOlder(startedAt, this.options.times.confirmMs)) void this.happenedLate(change, version);
    this.settle({ n, state: "happened", version });
  }

  private async happenedLate(change: Change, version: number | undefined): Promise<void> {
    for (let attempt = 1; attempt <= LATE_ATTEMPTS_MAX; attempt++) {
      const startedAt = performance.now();
      const n = this.next();
      try {
        await this.announcing.add({ n, change, at: this.options.clock.now() });
        if (!this.isOlder(startedAt, this.options.times.confirmMs)) {
          this.settle({ n, state: "happened", version });
          return;
        }
      } catch (error) {
        this.options.logger.warn("a change could not be told yet", { error, attempt });
      }
      this.settle({ n, state: "dropped" });
      await Bun.sleep(RETRY_DELAY_MS);
    }
    this.options.logger.error("a change was made and could not be told", { type: change.type });
  }

  /** Nobody waits for it; where it can't be written for too long, readers decide by their deadline. */
  private settle(settled: Settled): void {
    this.undecided.delete(settled.n);
    if (this.confirmations >= CONFIRMATIONS_MAX) return;
    this.confirmations++;
    void this.confirm(settled).finally(() => this.confirmations--);
  }

  private async confirm(settled: Settled): Promise<void> {
    const startedAt = performance.now();
    for (;;) {
      try {
        await this.confirming.add(settled);
        return this.noteSoon();
      } catch (error) {
        if (this.closed || this.isOlder(startedAt, this.options.times.deadlineMs)) {
          this.options.logger.debug("a change could not be confirmed", { error });
          return;
        }
        await Bun.sleep(RETRY_DELAY_MS);
      }
    }
  }

  private isOlder(startedAt: number, ms: number): boolean {
    return performance.now() - startedAt > ms;
  }

  private noteSoon(): void {
    const { noteEveryMs } = this.options.times;
    if (!this.closed) this.noteWithin(Math.max(0, this.noteBegunAt + noteEveryMs - performance.now()));
  }

  /** Tells readers that there is something new, once for many changes. */
  private noteWithin(ms: number): void {
    const at = performance.now() + ms;
    if (at >= this.nextNoteAt) return;
    clearTimeout(this.noting);
    this.nextNoteAt = at;
    this.noting = setTimeout(() => void this.note(), ms);
    this.noting.unref();
  }

  private async note(): Promise<void> {
    this.nextNoteAt = Number.POSITIVE_INFINITY;
    try {
      await this.write();
    } catch (error) {
      this.options.logger.debug("a writer's note could not be written", { error });
    }
    if (!this.closed) this.noteWithin(this.options.times.beatEveryMs);
  }

  private async write(): Promise<void> {
    const startedAt = performance.now();
    this.noteBegunAt = startedAt;
    const { clock, times, log } = this.options;
    for (const [n, since] of this.undecided) {
      if (startedAt - since < 2 * times.deadlineMs) break;
      this.undecided.delete(n);
    }
    const [oldest = this.newest + 1] = this.undecided.keys();
    await log.note({ writer: this.name, head: this.newest, settled: oldest - 1, seenAt: clock.now() });
    this.notedAt = startedAt;
  }
}
