import { describe, expect, test } from "bun:test";
import { loadRecurrenceDates } from "../../../src/adapters/recurrence/load.ts";
import { nextOccurrence } from "../../../src/application/recurrence.ts";
import { DEFAULT_REPEAT_FROM } from "../../../src/domain/recurrence.ts";

/** Due date and rule of the next task, or "ended". */
async function next(repeat: string, dueDate: string, today: string, repeatFrom = DEFAULT_REPEAT_FROM) {
  const found = await nextOccurrence(loadRecurrenceDates, { repeat, dueDate, repeatFrom }, today);
  return found ? `${found.dueDate} ${found.repeat}` : "ended";
}

describe("counted from the due date", () => {
  test("completed early or on the day: the next date after the due date", async () => {
    expect(await next("FREQ=DAILY", "2026-11-29", "2026-11-29")).toBe("2026-11-30 FREQ=DAILY");
    expect(await next("FREQ=DAILY", "2026-11-29", "2026-11-20")).toBe("2026-11-30 FREQ=DAILY");
    expect(await next("FREQ=WEEKLY", "2026-11-29", "2026-11-30")).toBe("2026-12-06 FREQ=WEEKLY");
  });

  test("completed late: missed days are skipped, today too", async () => {
    expect(await next("FREQ=DAILY", "2026-11-01", "2026-11-29")).toBe("2026-11-30 FREQ=DAILY");
    expect(await next("FREQ=WEEKLY", "2026-11-01", "2026-11-29")).toBe("2026-12-06 FREQ=WEEKLY");
  });

  test("missed days keep the distance: every third day stays in step with the due date", async () => {
    const rule = "FREQ=DAILY;INTERVAL=3";
    expect(await next(rule, "2026-11-01", "2026-11-29")).toBe(`2026-12-01 ${rule}`);
  });

  test("every other week: the week of the due date counts, from the first day of the week", async () => {
    const rule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO";
    const fromSunday = "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU";
    expect(await next("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU", "2026-11-29", "2026-11-29")).toStartWith(
      "2026-12-07",
    );
    expect(await next(rule, "2026-11-29", "2026-11-29")).toStartWith("2026-12-07");
    expect(await next(fromSunday, "2026-11-29", "2026-11-29")).toStartWith("2026-11-30");
  });

  test("COUNT is the number of tasks, this one included, and missed days count", async () => {
    expect(await next("FREQ=DAILY;COUNT=3", "2026-11-29", "2026-11-29")).toBe(
      "2026-11-30 FREQ=DAILY;COUNT=2",
    );
    expect(await next("FREQ=DAILY;COUNT=3", "2026-11-28", "2026-11-29")).toBe(
      "2026-11-30 FREQ=DAILY;COUNT=1",
    );
    expect(await next("FREQ=DAILY;COUNT=3", "2026-11-27", "2026-11-29")).toBe("ended");
    expect(await next("FREQ=DAILY;COUNT=1", "2026-11-29", "2026-11-29")).toBe("ended");
  });

  test("a due date that the rule does not name is the first of COUNT, too", async () => {
    const tuesday = "2026-12-01";
    expect(await next("FREQ=WEEKLY;BYDAY=MO;COUNT=2", tuesday, tuesday)).toBe(
      "2026-12-07 FREQ=WEEKLY;COUNT=1;BYDAY=MO",
    );
    expect(await next("FREQ=WEEKLY;BYDAY=MO;COUNT=1", tuesday, tuesday)).toBe("ended");
  });

  test("UNTIL is the last day", async () => {
    const rule = "FREQ=DAILY;UNTIL=20261130";
    expect(await next(rule, "2026-11-29", "2026-11-29")).toBe(`2026-11-30 ${rule}`);
    expect(await next(rule, "2026-11-30", "2026-11-30")).toBe("ended");
    expect(await next(rule, "2026-11-01", "2026-11-30")).toBe("ended");
  });
});

