import { CLOCK_SKEW_MAX_MS, POSITION_AGE_MAX_MS } from "./times.ts";

/** Characters of an encoded position: clients send it in a header, and proxies limit those. */
export const POSITION_CHARS_MAX = 200;
/** Writers that a position names, if there is room. */
export const NAMED_WRITERS_MAX = 12;
/** Writers that a position of the previous release can name. */
const FULL_POSITION_WRITERS_MAX = 1_000;
const WRITER_CHARS = 8;
/** Characters of the store's epoch: enough to tell another store's positions. */
const EPOCH_CHARS = 6;
/** Before the epoch, so that the previous release, which knows no `since`, takes it for another store's. */
const FORMAT = "2-";
const RADIX = 36;
const NUMBER = /^(?:0|[1-9a-z][0-9a-z]{0,10})$/;

/** A reader's position. */
export interface Position {
  /** When all that was known to the store had been read up to here, milliseconds since the Unix epoch. */
  readonly at: number;
  /** Log time: of writers that `told` does not name, everything that was announced before has been told. */
  readonly since: number;
  /** For some writers, the latest last, the number up to which everything has been told. */
  readonly told: ReadonlyMap<string, number>;
}

/** Random name of a writer. */
export function newWriterName(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(6))).toString("base64url");
}

/**
 * `2-epoch.at.since.writer+number.…`, numbers in base 36. Writers without room are left out, the earliest
 * first: a listener that continues from there gets some of their changes again.
 */
export function encodedPosition(epoch: string, { at, since, told }: Position): string {
  let encoded = `${FORMAT}${epochTag(epoch)}.${at.toString(RADIX)}.${since.toString(RADIX)}`;
  for (const [writer, n] of [...told].slice(-NAMED_WRITERS_MAX).reverse()) {
    const named = `.${writer}${n.toString(RADIX)}`;
    if (encoded.length + named.length > POSITION_CHARS_MAX) break;
    encoded += named;
  }
  return encoded;
}

/**
 * @param now milliseconds since the Unix epoch
 * @returns undefined if it is not a position, belongs to another store, or is too old
 */
export function decodedPosition(epoch: string, encoded: string, now: number): Position | undefined {
  const position = encoded.startsWith(FORMAT)
    ? decoded(epoch, encoded.slice(FORMAT.length))
    : decodedFull(epoch, encoded);
  if (!position || position.at < now - POSITION_AGE_MAX_MS || position.at > now + CLOCK_SKEW_MAX_MS)
    return undefined;
  return position;
}

function decoded(epoch: string, encoded: string): Position | undefined {
  const [tag, at = "", since = "", ...writers] = encoded.split(".", NAMED_WRITERS_MAX + 4);
  return positionFrom(tag === epochTag(epoch), at, since, writers, NAMED_WRITERS_MAX);
}

/** One of the previous release: `epoch.at.writer+number.…` names every writer there was. */
function decodedFull(epoch: string, encoded: string): Position | undefined {
  const [tag, at = "", ...writers] = encoded.split(".", FULL_POSITION_WRITERS_MAX + 3);
  return positionFrom(tag === epochTag(epoch), at, "0", writers, FULL_POSITION_WRITERS_MAX);
}

function positionFrom(
  isOurs: boolean,
  encodedAt: string,
  encodedSince: string,
  writers: readonly string[],
  writersMax: number,
): Position | undefined {
  const [at, since] = [decodedNumber(encodedAt), decodedNumber(encodedSince)];
  if (!isOurs || at === undefined || since === undefined || writers.length > writersMax) return undefined;
  const told = new Map<string, number>();
  for (const each of writers.toReversed()) {
    const n = decodedNumber(each.slice(WRITER_CHARS));
    if (n === undefined || !/^[\w-]{8}/.test(each)) return undefined;
    told.set(each.slice(0, WRITER_CHARS), n);
  }
  return { at, since, told };
}

function decodedNumber(encoded: string): number | undefined {
  if (!NUMBER.test(encoded)) return undefined;
  const n = Number.parseInt(encoded, RADIX);
  return Number.isSafeInteger(n) ? n : undefined;
}

function epochTag(epoch: string): string {
  return epoch.replace(/\W/g, "").slice(0, EPOCH_CHARS);
}
