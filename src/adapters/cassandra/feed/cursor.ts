import type { Change } from "../../../application/ports.ts";
import type { Logged, WriterNote } from "./log.ts";
import { CLOCK_SKEW_MAX_MS } from "./times.ts";

/** Undecided changes of one writer that are kept in view; past it, reading on waits until they are fewer. */
export const UNDECIDED_MAX = 20_000;

/** When a read began: monotonic, and milliseconds since the Unix epoch. */
export interface ReadAt {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/**
 * How far one reader has come with one writer. Numbers up to `head` have been seen; among them are some
 * that are not there (yet) or undecided. Each is told when it turns out to have happened, or when its
 * deadline is over; meanwhile later ones are told all the same, and `told` stays before it.
 */
export class Cursor {
  /** Undecided numbers, in order, and when each was missed or seen first (monotonic). */
  private readonly waiting = new Map<number, number>();
  /** Monotonic; the writer was last heard of, and last read. */
  heardAt: number;
  readAt = Number.NEGATIVE_INFINITY;
  /** The writer's own newest, as it noted; entries may be there beyond it. */
  noted: WriterNote;

  /** @param head every number up to here is none of this reader's concern */
  constructor(
    note: WriterNote,
    public head: number,
    now: number,
    private readonly deadlineMs: number,
  ) {
    this.noted = note;
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

  heard(note: WriterNote, now: number): void {
    if (note.seenAt !== this.noted.seenAt) this.heardAt = now;
    this.noted = note;
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
      // Others may still be on their way to the store; those further back are long lost.
      for (let n = Math.max(this.head + 1, row.n - UNDECIDED_MAX); n < row.n; n++) {
        this.waiting.set(n, read.monotonicMs);
      }
      this.head = row.n;
      const verdict = this.verdict(row, read.monotonicMs, read);
      if (verdict === "wait") this.waiting.set(row.n, read.monotonicMs);
      else if (verdict === "tell" && row.change) tell(row.change);
    }
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
      const since = this.waiting.get(n);
      if (since === undefined) continue;
      const row = found.get(n);
      const verdict = this.verdict(row, since, read);
      if (verdict === "wait") continue;
      this.waiting.delete(n);
      if (verdict === "tell" && row?.change) tell(row.change);
    }
  }

  private verdict(row: Logged | undefined, since: number, read: ReadAt): "tell" | "forget" | "wait" {
    if (row?.state === "dropped") return "forget";
    if (row?.state === "happened") return "tell";
    const over =
      read.monotonicMs - since >= this.deadlineMs ||
      (row?.change !== undefined && row.at < read.wallMs - this.deadlineMs - CLOCK_SKEW_MAX_MS);
    if (!over) return "wait";
    return row ? "tell" : "forget";
  }
}
