import { describe, expect, test } from "bun:test";
import { readPhrase } from "../../../src/adapters/ui/repeat/phrases.ts";
import { isRule, readRepeat, repeatText } from "../../../src/domain/recurrence.ts";

/** What is written, and the rule it makes; `!` at its end: counted from completion. */
const ENGLISH: readonly (readonly [string, string])[] = [
  ["every day", "FREQ=DAILY"],
  ["daily", "FREQ=DAILY"],
  ["Every Other Day", "FREQ=DAILY;INTERVAL=2"],
  ["every 3 days", "FREQ=DAILY;INTERVAL=3"],
  ["every! 3 days", "FREQ=DAILY;INTERVAL=3!"],
  ["every day for 5 times", "FREQ=DAILY;COUNT=5"],
  ["every weekday", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"],
  ["every weekend", "FREQ=WEEKLY;BYDAY=SA,SU"],
  ["weekly", "FREQ=WEEKLY"],
  ["every week", "FREQ=WEEKLY"],
  ["every week on Tuesday", "FREQ=WEEKLY;BYDAY=TU"],
  ["every monday", "FREQ=WEEKLY;BYDAY=MO"],
  ["every mon, wed and fri", "FREQ=WEEKLY;BYDAY=MO,WE,FR"],
  ["every Tuesday & Thursday", "FREQ=WEEKLY;BYDAY=TU,TH"],
  ["every other Tuesday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"],
  ["every 2 weeks on monday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"],
  ["every second monday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"],
  ["every second monday of the month", "FREQ=MONTHLY;BYDAY=2MO"],
  ["every first monday", "FREQ=MONTHLY;BYDAY=1MO"],
  ["every last friday of the month", "FREQ=MONTHLY;BYDAY=-1FR"],
  ["every month", "FREQ=MONTHLY"],
  ["monthly", "FREQ=MONTHLY"],
  ["every month on the 1st", "FREQ=MONTHLY;BYMONTHDAY=1"],
  ["every month on the 1st and 15th", "FREQ=MONTHLY;BYMONTHDAY=1,15"],
  ["every month on the last day", "FREQ=MONTHLY;BYMONTHDAY=-1"],
  ["every month on the first Monday", "FREQ=MONTHLY;BYDAY=1MO"],
  ["every 15th", "FREQ=MONTHLY;BYMONTHDAY=15"],
  ["every 3 months", "FREQ=MONTHLY;INTERVAL=3"],
  ["quarterly", "FREQ=MONTHLY;INTERVAL=3"],
  ["every year", "FREQ=YEARLY"],
  ["every year on December 24", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24"],
  ["every 24 December", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24"],
  ["every Jan 1st", "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1"],
];

const GERMAN: readonly (readonly [string, string])[] = [
  ["jeden Tag", "FREQ=DAILY"],
  ["täglich", "FREQ=DAILY"],
  ["jeden zweiten Tag", "FREQ=DAILY;INTERVAL=2"],
  ["alle 3 Tage", "FREQ=DAILY;INTERVAL=3"],
  ["alle! 3 Tage", "FREQ=DAILY;INTERVAL=3!"],
  ["werktags", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"],
  ["jedes Wochenende", "FREQ=WEEKLY;BYDAY=SA,SU"],
  ["wöchentlich", "FREQ=WEEKLY"],
  ["jede Woche am Dienstag", "FREQ=WEEKLY;BYDAY=TU"],
  ["jeden Montag", "FREQ=WEEKLY;BYDAY=MO"],
  ["montags", "FREQ=WEEKLY;BYDAY=MO"],
  ["jeden Mo, Mi und Fr", "FREQ=WEEKLY;BYDAY=MO,WE,FR"],
  ["alle 2 Wochen am Donnerstag", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH"],
  ["jeden zweiten Sonntag", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU"],
  ["jeden zweiten Sonntag im Monat", "FREQ=MONTHLY;BYDAY=2SU"],
  ["jeden ersten Montag", "FREQ=MONTHLY;BYDAY=1MO"],
  ["jeden letzten Freitag im Monat", "FREQ=MONTHLY;BYDAY=-1FR"],
  ["jeden Monat", "FREQ=MONTHLY"],
  ["jeden Monat am 1.", "FREQ=MONTHLY;BYMONTHDAY=1"],
  ["monatlich am 1. und 15.", "FREQ=MONTHLY;BYMONTHDAY=1,15"],
  ["am letzten Tag des Monats", "FREQ=MONTHLY;BYMONTHDAY=-1"],
  ["am 5. jedes Monats", "FREQ=MONTHLY;BYMONTHDAY=5"],
  ["alle 3 Monate", "FREQ=MONTHLY;INTERVAL=3"],
  ["jährlich", "FREQ=YEARLY"],
  ["jedes Jahr am 24. Dezember", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24"],
  ["jeden 24. Dez", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24"],
  ["jeden Tag 5 mal", "FREQ=DAILY;COUNT=5"],
];

for (const [language, table] of [
  ["en", ENGLISH],
  ["de", GERMAN],
] as const) {
  describe(`how something repeats, in ${language}`, () => {
    test.each(table)("%s → %s", (phrase, wanted) => {
      const found = readPhrase(`Water the plants ${phrase}, Ada`, language);
      expect(found && found.repeat + (found.repeatFrom ? "!" : "")).toBe(wanted);
      expect([found?.start, found?.end]).toEqual([17, 17 + phrase.length]);
      const rule = readRepeat(found?.repeat ?? "");
      expect(isRule(rule) && repeatText(rule)).toBe(wanted.replace("!", ""));
    });
  });
}

test("what only looks like it stays text", () => {
  for (const text of [
    "Read the daily-news site",
    "everyday life",
    "every monkey",
    "every 0 days",
    "the 45th",
  ])
    expect([text, readPhrase(text, "en")]).toEqual([text, undefined]);
  for (const text of ["Alltäglichkeit", "jeden Mond", "alle Tage"])
    expect([text, readPhrase(text, "de")]).toEqual([text, undefined]);
});
