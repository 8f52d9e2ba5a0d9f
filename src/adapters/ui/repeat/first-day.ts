import type { RecurrenceRule, Weekday } from "../../../domain/recurrence.ts";

const WEEKDAYS: readonly Weekday[] = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
const DAY_MS = 86_400_000;
/** Every day that a rule without positions can name comes within so many: leap days are eight years apart at most. */
const DAYS_MAX = 8 * 366 + 1;

/**
 * The first day on or after `day` that the rule names, for a task that says how it repeats and not since when.
 * @param day full-date, and so is the result
 * @returns `day` itself where the rule names no days of its own
 */
export function firstDay(rule: RecurrenceRule, day: string): string {
  const start = Date.parse(`${day}T00:00:00Z`);
  for (let after = 0; after < DAYS_MAX; after++) {
    const date = new Date(start + after * DAY_MS);
    if (isNamed(rule, date)) return date.toISOString().slice(0, 10);
  }
  return day;
}

function isNamed({ months, monthDays, days }: RecurrenceRule, date: Date): boolean {
  const month = date.getUTCMonth() + 1;
  if (months.length > 0 && !months.includes(month)) return false;
  const inMonth = date.getUTCDate();
  const length = new Date(Date.UTC(date.getUTCFullYear(), month, 0)).getUTCDate();
  const fromEnd = inMonth - length - 1;
  if (monthDays.length > 0 && !monthDays.includes(inMonth) && !monthDays.includes(fromEnd)) return false;
  const weekday = WEEKDAYS[date.getUTCDay()];
  const [nth, nthFromEnd] = [Math.ceil(inMonth / 7), -Math.ceil(-fromEnd / 7)];
  return (
    days.length === 0 ||
    days.some(
      (each) =>
        each.weekday === weekday && (each.ordinal === undefined || [nth, nthFromEnd].includes(each.ordinal)),
    )
  );
}
