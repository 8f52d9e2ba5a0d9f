/** Ranks stay under 512 characters: a move that would need more is refused. */
export const RANK_CHARS_MAX = 511;

/** A task with its place in the manual order. */
export interface Ranked {
  readonly id: string;
  /** Absent until the task is moved: then its id counts. */
  readonly rank?: string;
}

/** The ids of the neighbours of a place; null means the end of the list on that side. */
export interface Position {
  readonly after: string | null;
  readonly before: string | null;
}

/** The neighbours of a place; an absent one means the end of the list on that side. */
export interface Neighbours {
  readonly after?: Ranked;
  readonly before?: Ranked;
}

export type Placement =
  | { readonly outcome: "placed"; readonly rank: string }
  /** `after` doesn't come before `before`. */
  | { readonly outcome: "out-of-order" }
  /** A rank between them would be longer than {@link RANK_CHARS_MAX}. */
  | { readonly outcome: "no-room" };

/**
 * Digits in order of code unit. Ranks never end in the lowest one, so that something always fits below them.
 * It is lower than all characters of a UUID.
 */
const DIGITS = "!-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~";
const BASE = DIGITS.length;
/** Steps that a gap has at least when a rank is picked from it: two writers hardly ever pick the same one. */
const STEPS_MIN = BASE ** 6;
/** "0190a1b2-c3d4-", the milliseconds of a UUIDv7. */
const TIME_CHARS = 14;

/** Part of a gap from which a rank is picked: first and last, from 0 to 1. */
type Part = readonly [number, number];
/** Halving costs one bit a move, so 2,000 moves to one spot cost about 330 digits. */
const MIDDLE: Part = [7 / 16, 9 / 16];
/** Next to the old end of a list, leaving most of the gap to the next move to the end. */
const LOW: Part = [1 / 128, 2 / 128];
const HIGH: Part = [126 / 128, 127 / 128];

/** A stretch of texts that begin with `prefix`: above `low`, below `high`, both read as digits of a fraction. */
interface Gap {
  readonly prefix: string;
  readonly low: readonly number[];
  readonly high: readonly number[];
}

export function rankOf(task: Ranked): string {
  return task.rank ?? task.id;
}

/** The manual order: by rank, ties by id, both by code unit. */
export function compareRanked(a: Ranked, b: Ranked): number {
  return compareTexts(rankOf(a), rankOf(b)) || compareTexts(a.id, b.id);
}

/**
 * A rank between two neighbours. Without `before`, it is below every id that is made at `nowMs` or later, as
 * long as `after` is. If no text fits (equal ranks, or a rank that is the other one and only spaces or `!`), it
 * is just above both.
 * @param random from 0 to below 1, such as `Math.random`
 */
export function rankBetween({ after, before }: Neighbours, nowMs: number, random: () => number): Placement {
  if (after && before && compareRanked(after, before) >= 0) return { outcome: "out-of-order" };
  const rank = between(after && rankOf(after), before && rankOf(before), timeOf(nowMs), random);
  return rank.length > RANK_CHARS_MAX ? { outcome: "no-room" } : { outcome: "placed", rank };
}

/** @param now below every id that is made from now on */
function between(
  after: string | undefined,
  before: string | undefined,
  now: string,
  random: () => number,
): string {
  const pick = (gap: Gap, part: Part) => picked(gap, part, random);
  if (before === undefined) {
    if (after === undefined) return pick({ prefix: now, low: [], high: digitsOf("7") }, MIDDLE);
    return pick((after < now && gapBetween(after, now)) || gapAbove(after), LOW);
  }
  const gap = gapBetween(after ?? "", before);
  if (gap === undefined) return pick(gapAbove(before), LOW);
  return pick(gap, after === undefined ? HIGH : MIDDLE);
}

/** The gap between two texts, the first one being lower; undefined if nothing fits between them. */
function gapBetween(low: string, high: string): Gap | undefined {
  const shared = sharedLength(low, high);
  const gap = gapAt(high.slice(0, shared), low.slice(shared), high.slice(shared));
  if (isOpen(gap)) return gap;
  // Between characters that are not digits there is no room; but above `low` with all of them, there is.
  if (low.length > shared) return gapFrom(low, afterForeign(low));
  // `low` is how `high` begins: keep the characters below all digits, too.
  for (let kept = shared + 1; kept < high.length; kept++) {
    const deeper = gapAt(high.slice(0, kept), "", high.slice(kept));
    if (isOpen(deeper)) return deeper;
  }
  return undefined;
}

/** Above `text`, but among the ids of its millisecond if it begins with one. */
function gapAbove(text: string): Gap {
  return gapFrom(text, Math.max(afterForeign(text), Math.min(TIME_CHARS, text.length)));
}

/** Everything above `text` that shares `kept` characters with it; the others must be digits. */
function gapFrom(text: string, kept: number): Gap {
  return { prefix: text.slice(0, kept), low: digitsOf(text.slice(kept)), high: [BASE] };
}

function gapAt(prefix: string, low: string, high: string): Gap {
  return { prefix, low: digitsOf(low), high: digitsOf(high) };
}

function isOpen({ low, high }: Gap): boolean {
  let difference = 0;
  for (let i = 0; i < Math.max(low.length, high.length); i++) {
    difference = difference * BASE + (high[i] ?? 0) - (low[i] ?? 0);
    // The rest of the digits can take away one at most.
    if (difference > 1) return true;
  }
  return difference > 0;
}

/** A text in the given part of an open gap, with as few digits as {@link STEPS_MIN} allows. */
function picked({ prefix, low, high }: Gap, [first, last]: Part, random: () => number): string {
  let length = 0;
  let steps = 0;
  for (; steps < STEPS_MIN; length++) steps = steps * BASE + (high[length] ?? 0) - (low[length] ?? 0);
  let carry = Math.floor(steps * (first + (last - first) * random()));
  const digits: string[] = [];
  for (let i = length - 1; i >= 0; i--) {
    const sum = (low[i] ?? 0) + carry;
    if (digits.length > 0 || sum % BASE !== 0) digits.push(DIGITS.charAt(sum % BASE));
    carry = Math.floor(sum / BASE);
  }
  return prefix + digits.reverse().join("");
}

/**
 * `text` as digits of a fraction, up to the first character that is none: this one counts as the next higher
 * digit, or as {@link BASE} (a carry) above all. So a fraction above it makes a higher text, one below a lower.
 */
function digitsOf(text: string): readonly number[] {
  const digits: number[] = [];
  for (const char of text) {
    const digit = DIGITS.indexOf(char);
    digits.push(digit < 0 ? nextDigit(char) : digit);
    if (digit < 0) break;
  }
  return digits;
}

function nextDigit(foreign: string): number {
  const digit = [...DIGITS].findIndex((candidate) => candidate > foreign);
  return digit < 0 ? BASE : digit;
}

/** Where the digits begin that `text` ends in. */
function afterForeign(text: string): number {
  let start = text.length;
  while (start > 0 && DIGITS.includes(text.charAt(start - 1))) start--;
  return start;
}

/** Length of what both begin with, in code units. It may end in half a character: then no gap opens after it. */
function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}

/** Lower than every UUIDv7 of this millisecond or later, and higher than the earlier ones. */
function timeOf(ms: number): string {
  const hex = ms.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-`;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
