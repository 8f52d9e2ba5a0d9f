import type { Clock, Log } from "../../../application/ports.ts";
import { unavailable } from "../failures.ts";
import type { ChangeLog } from "./log.ts";
import { newWriterName } from "./position.ts";
import { type FeedTimes, LOG_KEPT_MS } from "./times.ts";

/** Notes that may count as older than an earlier one before another writer replaces this one. */
const OPENINGS_MAX = 3;

export interface PresenceOptions {
  readonly log: ChangeLog;
  readonly logger: Log;
  readonly clock: Clock;
  readonly times: FeedTimes;
}

/** What a writer reports about itself. */
export interface Progress {
  readonly head: number;
  readonly settled: number;
  /** Log time of the change numbered `head`. */
  readonly headAt: number;
}

/**
 * A writer's row in the table of writers, and its log time. It registers before it announces anything, notes what
 * is new and that it lives, and signs off when there is nothing to send, so that readers need not check it.
 */
export class Presence {
  readonly name = newWriterName();
  /** Log time given last. */
  private last = 0;
  /** When the last note that arrived was begun; while open it holds for a lease (monotonic, ms). */
  private notedAt = Number.NEGATIVE_INFINITY;
  private isOpen = false;
  private wasOpened = false;
  private isMasked = false;
  private usedAt = performance.now();
  private opening: Promise<void> | undefined;
  /** The note in progress; there is one at a time, so that none overtakes another. */
  private noting: Promise<void> = Promise.resolve();
  private noteBegunAt = Number.NEGATIVE_INFINITY;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** When the next one is due. */
  private nextNoteAt = Number.POSITIVE_INFINITY;
  private closed = false;

  constructor(
    private readonly options: PresenceOptions,
    private readonly progress: () => Progress,
  ) {}

  /** True if readers may have forgotten it, or never see its notes: another one must replace it. */
  get forgotten(): boolean {
    return this.isMasked || (this.wasOpened && performance.now() - this.notedAt > LOG_KEPT_MS);
  }

  /** Log time: never earlier than a value given before. */
  time(): number {
    this.last = Math.max(this.options.clock.now(), this.last);
    return this.last;
  }

  /** Resolves if changes may be announced now. @throws TodosError store-unavailable */
  async opened(): Promise<void> {
    const startedAt = performance.now();
    this.usedAt = startedAt;
    while (!this.holds()) {
      // A store so slow that the lease ends before the note is read back.
      if (performance.now() - startedAt > this.options.times.announceMs)
        throw unavailable(undefined, "not done");
      this.opening ??= this.open().finally(() => {
        this.opening = undefined;
      });
      await this.opening;
    }
  }

  /** Tells readers that there is something new, once for many changes. */
  noteSoon(): void {
    const { noteEveryMs } = this.options.times;
    if (!this.closed) this.noteWithin(Math.max(0, this.noteBegunAt + noteEveryMs - performance.now()));
  }

  /** The last note; a writer that never registered has none. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    while (this.opening) await this.opening.catch(() => undefined);
    this.isOpen = false;
    if (this.wasOpened) await this.noteOrLog();
  }

  private holds(): boolean {
    return this.isOpen && performance.now() - this.notedAt <= this.options.times.leaseMs;
  }

  /** Readers that have not seen the note go by what it finds after it: its log time begins later. */
  private async open(): Promise<void> {
    this.wasOpened = true;
    this.isOpen = false;
    for (let attempt = 1; !this.isOpen; attempt++) {
      const seenAt = await this.note(this.options.times.leaseMs);
      const notes = await this.options.log.writers();
      this.last = notes.reduce((max, note) => Math.max(max, note.seenAt), this.last);
      // By the nodes' clocks an earlier note may count as the later one, and readers would use that.
      this.isOpen = notes.find(({ writer }) => writer === this.name)?.seenAt === seenAt;
      this.isMasked = !this.isOpen && attempt >= OPENINGS_MAX;
      if (this.isMasked) throw unavailable(undefined, "not done");
    }
    this.noteWithin(this.options.times.beatEveryMs);
  }

  private noteWithin(ms: number): void {
    const at = performance.now() + ms;
    if (at >= this.nextNoteAt) return;
    clearTimeout(this.timer);
    this.nextNoteAt = at;
    this.timer = setTimeout(() => void this.noteOnTime(), ms);
    this.timer.unref();
  }

  private async noteOnTime(): Promise<void> {
    this.nextNoteAt = Number.POSITIVE_INFINITY;
    const { beatEveryMs, presenceEveryMs, quietMs } = this.options.times;
    // It must not sign off what is just being opened.
    while (this.opening) await this.opening.catch(() => undefined);
    if (!this.holds() || performance.now() - this.usedAt > quietMs) this.isOpen = false;
    await this.noteOrLog();
    if (!this.closed) this.noteWithin(this.isOpen ? beatEveryMs : presenceEveryMs);
  }

  private async noteOrLog(): Promise<void> {
    try {
      await this.note(this.isOpen ? this.options.times.leaseMs : 0);
    } catch (error) {
      this.options.logger.debug("a writer's note could not be written", { error });
    }
  }

  /** @returns its log time */
  private note(leaseMs: number): Promise<number> {
    const written = this.noting.then(() => this.write(leaseMs));
    this.noting = written.then(
      () => undefined,
      () => undefined,
    );
    return written;
  }

  private async write(leaseMs: number): Promise<number> {
    const begunAt = performance.now();
    this.noteBegunAt = begunAt;
    // Later than every change up to here, and than every note before.
    this.last = Math.max(this.options.clock.now(), this.last + 1);
    const seenAt = this.last;
    await this.options.log.note({ writer: this.name, ...this.progress(), seenAt, leaseMs });
    this.notedAt = begunAt;
    return seenAt;
  }
}
