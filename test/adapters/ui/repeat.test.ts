import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { usualChoices, writtenChoice } from "../../../src/adapters/ui/repeat/choices.ts";
import { describeRepeat } from "../../../src/adapters/ui/repeat/describe.ts";
import { firstDay } from "../../../src/adapters/ui/repeat/first-day.ts";
import { loadTexts, useLanguage } from "../../../src/adapters/ui/text/text.ts";
import { isRule, readRepeat } from "../../../src/domain/recurrence.ts";

beforeAll(() => loadTexts("repeat"));
afterAll(() => useLanguage("en"));

const WORDS: readonly (readonly [string, string, string])[] = [
  ["FREQ=DAILY", "Every day", "Jeden Tag"],
  ["FREQ=DAILY;INTERVAL=3", "Every 3 days", "Alle 3 Tage"],
  ["FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Every weekday", "Jeden Werktag"],
  ["FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "Every 2 weeks on Monday", "Alle 2 Wochen am Montag"],
  ["FREQ=WEEKLY;BYDAY=SA,SU", "Every week on Saturday and Sunday", "Jede Woche am Samstag und Sonntag"],
  ["FREQ=MONTHLY;BYMONTHDAY=1", "Every month on the 1st", "Jeden Monat am 1."],
  ["FREQ=MONTHLY;BYMONTHDAY=22", "Every month on the 22nd", "Jeden Monat am 22."],
  ["FREQ=MONTHLY;BYMONTHDAY=-1", "Every month on the last day", "Jeden Monat am letzten Tag"],
  ["FREQ=MONTHLY;BYDAY=2MO", "Every month on the 2nd Monday", "Jeden Monat am 2. Montag"],
  [
    "FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR",
    "Every 3 months on the last Friday",
    "Alle 3 Monate am letzten Freitag",
  ],
  ["FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", "Every year on December 24", "Jedes Jahr am 24. Dezember"],
  ["FREQ=DAILY;COUNT=5", "Every day, 5 times", "Jeden Tag, 5-mal"],
  ["FREQ=DAILY;UNTIL=20261224", "Every day, until December 24, 2026", "Jeden Tag, bis 24. Dezember 2026"],
  // No words of ours: as it is.
  [
    "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1",
    "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1",
    "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1",
  ],
];

const TODAY = "2026-11-29";

describe("a rule in words", () => {
  for (const [at, language] of [
    [1, "en"],
    [2, "de"],
  ] as const) {
    test.each(WORDS)(`${language}: %s`, async (...row) => {
      await useLanguage(language);
      expect(describeRepeat(row[0])).toBe(row[at]);
    });
  }

  test("says where it counts from", async () => {
    await useLanguage("en");
    expect(describeRepeat("FREQ=DAILY", "completion")).toBe("Every day, from completion");
  });

  test("is understood when it is typed: words and reader agree", async () => {
    for (const language of ["en", "de"] as const) {
      await useLanguage(language);
      for (const [repeat] of WORDS.slice(0, 11)) {
        const words = describeRepeat(repeat).replace("December 24", "24 December");
        expect([words, writtenChoice(words, { language, today: TODAY })]).toEqual([words, { repeat }]);
      }
    }
  });
});

describe("the first day of a rule", () => {
  const DAYS: readonly (readonly [string, string, string])[] = [
    ["FREQ=DAILY;INTERVAL=3", "2026-11-29", "2026-11-29"],
    ["FREQ=WEEKLY;BYDAY=MO", "2026-11-29", "2026-11-30"],
    ["FREQ=WEEKLY;BYDAY=SU", "2026-11-29", "2026-11-29"],
    ["FREQ=MONTHLY;BYMONTHDAY=31", "2026-11-29", "2026-12-31"],
    ["FREQ=MONTHLY;BYMONTHDAY=-1", "2026-11-29", "2026-11-30"],
    ["FREQ=MONTHLY;BYDAY=-1FR", "2026-11-28", "2026-12-25"],
    ["FREQ=MONTHLY;BYDAY=1MO", "2026-11-29", "2026-12-07"],
    ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2026-11-29", "2028-02-29"],
  ];
  test.each(DAYS)("%s from %s on is %s", (text, day, expected) => {
    const rule = readRepeat(text);
    expect(isRule(rule) && firstDay(rule, day)).toBe(expected);
  });
});

test("what is usual fits the day, and every choice is a rule", () => {
  const choices = usualChoices("2026-12-29").map(({ repeat }) => repeat);
  expect(choices).toContain("FREQ=WEEKLY;BYDAY=TU");
  expect(choices).toContain("FREQ=MONTHLY;BYDAY=-1TU");
  for (const repeat of choices) expect([repeat, isRule(readRepeat(repeat))]).toEqual([repeat, true]);
  expect(writtenChoice("rrule:freq=daily;interval=2", { language: "en", today: TODAY })).toEqual({
    repeat: "FREQ=DAILY;INTERVAL=2",
  });
  expect(writtenChoice("never", { language: "en", today: TODAY })).toBeUndefined();
});
