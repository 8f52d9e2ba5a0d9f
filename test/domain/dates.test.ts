import { describe, expect, test } from "bun:test";
import { isFullDate } from "../../src/domain/dates.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

describe("a full date", () => {
  test("is every day of four centuries", () => {
    const refused: string[] = [];
    for (let day = Date.UTC(1896, 0, 1); day < Date.UTC(2305, 0, 1); day += DAY_MS) {
      const text = new Date(day).toISOString().slice(0, 10);
      if (!isFullDate(text)) refused.push(text);
    }
    expect(refused).toEqual([]);
  });

  test("is not any other combination of year, month and day", () => {
    const wrong: string[] = [];
    for (const year of ["0000", "0004", "1900", "2000", "2023", "2024", "2100", "9999"]) {
      for (let month = 0; month <= 99; month++) {
        for (let day = 0; day <= 99; day++) {
          const text = `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
          if (isFullDate(text) !== isDayOfTheCalendar(text)) wrong.push(text);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  test.each(["2024-02-29", "2000-02-29", "0000-02-29", "9999-12-31", "2026-01-31", "2026-04-30"])(
    "may be %s",
    (text) => expect(isFullDate(text)).toBe(true),
  );

  test.each([
    "2023-02-29",
    "1900-02-29",
    "2100-02-29",
    "2026-02-30",
    "2026-04-31",
    "2026-13-01",
    "2026-00-10",
    "2026-01-00",
    "2026-01-32",
    "2026-1-1",
    "26-01-01",
    "12026-01-01",
    "+002026-01-01",
    "2026-01-01T00:00:00Z",
    "2026-01-01 ",
    " 2026-01-01",
    "2026-01-01\n",
    "2026/01/01",
    "20260101",
    "2026-W01-1",
    "２０２６-01-01",
    "today",
    "",
  ])("is not %j", (text) => expect(isFullDate(text)).toBe(false));
});

/** What the language's calendar says: a day that does not exist becomes another or none. */
function isDayOfTheCalendar(text: string): boolean {
  const date = new Date(`${text}T00:00:00.000Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(`${text}T`);
}
