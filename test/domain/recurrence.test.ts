import { describe, expect, test } from "bun:test";
import {
  isRule,
  patternText,
  REPEAT_CHARS_MAX,
  REPEAT_COUNT_MAX,
  REPEAT_INTERVAL_MAX,
  readRepeat,
  repeatText,
} from "../../src/domain/recurrence.ts";

/** What is stored for this text, or what is wrong with it. */
function outcome(text: string): string {
  const read = readRepeat(text);
  return isRule(read) ? repeatText(read) : `! ${read.detail}`;
}

describe("a recurrence rule is stored in one form", () => {
  test.each([
    ["FREQ=DAILY", "FREQ=DAILY"],
    ["freq=weekly;byday=th,mo", "FREQ=WEEKLY;BYDAY=MO,TH"],
    ["RRULE:FREQ=DAILY", "FREQ=DAILY"],
    [" rrule:freq=daily\n", "FREQ=DAILY"],
    ["COUNT=3;FREQ=DAILY", "FREQ=DAILY;COUNT=3"],
    ["FREQ=DAILY;INTERVAL=1;WKST=MO", "FREQ=DAILY"],
    ["FREQ=DAILY;INTERVAL=007", "FREQ=DAILY;INTERVAL=7"],
    ["FREQ=WEEKLY;WKST=SU;INTERVAL=2", "FREQ=WEEKLY;INTERVAL=2;WKST=SU"],
    ["FREQ=MONTHLY;BYDAY=+1MO,-1FR,1MO,SU", "FREQ=MONTHLY;BYDAY=-1FR,SU,1MO"],
    ["FREQ=MONTHLY;BYMONTHDAY=31,-1,+2,02", "FREQ=MONTHLY;BYMONTHDAY=-1,2,31"],
    ["FREQ=YEARLY;BYMONTH=12,3,03", "FREQ=YEARLY;BYMONTH=3,12"],
    ["FREQ=YEARLY;BYDAY=53MO", "FREQ=YEARLY;BYDAY=53MO"],
    ["FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"],
    ["FREQ=YEARLY;UNTIL=20280229", "FREQ=YEARLY;UNTIL=20280229"],
    ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"],
    [`FREQ=DAILY;COUNT=${REPEAT_COUNT_MAX}`, `FREQ=DAILY;COUNT=${REPEAT_COUNT_MAX}`],
    [`FREQ=DAILY;INTERVAL=${REPEAT_INTERVAL_MAX}`, `FREQ=DAILY;INTERVAL=${REPEAT_INTERVAL_MAX}`],
  ])("%j is %j", (text, stored) => {
    expect(outcome(text)).toBe(stored);
    expect(outcome(stored)).toBe(stored);
  });

  test.each([
    ["FREQ=MONTHLY;COUNT=3;BYDAY=1MO;WKST=SU", "FREQ=MONTHLY;BYDAY=1MO;WKST=SU"],
    ["FREQ=DAILY;UNTIL=20261231", "FREQ=DAILY"],
    ["FREQ=DAILY;BYDAY=SU;BYSETPOS=1", "FREQ=MONTHLY;BYDAY=SU"],
    ["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29", "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=29"],
    ["FREQ=DAILY;INTERVAL=2;BYDAY=SU", "FREQ=DAILY;INTERVAL=2;BYDAY=SU"],
  ])("the days of %s without its end are %s", (text, pattern) => {
    const rule = readRepeat(text);
    expect(isRule(rule) && patternText(rule)).toBe(pattern);
  });
});

