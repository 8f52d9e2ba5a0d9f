import type { Change } from "../../../application/ports.ts";
import type { Logged, WriterNote } from "./log.ts";
import { CLOCK_SKEW_MAX_MS, type FeedTimes, UNLEASED_OVERDUE_MS } from "./times.ts";

/** Undecided changes of one writer that are watched; beyond it, reading waits until there are fewer. */
export const UNDECIDED_MAX = 20_000;
/** Margin for a slow note and a slow read, ms. */
const ENDING_SLACK_MS = 1_000;

/** When a read began: monotonic, and milliseconds since the Unix epoch. */
export interface ReadAt {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

interface Undecided {
  /** When it was missed or seen first (monotonic). */
  readonly since: number;
  /** Log time; it was not announced before. */
  readonly notBefore: number;
}

/**
 * How far one reader has read one writer. Numbers up to `head` have been seen; some of them may be missing (so
 * far) or undecided. Each is sent when it turns out to have happened, or when its deadline has passed. Later ones
 * are sent in the meantime, but `told` stays before it.
 */
export class Cursor {
  private readonly waiting = new Map<number, Undecided>();
  /** Log time; what is after `head` was not announced before. */
  private floor: number;
  /** Log time of the newest change up to `head`, or later. */
  newestAt: number;
  /** Monotonic; the writer was last heard of, and last read beyond its note. */
  heardAt: number;
  private sweptAt = Number.NEGATIVE_INFINITY;
  /** Its lease has ended: everything it announced was visible when it was last read. */
  private ended = false;
  /** The writer's newest number by its own note; there may be entries beyond it. */
  noted: WriterNote;

  /**
   * @param head numbers up to here don't concern this reader
   * @param floor log time; what is after it was not announced before
   */
  constructor(
    note: WriterNote,
    public head: number,
    floor: number,
    now: number,
    private readonly times: FeedTimes,
  ) {
    this.noted = note;
    this.floor = floor;
    this.newestAt = head > 0 ? note.headAt : 0;
    this.heardAt = now;
  }

  /** Everything up to here has been sent: the place to continue from, here or elsewhere. */
  get told(): number {
    for (const n of this.waiting.keys()) return n - 1;
    return this.head;
  }

  get undecidedCount(): number {
    return this.waiting.size;
  }

  /** Log time: everything announced before has been sent, and nothing will be announced before. */
  get low(): number {
    for (const { notBefore } of this.waiting.values()) return notBefore;
    if (this.noted.head > this.head) return this.floor;
    // It registers before it announces anything, and its log time then begins later than any position so far.
    return this.isSignedOff ? Number.POSITIVE_INFINITY : this.floor;
  }

  /** How much earlier than by log time it may have announced something: its clock is its own. */
  get slackMs(): number {
    return this.noted.leaseMs === undefined ? CLOCK_SKEW_MAX_MS : 0;
  }

  private get isSignedOff(): boolean {
    return this.ended || this.noted.leaseMs === 0;
  }

  /** @param low log time that no position of this reader is beyond */
  heard(note: WriterNote, low: number, now: number): void {
    if (note.seenAt === this.noted.seenAt) return;
    if (this.isSignedOff) this.floor = Math.max(this.floor, low);
    this.noted = note;
    this.heardAt = now;
    this.ended = false;
    this.noteDealtWith();
  }

  /** Whether it may have died before it noted what it announced. */
  isSweepDue(now: number): boolean {
    if (this.isSignedOff) return false;
    const overdueMs = this.noted.leaseMs === undefined ? UNLEASED_OVERDUE_MS : this.times.overdueMs;
    return now - this.heardAt >= overdueMs && now - this.sweptAt >= this.times.sweepEveryMs;
  }

  /** Everything beyond its note has been read, as it was at `now` (monotonic). */
  swept(now: number): void {
    this.sweptAt = now;
    const { leaseMs = UNLEASED_OVERDUE_MS } = this.noted;
    this.ended = now - this.heardAt >= leaseMs + this.times.announceMs + ENDING_SLACK_MS;
  }

  undecided(): readonly number[] {
    return [...this.waiting.keys()];
  }

  /** The newest are likely to be decided by now; the oldest may have waited long enough. */
  oldestAndNewestUndecided(limit: number): readonly number[] {
    const all = this.undecided();
    return all.length <= limit ? all : [...all.slice(0, limit / 2), ...all.slice(-limit / 2)];
  }

  /** What was read after `head`, in order. */
  advance(rows: readonly Logged[], read: ReadAt, tell: (change: Change) => void): void {
    for (const row of rows) {
      if (row.n <= this.head) continue;
      this.miss(row.n - 1, read);
      this.head = row.n;
      this.floor = Math.max(this.floor, row.at);
      this.newestAt = Math.max(this.newestAt, row.at);
      const verdict = this.verdict(row, read.monotonicMs, read);
      if (verdict === "wait") this.await(row.n, row.at || this.floor, read);
      else if (verdict === "tell" && row.change) tell(row.change);
    }
  }

  /** Everything that exists up to `head`, a number that the writer noted, was read. */
  reached(head: number, read: ReadAt): void {
    this.miss(head, read);
    this.noteDealtWith();
  }

  /** The rows read for the requested undecided ones; those not among `rows` don't exist. */
  reconsider(
    asked: readonly number[],
    rows: readonly Logged[],
    read: ReadAt,
    tell: (change: Change) => void,
  ): void {
    const found = new Map(rows.map((row) => [row.n, row]));
    for (const n of asked) {
      const waiting = this.waiting.get(n);
      if (waiting === undefined) continue;
      const row = found.get(n);
      const verdict = this.verdict(row, waiting.since, read);
      if (verdict === "wait") continue;
      this.waiting.delete(n);
      if (verdict === "tell" && row?.change) tell(row.change);
    }
  }

  /** Numbers after `head` up to this one are missing: they may still arrive; much older ones are lost. */
  private miss(upTo: number, read: ReadAt): void {
    for (let n = Math.max(this.head + 1, upTo + 1 - UNDECIDED_MAX); n <= upTo; n++) {
      this.await(n, this.floor, read);
    }
    this.head = Math.max(this.head, upTo);
  }

  private await(n: number, notBefore: number, { monotonicMs: since }: ReadAt): void {
    this.waiting.set(n, { since, notBefore });
  }

  private noteDealtWith(): void {
    if (this.noted.head > this.head) return;
    this.floor = Math.max(this.floor, this.noted.seenAt);
    this.newestAt = Math.max(this.newestAt, this.noted.headAt);
  }

  private verdict(row: Logged | undefined, since: number, read: ReadAt): "tell" | "forget" | "wait" {
    if (row?.state === "dropped") return "forget";
    if (row?.state === "happened") return "tell";
    const { deadlineMs } = this.times;
    const over =
      read.monotonicMs - since >= deadlineMs ||
      (row?.change !== undefined && row.at < read.wallMs - deadlineMs - CLOCK_SKEW_MAX_MS);
    if (!over) return "wait";
    return row ? "tell" : "forget";
  }
}
