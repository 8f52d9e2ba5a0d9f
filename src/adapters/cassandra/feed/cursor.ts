import type { Change } from "../../../application/ports.ts";
import type { Logged, WriterNote } from "./log.ts";
import { CLOCK_SKEW_MAX_MS, type FeedTimes, UNLEASED_OVERDUE_MS } from "./times.ts";

/** Undecided changes of one writer that are kept in view; past it, reading on waits until they are fewer. */
export const UNDECIDED_MAX = 20_000;
/** Room for a note and a reading that take their time, ms. */
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
 * How far one reader has come with one writer. Numbers up to `head` have been seen; among them are some
 * that are not there (yet) or undecided. Each is told when it turns out to have happened, or when its
 * deadline is over; meanwhile later ones are told all the same, and `told` stays before it.
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
  /** Its lease is over: whatever it has announced was there when it was last read. */
  private ended = false;
  /** The writer's own newest, as it noted; entries may be there beyond it. */
  noted: WriterNote;

  /**
   * @param head every number up to here is none of this reader's concern
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

  /** Up to here everything has been told: the place from which to go on, here or elsewhere. */
  get told(): number {
    for (const n of this.waiting.keys()) return n - 1;
    return this.head;
  }

  get undecidedCount(): number {
    return this.waiting.size;
  }

  /** Log time: all that was announced before has been told, and nothing will be announced before. */
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

  /** The newest are likely to be decided by now; the oldest may have waited for long enough. */
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

  /** Everything up to `head`, a number that the writer noted, was read that is there. */
  reached(head: number, read: ReadAt): void {
    this.miss(head, read);
    this.noteDealtWith();
  }

  /** What was read of the undecided ones asked for; those not among `rows` are not there. */
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

  /** Numbers after `head` up to this one are not there: they may be on their way; those far back are long lost. */
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