describe("counted from the day of completion", () => {
  test("nothing is missed, and COUNT is lower by one", async () => {
    const rule = "FREQ=DAILY;INTERVAL=10;COUNT=3";
    const expected = "2026-12-09 FREQ=DAILY;INTERVAL=10;COUNT=2";
    expect(await next(rule, "2026-01-01", "2026-11-29", "completion")).toBe(expected);
    expect(await next(rule, "2027-01-01", "2026-11-29", "completion")).toBe(expected);
    expect(await next("FREQ=DAILY;COUNT=1", "2026-01-01", "2026-11-29", "completion")).toBe("ended");
  });

  test("UNTIL is the last day", async () => {
    const rule = "FREQ=WEEKLY;UNTIL=20261206";
    expect(await next(rule, "2026-01-01", "2026-11-29", "completion")).toBe(`2026-12-06 ${rule}`);
    expect(await next(rule, "2026-01-01", "2026-11-30", "completion")).toBe("ended");
  });
});

describe("the calendar", () => {
  /** Due dates of a series whose tasks are completed on the day. */
  async function chain(repeat: string, dueDate: string, completions: number): Promise<string[]> {
    const dates: string[] = [];
    let task = { repeat, dueDate, repeatFrom: "due" as const };
    for (let i = 0; i < completions; i++) {
      const found = await nextOccurrence(loadRecurrenceDates, task, task.dueDate);
      if (!found) return [...dates, "ended"];
      task = { ...task, ...found };
      dates.push(found.dueDate);
    }
    return dates;
  }

  test.each([
    ["FREQ=MONTHLY", "2026-12-31", ["2027-01-31", "2027-03-31", "2027-05-31", "2027-07-31", "2027-08-31"]],
    ["FREQ=MONTHLY;BYMONTHDAY=-1", "2027-01-31", ["2027-02-28", "2027-03-31", "2027-04-30"]],
    ["FREQ=YEARLY", "2096-02-29", ["2104-02-29", "2108-02-29"]],
    ["FREQ=MONTHLY;BYDAY=1MO", "2026-11-02", ["2026-12-07", "2027-01-04"]],
    ["FREQ=MONTHLY;BYDAY=-1FR", "2026-11-27", ["2026-12-25", "2027-01-29"]],
    ["FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-10-30", ["2026-11-30", "2026-12-31"]],
    ["FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "2026-11-30", ["2026-12-03", "2026-12-14", "2026-12-17"]],
    ["FREQ=DAILY;COUNT=3", "2026-11-29", ["2026-11-30", "2026-12-01", "ended"]],
    ["FREQ=YEARLY", "9998-06-01", ["9999-06-01", "ended"]],
    ["FREQ=DAILY", "9999-12-31", ["ended"]],
    ["FREQ=DAILY", "0000-02-28", ["0000-02-29", "0000-03-01"]],
    ["FREQ=YEARLY;INTERVAL=1000", "2024-02-29", ["3024-02-29", "4024-02-29"]],
    // No date in the calendar's 400 years:
    ["FREQ=DAILY;INTERVAL=7;BYDAY=TU", "2026-11-30", ["ended"]],
    ["FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=20", "2026-11-02", ["ended"]],
    ["FREQ=YEARLY;INTERVAL=4", "2024-02-29", ["2028-02-29", "2032-02-29"]],
    ["FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29", "2023-02-01", ["ended"]],
  ])("%s from %s", async (rule, dueDate, dates) => {
    expect(await chain(rule, dueDate, dates.length)).toEqual(dates);
  });
});

test("a stored text that is no rule is a bug, and says so", () => {
  expect(next("FREQ=HOURLY", "2026-11-29", "2026-11-29")).rejects.toThrow(
    'stored repeat "FREQ=HOURLY" must have one of DAILY, WEEKLY, MONTHLY, YEARLY as FREQ',
  );
});
