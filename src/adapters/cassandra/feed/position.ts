import { CLOCK_SKEW_MAX_MS, POSITION_AGE_MAX_MS } from "./times.ts";

/** Writers that a position can tell of. */
const WRITERS_MAX = 1_000;
const WRITER_CHARS = 8;
/** Characters of the store's epoch: enough to tell another store's positions. */
const EPOCH_CHARS = 6;
const RADIX = 36;
const NUMBER = /^(?:0|[1-9a-z][0-9a-z]{0,10})$/;

/** Where a reader stands: for each writer, the number up to which everything has been told. */
export interface Position {
  /** When all that was known to the store had been read up to here, milliseconds since the Unix epoch. */
  readonly at: number;
  readonly told: ReadonlyMap<string, number>;
}

/** Random name of a writer. */
export function newWriterName(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(6))).toString("base64url");
}

/** `epoch.time.writer+number.…`, numbers in base 36. */
export function encodedPosition(epoch: string, { at, told }: Position): string {
  const writers = Array.from(told, ([writer, n]) => `.${writer}${n.toString(RADIX)}`);
  return `${epochTag(epoch)}.${at.toString(RADIX)}${writers.join("")}`;
}

/**
 * @param now milliseconds since the Unix epoch
 * @returns undefined for what is no position, one of another store, or one too old to go on from
 */
export function decodedPosition(epoch: string, encoded: string, now: number): Position | undefined {
  const [tag, time = "", ...writers] = encoded.split(".", WRITERS_MAX + 3);
  const at = decodedNumber(time);
  if (tag !== epochTag(epoch) || at === undefined || writers.length > WRITERS_MAX) return undefined;
  if (at < now - POSITION_AGE_MAX_MS || at > now + CLOCK_SKEW_MAX_MS) return undefined;
  const told = new Map<string, number>();
  for (const each of writers) {
    const n = decodedNumber(each.slice(WRITER_CHARS));
    if (n === undefined || !/^[\w-]{8}/.test(each)) return undefined;
    told.set(each.slice(0, WRITER_CHARS), n);
  }
  return { at, told };
}

function decodedNumber(encoded: string): number | undefined {
  if (!NUMBER.test(encoded)) return undefined;
  const n = Number.parseInt(encoded, RADIX);
  return Number.isSafeInteger(n) ? n : undefined;
}

function epochTag(epoch: string): string {
  return epoch.replace(/\W/g, "").slice(0, EPOCH_CHARS);
}
