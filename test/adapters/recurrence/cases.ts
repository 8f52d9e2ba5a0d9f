import { isRule, readRepeat, repeatText } from "../../../src/domain/recurrence.ts";
import type { RepeatOrigin } from "../../../src/domain/task.ts";
import type { Random } from "../../support/random.ts";

/** A series, and the days on which its tasks are completed. */
export interface Case {
  readonly repeat: string;
  readonly repeatFrom: RepeatOrigin;
  readonly dueDate: string;
  readonly completedOn: readonly string[];
}

const DAY_MS = 24 * 60 * 60 * 1_000;
const WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/** Cases that people meet or that are known to go wrong: rule, first due date, days of completion. */
const WRITTEN: readonly (readonly [string, string, ...string[]])[] = [
  // Leap days
  ["FREQ=YEARLY", "2024-02-29", "2024-02-29", "2028-02-29", "2032-03-01"],
  ["FREQ=YEARLY", "2096-02-29", "2096-02-29", "2104-02-29"],
  ["FREQ=YEARLY;INTERVAL=3", "2024-02-29", "2024-02-29", "2036-02-29"],
  ["FREQ=YEARLY;INTERVAL=100", "2000-02-29", "2000-02-29"],
  [
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1",
    "2024-02-29",
    "2024-02-29",
    "2025-02-28",
    "2026-02-28",
    "2027-02-28",
  ],
  ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=3", "2024-02-29", "2024-02-29", "2028-02-29", "2032-02-29"],
  ["FREQ=DAILY", "2024-02-28", "2024-02-28", "2024-02-29"],
  ["FREQ=DAILY", "2100-02-28", "2100-02-28"],
  ["FREQ=MONTHLY", "2024-01-29", "2024-01-29", "2024-02-29", "2024-03-29"],
  ["FREQ=MONTHLY", "2023-01-29", "2023-01-29", "2023-03-29"],
  ["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29", "2024-02-29", "2024-02-29", "2028-02-29"],
  ["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=SU", "2032-02-29", "2032-02-29"],
  // The end of the month
  ["FREQ=MONTHLY", "2026-01-31", "2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31", "2026-08-31"],
  ["FREQ=MONTHLY", "2026-01-30", "2026-01-30", "2026-03-30", "2026-04-30"],
  ["FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-31", "2026-02-15", "2026-04-30", "2026-05-31"],
  ["FREQ=MONTHLY;BYMONTHDAY=31", "2026-02-10", "2026-02-10"],
  ["FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31", "2026-01-31", "2026-02-28", "2026-03-31"],
  ["FREQ=MONTHLY;BYMONTHDAY=-31", "2026-01-01", "2026-01-01", "2026-03-01"],
  ["FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", "2026-01-31", "2026-01-31", "2026-02-28", "2026-03-31"],
  ["FREQ=MONTHLY;INTERVAL=2", "2026-12-31", "2026-12-31", "2027-08-31"],
  ["FREQ=MONTHLY;INTERVAL=12", "2024-02-29", "2024-02-29"],
  ["FREQ=MONTHLY;COUNT=4", "2026-01-31", "2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31"],
  ["FREQ=MONTHLY;BYMONTHDAY=1,15,-1", "2026-01-01", "2026-01-01", "2026-01-15", "2026-01-31", "2026-02-01"],
  // Days of the week in a month or year
  ["FREQ=MONTHLY;BYDAY=1MO", "2026-11-02", "2026-11-02", "2026-12-07", "2027-01-04"],
  ["FREQ=MONTHLY;BYDAY=1MO", "2026-11-02", "2026-11-02", "2027-02-01", "2027-03-01"],
  ["FREQ=MONTHLY;BYDAY=-1FR", "2026-11-27", "2026-11-27", "2026-12-25", "2027-01-29"],
  ["FREQ=MONTHLY;BYDAY=5SU", "2026-11-29", "2026-11-29", "2027-01-31"],
  ["FREQ=MONTHLY;BYDAY=2TU,4TU", "2026-11-10", "2026-11-10", "2026-11-24", "2026-12-08"],
  ["FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "2026-11-13", "2026-11-13", "2027-08-13"],
  ["FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", "2026-11-07", "2026-11-07", "2026-12-12"],
  ["FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=1,2,3", "2026-11-02", "2026-11-02"],
  ["FREQ=MONTHLY;BYDAY=FR,1MO", "2026-11-02", "2026-11-02", "2026-11-06", "2026-11-27", "2026-12-04"],
  ["FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "2026-11-26", "2026-11-26", "2027-11-25"],
  ["FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU", "2026-03-29", "2026-03-29", "2026-10-25", "2027-03-28"],
  ["FREQ=YEARLY;BYDAY=20MO", "2026-05-18", "2026-05-18", "2027-05-17"],
  ["FREQ=YEARLY;BYDAY=-1SU", "2026-12-27", "2026-12-27"],
  ["FREQ=YEARLY;BYDAY=53FR", "2027-01-01", "2027-01-01"],
  [
    "FREQ=YEARLY;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
    "2026-11-03",
    "2026-11-03",
    "2027-11-02",
    "2028-11-07",
  ],
  ["FREQ=YEARLY;BYMONTH=1;BYDAY=SU", "2026-01-04", "2026-01-04", "2026-01-25", "2027-01-03"],
  // Positions
  ["FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-10-30", "2026-10-30", "2026-11-30", "2026-12-31"],
  ["FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1", "2026-10-01", "2026-10-01", "2026-10-30", "2026-11-02"],
  ["FREQ=MONTHLY;BYDAY=TU,WE,TH;BYSETPOS=3", "2026-11-05", "2026-11-05", "2026-12-03"],
  ["FREQ=YEARLY;BYMONTH=1,7;BYDAY=MO;BYSETPOS=1", "2026-01-05", "2026-01-05"],
  ["FREQ=WEEKLY;BYDAY=TU,SU;BYSETPOS=2", "2026-11-25", "2026-11-25", "2026-11-29"],
  ["FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=-1;WKST=SU", "2026-11-29", "2026-11-29", "2026-12-04"],
  // Week starts (the first two are RFC 5545's own example)
  [
    "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
    "1997-08-05",
    "1997-08-05",
    "1997-08-10",
    "1997-08-19",
  ],
  [
    "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
    "1997-08-05",
    "1997-08-05",
    "1997-08-17",
    "1997-08-19",
  ],
  ["FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "2026-11-30", "2026-11-30", "2026-12-03", "2026-12-14"],
  ["FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "2026-12-01", "2026-12-01", "2026-12-10", "2026-12-20"],
  ["FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", "2026-11-30", "2026-11-30", "2026-12-06"],
  ["FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;WKST=SU", "2026-11-30", "2026-11-30", "2026-12-13"],
  ["FREQ=WEEKLY;INTERVAL=3;BYDAY=SA,SU;WKST=SA", "2026-11-28", "2026-11-28", "2026-11-29", "2026-12-19"],
  ["FREQ=WEEKLY;INTERVAL=2", "2026-11-29", "2027-03-03", "2027-03-07"],
  // COUNT, and UNTIL
  ["FREQ=DAILY;COUNT=3", "2026-11-29", "2026-11-29", "2026-11-30", "2026-12-01"],
  ["FREQ=DAILY;COUNT=1", "2026-11-29", "2026-11-29"],
  ["FREQ=DAILY;COUNT=5", "2026-11-29", "2026-12-01", "2026-12-02"],
  ["FREQ=DAILY;COUNT=5", "2026-11-29", "2026-12-03"],
  ["FREQ=DAILY;COUNT=5", "2026-11-29", "2026-12-02"],
  ["FREQ=WEEKLY;BYDAY=MO;COUNT=3", "2026-12-01", "2026-12-01", "2026-12-07", "2026-12-14"],
  ["FREQ=WEEKLY;BYDAY=MO;COUNT=1", "2026-12-01", "2026-12-01"],
  ["FREQ=MONTHLY;BYDAY=1MO;COUNT=10", "2026-11-20", "2027-02-10", "2027-03-01"],
  ["FREQ=DAILY;COUNT=1000", "2026-11-29", "2029-08-22", "2029-08-23", "2029-08-24"],
  ["FREQ=DAILY;UNTIL=20261201", "2026-11-29", "2026-11-29", "2026-11-30", "2026-12-01"],
  ["FREQ=DAILY;UNTIL=20261201", "2026-11-29", "2026-12-01"],
  ["FREQ=DAILY;UNTIL=20261128", "2026-11-29", "2026-11-29"],
  ["FREQ=WEEKLY;UNTIL=20261205", "2026-11-29", "2026-11-29"],
  ["FREQ=WEEKLY;UNTIL=20261206", "2026-11-29", "2026-11-29", "2026-12-06"],
  // Missed days, and early ones
  ["FREQ=DAILY", "2026-11-01", "2026-11-29", "2026-11-29", "2026-12-24"],
  ["FREQ=DAILY;INTERVAL=3", "2026-11-01", "2026-11-29", "2026-12-01"],
  ["FREQ=WEEKLY;BYDAY=MO,WE,FR", "2026-11-02", "2026-11-29"],
  ["FREQ=MONTHLY", "2025-01-31", "2026-11-29"],
  ["FREQ=YEARLY", "1999-12-31", "2026-11-29"],
  ["FREQ=WEEKLY", "2027-01-31", "2026-11-29", "2026-11-29"],
  ["FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "2026-11-27", "2026-11-27", "2026-11-30"],
  // Far away
  ["FREQ=DAILY;INTERVAL=1000", "2026-11-29", "2026-11-29"],
  ["FREQ=YEARLY;INTERVAL=1000", "2024-02-29", "2024-02-29", "3024-02-29"],
  ["FREQ=DAILY", "1900-01-01", "2026-11-29"],
  ["FREQ=WEEKLY;INTERVAL=5;BYDAY=WE", "1583-01-05", "2026-11-29"],
  ["FREQ=YEARLY", "9998-12-31", "9998-12-31", "9999-12-31"],
  ["FREQ=DAILY", "9999-12-30", "9999-12-30", "9999-12-31"],
];

/** Every written case, counted from the due date and from completion. */
export function writtenCases(): readonly Case[] {
  return WRITTEN.flatMap(([repeat, dueDate, ...completedOn]) =>
    (["due", "completion"] as const).map((repeatFrom) => ({ repeat, repeatFrom, dueDate, completedOn })),
  );
}

/**
 * A case with a rule that happens again within a few decades: dateutil looks at every day up to the year 9999 for one
 * that never does.
 */
export function randomCase(random: Random): Case {
  const repeat = randomRule(random);
  const due = day(random, 1_990, 70) + random.below(365) * DAY_MS;
  let today = due;
  const completedOn = Array.from({ length: 1 + random.below(5) }, () => {
    today += random.pick([0, 0, 1, 5, 30, 100, 700]) * DAY_MS;
    return fullDate(today);
  });
  return {
    repeat,
    repeatFrom: random.pick(["due", "due", "completion"]),
    dueDate: fullDate(due),
    completedOn,
  };
}

/** A rule that {@link readRepeat} takes, in its stored form. */
function randomRule(random: Random): string {
  for (;;) {
    const frequency = random.pick(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]);
    const days = DAYS_OF[frequency]?.(random) ?? [];
    // In step with neither weeks nor years, so that no choice of days is left out for ever.
    const interval = random.pick(
      frequency === "DAILY" || frequency === "MONTHLY" ? [1, 5, 11] : [1, 2, 3, 4],
    );
    const read = readRepeat(
      [
        `FREQ=${frequency}`,
        // Days that one month in twelve has need every month.
        `INTERVAL=${days.length > 1 ? 1 : interval}`,
        ...days,
        ...random.pick([[], [], [`COUNT=${1 + random.below(12)}`], [`UNTIL=20${10 + random.below(90)}0630`]]),
        ...random.pick([[], [`WKST=${random.pick(WEEKDAYS)}`]]),
      ].join(";"),
    );
    if (isRule(read)) return repeatText(read);
  }
}

const DAYS_OF: Readonly<Record<string, (random: Random) => readonly string[]>> = {
  DAILY: (random) => random.pick([[], [byDay(random)], [byMonth(random)], [byMonth(random), byDay(random)]]),
  WEEKLY: (random) =>
    random.pick([
      [],
      [byDay(random)],
      [byMonth(random), byDay(random)],
      ["BYDAY=MO,WE,SA", `BYSETPOS=${random.pick([1, 2, -1])}`],
    ]),
  MONTHLY: (random) =>
    random.pick([
      [],
      [byMonthDay(random)],
      [byDay(random)],
      [numberedDay(random, 4)],
      [byMonth(random), numberedDay(random, 4)],
      [byMonth(random), byMonthDay(random)],
      [byDay(random), "BYMONTHDAY=1,2,3,4,5,6,7,-1,-2,-3"],
      [byDay(random), `BYSETPOS=${random.pick(["1", "-1", "2,-2", "1,3"])}`],
    ]),
  YEARLY: (random) =>
    random.pick([
      [],
      [numberedDay(random, 50)],
      [byMonth(random), byDay(random)],
      [byMonth(random), numberedDay(random, 4)],
      [byMonth(random), byMonthDay(random)],
      [byMonth(random), byDay(random), `BYSETPOS=${random.pick(["1", "-1", "2,-2"])}`],
      [byMonth(random), byDay(random), byMonthDay(random)],
    ]),
};

function some(random: Random, value: () => number | string): string {
  return [...new Set(Array.from({ length: 1 + random.below(3) }, value))].join(",");
}

function byMonth(random: Random): string {
  return `BYMONTH=${some(random, () => 1 + random.below(12))}`;
}

function byMonthDay(random: Random): string {
  return `BYMONTHDAY=${some(random, () => random.pick([1, 1, -1]) * (1 + random.below(31)))}`;
}

function byDay(random: Random): string {
  return `BYDAY=${some(random, () => random.pick(WEEKDAYS))}`;
}

function numberedDay(random: Random, max: number): string {
  return `BYDAY=${some(random, () => `${random.pick([1, 1, -1]) * (1 + random.below(max))}${random.pick(WEEKDAYS)}`)}`;
}

function day(random: Random, firstYear: number, years: number): number {
  return Date.UTC(firstYear + random.below(years), 0, 1);
}

function fullDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
