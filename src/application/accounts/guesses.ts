import { TodosError } from "../../domain/errors.ts";
import type { Clock } from "../ports.ts";

/** As many attempts go at full speed; each one after them waits. */
export const FREE_GUESSES = 4;
const FIRST_WAIT_MS = 1_000;
/** Doubled from attempt to attempt, up to this: somebody whose login others try can still sign in. */
const WAIT_MS_MAX = 60_000;
/** What nobody tried for so long starts again. */
const FORGOTTEN_AFTER_MS = 3_600_000;
/** Most targets, and most sources, that are remembered; past that the one tried longest ago is forgotten. */
export const GUESSES_REMEMBERED_MAX = 10_000;
/** Most attempts from one source at the same time: many people may share an address, and begin work together. */
export const PENDING_PER_SOURCE_MAX = 64;

/** An attempt that has begun. Call `settle` once. */
export interface Attempt {
  /** @param how `undecided`: it is not known whether the guess was right, and it does not count */
  settle(how: "right" | "wrong" | "undecided"): void;
}

/**
 * Slows down those who try secrets: counts attempts by what they try and by where they come from. It is in memory, for
 * one instance.
 */
export class Guesses {
  private readonly targets: Counts;
  private readonly sources: Counts;
  private readonly pending = new Map<string, number>();

  constructor(private readonly clock: Clock) {
    this.targets = new Counts();
    this.sources = new Counts();
  }

  /**
   * Attempts on one target count from their beginning, so that nobody tries many at once.
   * @param target what is tried, as `login ada`
   * @param source where the attempt comes from
   * @throws TodosError too-many-requests
   */
  attempt(target: string, source: string): Attempt {
    const now = this.clock.now();
    const pending = this.pending.get(source) ?? 0;
    const waitMs = Math.max(
      this.targets.waitMs(target, now),
      this.sources.waitMs(source, now),
      pending >= this.pendingMax(source, now) ? FIRST_WAIT_MS : 0,
    );
    if (waitMs > 0) throw tooMany(waitMs);
    this.targets.add(target, now);
    this.pending.set(source, pending + 1);
    return { settle: (how) => this.settle(target, source, how) };
  }

  /** How many targets and sources it remembers. */
  get size(): number {
    return this.targets.size + this.sources.size + this.pending.size;
  }

  private pendingMax(source: string, now: number): number {
    return this.sources.count(source, now) >= FREE_GUESSES ? 1 : PENDING_PER_SOURCE_MAX;
  }

  private settle(target: string, source: string, how: Parameters<Attempt["settle"]>[0]): void {
    const left = (this.pending.get(source) ?? 0) - 1;
    if (left > 0) this.pending.set(source, left);
    else this.pending.delete(source);
    if (how === "right") this.targets.clear(target);
    else if (how === "undecided") this.targets.takeBack(target);
    else {
      // The wait begins with the answer, however long that took.
      const now = this.clock.now();
      this.targets.touch(target, now);
      this.sources.add(source, now);
    }
  }
}

interface Tried {
  readonly count: number;
  /** Of the last one, milliseconds since the Unix epoch. */
  readonly at: number;
}

/** How often each of many keys was tried lately. */
class Counts {
  /** In the order of the last attempts, the oldest first. */
  private readonly tried = new Map<string, Tried>();

  get size(): number {
    return this.tried.size;
  }

  count(key: string, now: number): number {
    const tried = this.tried.get(key);
    return tried && now - tried.at < FORGOTTEN_AFTER_MS ? tried.count : 0;
  }

  waitMs(key: string, now: number): number {
    const count = this.count(key, now);
    return count < FREE_GUESSES ? 0 : (this.tried.get(key)?.at ?? now) + waitAfter(count) - now;
  }

  add(key: string, now: number): void {
    const count = this.count(key, now) + 1;
    this.tried.delete(key);
    const [oldest] = this.tried.keys();
    if (this.tried.size >= GUESSES_REMEMBERED_MAX && oldest !== undefined) this.tried.delete(oldest);
    this.tried.set(key, { count, at: now });
  }

  touch(key: string, now: number): void {
    const tried = this.tried.get(key);
    if (tried) this.tried.set(key, { ...tried, at: now });
  }

  takeBack(key: string): void {
    const tried = this.tried.get(key);
    if (!tried || tried.count === 1) this.tried.delete(key);
    else this.tried.set(key, { ...tried, count: tried.count - 1 });
  }

  clear(key: string): void {
    this.tried.delete(key);
  }
}

function waitAfter(count: number): number {
  return Math.min(WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** (count - FREE_GUESSES));
}

function tooMany(waitMs: number): TodosError {
  return new TodosError("too-many-requests", "There were too many attempts. Try again later.", {
    retryAfterS: Math.ceil(waitMs / 1_000),
  });
}
