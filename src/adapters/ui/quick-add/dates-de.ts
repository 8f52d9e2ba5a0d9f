import { casual } from "chrono-node/de";
import { isFullDate } from "../../../domain/dates.ts";
import { type DateReader, readerOf, type WrittenDay } from "./day-reader.ts";

const read = readerOf((...asked) => casual.parse(...asked));
/** 24.12. and 24.12.2026: the library knows them only with a year. */
const NUMBERS = /(?<![\d.])(\d{1,2})\.(\d{1,2})\.(\d{4})?(?![\d])/g;

export const readGerman: DateReader = (text, today) => {
  const numbers = [...text.matchAll(NUMBERS)].flatMap((match) => numbered(match, today));
  const others = read(text, today).filter(({ start, end }) =>
    numbers.every((each) => end <= each.start || start >= each.end),
  );
  return [...numbers, ...others].sort((a, b) => a.start - b.start);
};

function numbered(match: RegExpExecArray, today: string): readonly WrittenDay[] {
  const [text, day = "", month = "", year] = match;
  const dayIn = (given: number) => `${given}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  const thisYear = Number(today.slice(0, 4));
  const next = dayIn(thisYear) < today ? dayIn(thisYear + 1) : dayIn(thisYear);
  const wanted = year === undefined ? next : dayIn(Number(year));
  return isFullDate(wanted) ? [{ start: match.index, end: match.index + text.length, day: wanted }] : [];
}
