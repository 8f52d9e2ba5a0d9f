import { describe, expect, test } from "bun:test";
import { loadTexts } from "../../../src/adapters/ui/text/text.ts";
import {
  daysLater,
  firstOfNextMonth,
  nextWeekday,
  spokenDay,
  spokenTime,
} from "../../../src/adapters/ui/view/dates.ts";

describe("days as the page says and counts them", () => {
  test("days are counted over months, years and leap days", () => {
    expect(daysLater("2026-12-31", 1)).toBe("2027-01-01");
    expect(daysLater("2028-02-28", 1)).toBe("2028-02-29");
    expect(daysLater("2026-03-29", -1)).toBe("2026-03-28");
    expect(firstOfNextMonth("2026-12-05")).toBe("2027-01-01");
  });

  test("next Monday on a Monday is a week later", () => {
    expect(nextWeekday("2026-11-29", 1)).toBe("2026-11-30");
    expect(nextWeekday("2026-11-30", 1)).toBe("2026-12-07");
    expect(nextWeekday("2026-11-28", 6)).toBe("2026-12-05");
  });

  test("near days have names, far ones dates, and another year is said", async () => {
    await loadTexts("first");
    const today = "2026-11-29";
    expect(spokenDay("2026-11-29", today)).toBe("Today");
    expect(spokenDay("2026-11-30", today)).toBe("Tomorrow");
    expect(spokenDay("2026-12-04", today)).toBe("Friday");
    expect(spokenDay("2026-12-06", today)).toBe("Dec 6");
    expect(spokenDay("2027-12-06", today)).toBe("Dec 6, 2027");
  });
  test("of a moment the time is said, the day unless it is today, the year unless it is this one", () => {
    const now = new Date(2026, 10, 29, 12);
    expect(spokenTime(new Date(2026, 10, 29, 9, 5), now)).toMatch(/^9:05\sAM$/);
    expect(spokenTime(new Date(2026, 11, 24, 9, 5), now)).toMatch(/^Dec 24, 9:05\sAM$/);
    expect(spokenTime(new Date(2027, 11, 24, 9, 5), now)).toMatch(/^Dec 24, 2027, 9:05\sAM$/);
  });
});
