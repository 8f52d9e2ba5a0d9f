import {
  isRule,
  patternText,
  type RecurrenceRule,
  readRepeat,
  repeatText,
  type Series,
  type Successor,
} from "../domain/recurrence.ts";

/** No due date is later. */
export const LAST_DATE = "9999-12-31";

/**
 * Which days a rule names. `pattern` is a rule without COUNT and UNTIL; it is counted from `start`. Dates are full-dates.
 */
export interface RecurrenceDates {
  /** The first day after `after`, which is not before `start`; undefined if there is none up to the year 9999. */
  firstAfter(pattern: string, start: string, after: string): string | undefined;
  /** How many days there are after `start` and up to `last`; `limit` if there are more, or too many to look at. */
  countUpTo(pattern: string, start: string, last: string, limit: number): number;
}

/** Loads what knows the calendar: it is large, and most processes never meet a rule. */
export type LoadRecurrenceDates = () => Promise<RecurrenceDates>;

/**
 * What the next task of a series has, if this one is completed on `today`; undefined if the series has ended.
 *
 * Counted from the due date, days up to and including today are skipped, and count. `COUNT` is the number of tasks,
 * this one included, so it becomes lower by one and by every skipped day. Counted from completion, nothing is skipped.
 * @param today full-date, for the person
 * @throws RangeError if the rule is none
 */
export async function nextOccurrence(
  load: LoadRecurrenceDates,
  series: Series,
  today: string,
): Promise<Successor | undefined> {
  const rule = storedRule(series.repeat);
  const left = rule.count === undefined ? undefined : rule.count - 1;
  if (left === 0) return undefined;
  const [dates, pattern] = [await load(), patternText(rule)];
  const start = series.repeatFrom === "due" ? series.dueDate : today;
  const after = start > today ? start : today;
  const next = dates.firstAfter(pattern, start, after);
  if (next === undefined || next > (rule.until ?? LAST_DATE)) return undefined;
  if (left === undefined) return { dueDate: next, repeat: series.repeat };
  const count = left - dates.countUpTo(pattern, start, after, left);
  return count > 0 ? { dueDate: next, repeat: repeatText({ ...rule, count }) } : undefined;
}

function storedRule(repeat: string): RecurrenceRule {
  const rule = readRepeat(repeat);
  if (!isRule(rule)) throw new RangeError(`stored repeat ${JSON.stringify(repeat)} ${rule.detail}`);
  return rule;
}
