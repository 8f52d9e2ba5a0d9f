import { RRuleTemporal } from "rrule-temporal";
import type { RecurrenceDates } from "../../application/recurrence.ts";

/**
 * Most periods of a rule that one search looks at. Months and days repeat after 4,800 months or 400 years, so a monthly
 * or yearly rule without a day in so many has none.
 */
const PERIODS_MAX = 10_000;
/** Most days that one search looks at in those periods: about 400 years of them. */
const DAYS_MAX = 150_000;
/** How the library says that it has looked at so many. It has no class for this. */
const SEARCHED_ALL = /^Maximum (?:iterations|candidate evaluations) /;

/** Load this module only where a rule is met: the library is large. */
export const recurrenceDates: RecurrenceDates = {
  firstAfter: (pattern, start, after) =>
    searched(() => fullDate(calendar(pattern, start).next(midnight(after)))),

  countUpTo(pattern, start, last, limit) {
    let count = 0;
    searched(() => {
      calendar(pattern, start).all((found) => {
        const date = fullDate(found);
        if (date === undefined || date > last) return false;
        if (date > start) count++;
        return count < limit;
      });
      return undefined;
    });
    return count;
  },
};

/** Days are midnights in UTC. */
function calendar(pattern: string, start: string): RRuleTemporal {
  return new RRuleTemporal({
    rruleString: `DTSTART:${start.replaceAll("-", "")}T000000Z\nRRULE:${pattern}`,
    maxIterations: PERIODS_MAX,
    maxCandidateEvaluations: DAYS_MAX,
    strict: true,
    cache: false,
  });
}

function midnight(date: string): Date {
  return new Date(`${date}T00:00:00Z`);
}

/** None after the year 9999: later years have more digits. */
function fullDate(found: { toString(): string } | null): string | undefined {
  return /^(\d{4}-\d{2}-\d{2})T/.exec(String(found))?.[1];
}

/** What `search` finds, or undefined if it looked at as much as it may. */
function searched<T>(search: () => T): T | undefined {
  try {
    return search();
  } catch (error) {
    if (error instanceof Error && SEARCHED_ALL.test(error.message)) return undefined;
    throw error;
  }
}