describe("what is not a rule is refused in plain words", () => {
  const parts =
    "may only have the parts FREQ, INTERVAL, COUNT, UNTIL, BYMONTH, BYMONTHDAY, BYDAY, BYSETPOS, WKST";
  const form = "must consist of NAME=VALUE separated by semicolons, like FREQ=DAILY;INTERVAL=2";
  const frequency = "must have one of DAILY, WEEKLY, MONTHLY, YEARLY as FREQ";
  const until = "must have a day without a time as UNTIL, like 20261231";
  const monthDay = "must have numbers from 1 to 31 or from -1 to -31 as BYMONTHDAY";
  const weekday = "must have days of the week as BYDAY: MO, TU, WE, TH, FR, SA, SU";
  const never = "never happens: no month in BYMONTH has a day in BYMONTHDAY";
  const position = "never happens: BYSETPOS is greater than the number of days it chooses from";
  test.each([
    ["", form],
    ["every day", form],
    ["FREQ", form],
    ["FREQ=", form],
    ["FREQ=DAILY;", form],
    ["FREQ=DAILY;COUNT=3=4", form],
    ["INTERVAL=2", frequency],
    ["FREQ=HOURLY", frequency],
    ["FREQ=DA\u0131LY", frequency],
    ["FREQ=DAILY;FREQ=DAILY", "must not have FREQ twice"],
    ["FREQ=DAILY;BYHOUR=8", parts],
    ["FREQ=YEARLY;BYWEEKNO=20", parts],
    ["FREQ=YEARLY;BYYEARDAY=1", parts],
    ["FREQ=DAILY;TZID=Europe/Berlin", parts],
    ["DTSTART=20260101;FREQ=DAILY", parts],
    ["FREQ=DAILY;__PROTO__=1", parts],
    ["FREQ=DAILY\nRRULE:FREQ=DAILY", form],
    ["FREQ=DAILY;INTERVAL=0", `must have a whole number from 1 to ${REPEAT_INTERVAL_MAX} as INTERVAL`],
    ["FREQ=DAILY;INTERVAL=1.5", `must have a whole number from 1 to ${REPEAT_INTERVAL_MAX} as INTERVAL`],
    ["FREQ=DAILY;INTERVAL=1001", `must have a whole number from 1 to ${REPEAT_INTERVAL_MAX} as INTERVAL`],
    ["FREQ=DAILY;COUNT=0", `must have a whole number from 1 to ${REPEAT_COUNT_MAX} as COUNT`],
    ["FREQ=DAILY;COUNT=-1", `must have a whole number from 1 to ${REPEAT_COUNT_MAX} as COUNT`],
    [
      "FREQ=DAILY;COUNT=99999999999999999999",
      `must have a whole number from 1 to ${REPEAT_COUNT_MAX} as COUNT`,
    ],
    ["FREQ=DAILY;COUNT=3;UNTIL=20261231", "must not have both COUNT and UNTIL"],
    ["FREQ=DAILY;UNTIL=20261231T000000Z", until],
    ["FREQ=DAILY;UNTIL=2026-12-31", until],
    ["FREQ=DAILY;UNTIL=20260229", until],
    ["FREQ=YEARLY;BYMONTH=13", "must have a whole number from 1 to 12 as BYMONTH"],
    ["FREQ=YEARLY;BYMONTH=-1", "must have a whole number from 1 to 12 as BYMONTH"],
    ["FREQ=YEARLY;BYMONTH=1,,2", "must have a whole number from 1 to 12 as BYMONTH"],
    ["FREQ=MONTHLY;BYMONTHDAY=0", monthDay],
    ["FREQ=MONTHLY;BYMONTHDAY=32", monthDay],
    ["FREQ=MONTHLY;BYMONTHDAY=1e1", monthDay],
    ["FREQ=WEEKLY;BYMONTHDAY=1", "must not have BYMONTHDAY if it is WEEKLY; use MONTHLY"],
    ["FREQ=WEEKLY;BYDAY=XX", weekday],
    ["FREQ=MONTHLY;BYDAY=1", weekday],
    ["FREQ=WEEKLY;BYDAY=1MO", "may have a number in BYDAY, like 1MO, only if it is MONTHLY or YEARLY"],
    ["FREQ=DAILY;BYDAY=1MO", "may have a number in BYDAY, like 1MO, only if it is MONTHLY or YEARLY"],
    ["FREQ=MONTHLY;BYDAY=6MO", "must have numbers from 1 to 5 or from -1 to -5 as BYDAY"],
    ["FREQ=MONTHLY;BYDAY=0MO", "must have numbers from 1 to 5 or from -1 to -5 as BYDAY"],
    ["FREQ=YEARLY;BYMONTH=1;BYDAY=6MO", "must have numbers from 1 to 5 or from -1 to -5 as BYDAY"],
    ["FREQ=YEARLY;BYDAY=-54MO", "must have numbers from 1 to 53 or from -1 to -53 as BYDAY"],
    [
      "FREQ=YEARLY;BYMONTHDAY=1;BYDAY=1MO",
      "must not have both BYMONTHDAY and a BYDAY with a number if it is YEARLY",
    ],
    ["FREQ=MONTHLY;BYSETPOS=1", "must have BYDAY, BYMONTHDAY or BYMONTH if it has BYSETPOS"],
    ["FREQ=DAILY;BYDAY=MO;BYSETPOS=367", "must have numbers from 1 to 366 or from -1 to -366 as BYSETPOS"],
    ["FREQ=WEEKLY;WKST=1", "must have one of MO, TU, WE, TH, FR, SA, SU as WKST"],
    ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", never],
    ["FREQ=DAILY;BYMONTH=4,6;BYMONTHDAY=-31,31", never],
    ["FREQ=WEEKLY;BYDAY=SU;BYSETPOS=3", position],
    ["FREQ=DAILY;BYDAY=SU;BYSETPOS=-2", position],
  ])("%j: %s", (text, detail) => {
    expect(outcome(text)).toBe(`! ${detail}`);
    expect(readRepeat(text)).toHaveProperty("pointer", "/repeat");
  });

  test("a text of more than 500 characters, whatever it contains", () => {
    const days = "1,".repeat(REPEAT_CHARS_MAX);
    expect(outcome(`FREQ=MONTHLY;BYMONTHDAY=${days}1`)).toBe("! must have at most 500 characters");
  });
});
