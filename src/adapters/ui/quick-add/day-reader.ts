/** A day that is written somewhere in a text. */
export interface WrittenDay {
  readonly start: number;
  readonly end: number;
  /** Full-date. */
  readonly day: string;
}

/** Finds the days in a text. @param today full-date, the person's own */
export type DateReader = (text: string, today: string) => readonly WrittenDay[];

/** What of chrono-node's results is used here. */
export interface Found {
  readonly index: number;
  readonly text: string;
  readonly start: Component;
  readonly end?: Component | null;
}
interface Component {
  get(part: "year" | "month" | "day"): number | null;
  isCertain(part: "day" | "weekday" | "hour"): boolean;
}
export type Parse = (
  text: string,
  reference: { instant: Date },
  options: { forwardDate: boolean },
) => readonly Found[];

const NOON = 12;
/** A time between its words ends what is read: a task has a day, and the time stays text. */
const WORDS = /\S+/g;

/** A {@link DateReader} of a parser: only days, only such as are said, and no spans of time. */
export function readerOf(parse: Parse): DateReader {
  return (text, today) => {
    const [year = 0, month = 1, day = 1] = today.split("-").map(Number);
    const instant = new Date(year, month - 1, day, NOON);
    const found = (part: string) => parse(part, { instant }, { forwardDate: true });
    return found(text).flatMap((result) => dayOf(result, found) ?? []);
  };
}

function dayOf(result: Found, parse: (part: string) => readonly Found[]): WrittenDay | undefined {
  const { index, text } = result;
  if (result.end || !isDay(result)) return undefined;
  if (!result.start.isCertain("hour"))
    return { start: index, end: index + text.length, day: fullDate(result) };
  for (const [from, to] of partsOf(text)) {
    const part = text.slice(from, to);
    const [only] = parse(part);
    if (only && only.text === part && isDay(only) && !only.start.isCertain("hour"))
      return { start: index + from, end: index + to, day: fullDate(only) };
  }
  return undefined;
}

function isDay({ start }: Found): boolean {
  return start.isCertain("day") || start.isCertain("weekday");
}

/** Runs of whole words without the last ones or without the first ones, the longest first. */
function partsOf(text: string): readonly (readonly [number, number])[] {
  const words = [...text.matchAll(WORDS)].map((word) => [word.index, word.index + word[0].length] as const);
  const last = words.length - 1;
  return words
    .flatMap(([start, end]) => [[0, end] as const, [start, words[last]?.[1] ?? 0] as const])
    .filter(([start, end]) => end - start < text.length)
    .sort(([a, b], [c, d]) => d - c - (b - a));
}

function fullDate({ start }: Found): string {
  const part = (name: "year" | "month" | "day", digits: number) =>
    String(start.get(name) ?? 0).padStart(digits, "0");
  return `${part("year", 4)}-${part("month", 2)}-${part("day", 2)}`;
}
