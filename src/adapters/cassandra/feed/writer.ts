import type { Announcement, Change } from "../../../application/ports.ts";
import { unavailable } from "../failures.ts";
import { Gatherer } from "./gather.ts";
import type { Announced, Settled } from "./log.ts";
import { Presence, type PresenceOptions, type Progress } from "./presence.ts";

/** Confirmations waiting to be written; beyond it the oldest ones are left to their deadline. */
const CONFIRMATIONS_MAX = 20_000;
const RETRY_DELAY_MS = 500;
/** Requests wait for these. */
const ANNOUNCING = { gatherMs: 0, underWayMax: 2, gatherMsMax: 10 };
/** Attempts to record a late change: nothing else reports that it was made. */
const LATE_ATTEMPTS_MAX = 20;

/** Records the changes of one process, in numbered order. */
export class ChangeWriter {
  private newest = 0;
  /** Log time of the newest. */
  private newestAt = 0;
  /** Undecided numbers, and since when (monotonic, ms). */
  private readonly undecided = new Map<number, number>();
  private readonly announcing: Gatherer<Announced>;
  private readonly confirming: Gatherer<Settled>;
  private confirmations = 0;
  private readonly presence: Presence;
  private closed = false;

  constructor(private readonly options: PresenceOptions) {
    const { log, times } = options;
    this.presence = new Presence(options, () => this.progress());
    const { name } = this.presence;
    this.announcing = new Gatherer((entries) => log.record(name, entries), ANNOUNCING);
    this.confirming = new Gatherer((entries) => log.settle(name, entries), {
      gatherMs: times.gatherMs,
      underWayMax: Number.POSITIVE_INFINITY,
      gatherMsMax: times.gatherMs,
    });
  }

  /** True if another one must replace it. */
  get forgotten(): boolean {
    return this.presence.forgotten;
  }

  /** Resolves once the change is on record. @throws TodosError store-unavailable */
  async announce(change: Change): Promise<Announcement> {
    const { times } = this.options;
    await this.presence.opened();
    const startedAt = performance.now();
    const { n, at } = this.next();
    try {
      await this.announcing.add({ n, change, at });
      if (this.isOlder(startedAt, times.announceMs)) throw unavailable(undefined, "not done");
    } catch (error) {
      this.settle({ n, state: "dropped" });
      throw error;
    }
    return {
      happened: (version) => this.happened(n, change, version, startedAt),
      dropped: () => this.settle({ n, state: "dropped" }),
      // Readers send it after their deadline.
      undecided: () => undefined,
    };
  }

  /** Writes what is left to write. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([this.announcing.finish(), this.confirming.finish()]);
    await this.presence.close();
  }

  private next(): { readonly n: number; readonly at: number } {
    this.newest++;
    this.newestAt = this.presence.time();
    this.undecided.set(this.newest, performance.now());
    return { n: this.newest, at: this.newestAt };
  }

  private happened(n: number, change: Change, version: number | undefined, startedAt: number): void {
    // Readers may have sent it before it happened.
    if (this.isOlder(startedAt, this.options.times.confirmMs)) void this.happenedLate(change, version);
    this.settle({ n, state: "happened", version });
  }

  private async happenedLate(change: Change, version: number | undefined): Promise<void> {
    for (let attempt = 1; attempt <= LATE_ATTEMPTS_MAX; attempt++) {
      if (await this.isToldLate(change, version, attempt)) return;
      await Bun.sleep(RETRY_DELAY_MS);
    }
    this.options.logger.error("a change was made but could not be sent to listeners", { type: change.type });
  }

  private async isToldLate(change: Change, version: number | undefined, attempt: number): Promise<boolean> {
    let n: number | undefined;
    try {
      await this.presence.opened();
      const startedAt = performance.now();
      const next = this.next();
      n = next.n;
      await this.announcing.add({ ...next, change });
      if (!this.isOlder(startedAt, this.options.times.confirmMs)) {
        this.settle({ n, state: "happened", version });
        return true;
      }
    } catch (error) {
      this.options.logger.warn("a change could not be sent to listeners yet", { error, attempt });
    }
    if (n !== undefined) this.settle({ n, state: "dropped" });
    return false;
  }

  /** Nobody waits for it; if it can't be written for too long, readers decide by their deadline. */
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
        return this.presence.noteSoon();
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

  private progress(): Progress {
    const now = performance.now();
    for (const [n, since] of this.undecided) {
      if (now - since < 2 * this.options.times.deadlineMs) break;
      this.undecided.delete(n);
    }
    const [oldest = this.newest + 1] = this.undecided.keys();
    return { head: this.newest, settled: oldest - 1, headAt: this.newestAt };
  }
}
