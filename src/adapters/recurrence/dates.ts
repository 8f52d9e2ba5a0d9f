import { RRuleTemporal } from "rrule-temporal";
import { LAST_DATE, type RecurrenceDates } from "../../application/recurrence.ts";

/**
 * Most periods of a rule that one search looks at. The calendar repeats after 4,800 months or 400 years, so that a
 * monthly or yearly rule without a day in so many has none.
 */
const PERIODS_MAX = 5_000;
/** Most days that one search looks at in those periods: all of 400 years. */
const DAYS_MAX = 150_000;
/** How the library says that it has looked at so many. It has no class for this. */
const SEARCHED_ALL = /^Maximum (?:iterations|candidate evaluations) /;

/** Load this module only where a rule is met: the library is large. */
export const recurrenceDates: RecurrenceDates = {
  firstAfter: (pattern, start, after) =>
    searched(() => fullDate(calendar(pattern, start, LAST_DATE).next(midnight(after)))),

  countUpTo(pattern, start, last, limit) {
    let count = 0;
    const counted = searched(() => {
      calendar(pattern, start, last).all((found) => {
        if (fullDate(found) !== start) count++;
        return count < limit;
      });
      return count;
    });
    return counted ?? limit;
  },
};

/** Days are midnights in UTC. */
function calendar(pattern: string, start: string, last: string): RRuleTemporal {
  return new RRuleTemporal({
    rruleString: `DTSTART:${basicFormat(start)}\nRRULE:${pattern};UNTIL=${basicFormat(last)}`,
    maxIterations: PERIODS_MAX,
    maxCandidateEvaluations: DAYS_MAX,
    strict: true,
    cache: false,
  });
}

function basicFormat(date: string): string {
  return `${date.replaceAll("-", "")}T000000Z`;
}

function midnight(date: string): Date {
  return new Date(`${date}T00:00:00Z`);
}

function fullDate(found: { toString(): string } | null): string | undefined {
  return found?.toString().slice(0, LAST_DATE.length);
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
