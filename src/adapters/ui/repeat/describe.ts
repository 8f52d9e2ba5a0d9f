import {
  isRule,
  type RecurrenceRule,
  type RuleDay,
  readRepeat,
  type Weekday,
} from "../../../domain/recurrence.ts";
import { locale, t } from "../text/text.ts";

const WORKDAYS = "MO,TU,WE,TH,FR";
/** A week that begins on a Monday, for the names of its days. */
const WEEK: Readonly<Record<Weekday, number>> = { MO: 5, TU: 6, WE: 7, TH: 8, FR: 9, SA: 10, SU: 11 };

/**
 * How a task repeats, in the page's language: "Every 2 weeks on Monday". A rule that has no such words, which the page
 * makes none of, is shown as it is. Its texts are the part `repeat`.
 */
export function describeRepeat(repeat: string, repeatFrom?: string): string {
  const rule = readRepeat(repeat);
  const words = isRule(rule) ? wordsOf(rule) : undefined;
  if (!isRule(rule) || words === undefined) return repeat;
  return withOrigin(withEnd(words, rule), repeatFrom);
}

function wordsOf(rule: RecurrenceRule): string | undefined {
  if (rule.positions.length > 0 || rule.weekStart !== "MO") return undefined;
  if (isEveryWorkday(rule)) return t("repeat.workdays");
  const often = t(`repeat.${rule.frequency.toLowerCase() as "daily"}`, { count: rule.interval });
  const days = daysOf(rule);
  if (days === undefined) return undefined;
  return days.length === 0 ? often : t("repeat.on", { often, days: listed(days) });
}

function isEveryWorkday({ frequency, interval, days }: RecurrenceRule): boolean {
  return (
    frequency === "WEEKLY" && interval === 1 && days.map(({ weekday }) => weekday).join(",") === WORKDAYS
  );
}

/** @returns undefined where the rule says more than days */
function daysOf({ frequency, months, monthDays, days }: RecurrenceRule): readonly string[] | undefined {
  if (frequency === "YEARLY") return dateOf(months, monthDays, days);
  if (months.length > 0 || (frequency === "DAILY" && monthDays.length + days.length > 0)) return undefined;
  if (monthDays.length > 0 && days.length > 0) return undefined;
  const dates = monthDays.map(monthDayName);
  const names = days.map((day) => weekdayName(day, frequency === "MONTHLY"));
  const all = [...dates, ...names];
  return all.includes(undefined) ? undefined : (all as string[]);
}

function dateOf(months: readonly number[], monthDays: readonly number[], days: readonly RuleDay[]) {
  const [month, day] = [months[0], monthDays[0]];
  if (months.length + monthDays.length + days.length === 0) return [];
  if (months.length !== 1 || monthDays.length !== 1 || days.length > 0 || month === undefined)
    return undefined;
  if (day === undefined || day < 1) return undefined;
  // A leap year, for the 29th of February.
  return [format(Date.UTC(2024, month - 1, day), { day: "numeric", month: "long" })];
}

function monthDayName(day: number): string | undefined {
  if (day === -1) return t("repeat.lastDay");
  return day < 0 ? undefined : t("repeat.day", { nth: nth(day) });
}

function weekdayName({ weekday, ordinal }: RuleDay, isMonthly: boolean): string | undefined {
  const name = format(Date.UTC(2026, 0, WEEK[weekday]), { weekday: "long" });
  if (ordinal === undefined) return isMonthly ? undefined : name;
  if (ordinal === -1) return t("repeat.lastWeekday", { weekday: name });
  return ordinal < 0 ? undefined : t("repeat.nthWeekday", { nth: nth(ordinal), weekday: name });
}

function nth(n: number): string {
  const category = new Intl.PluralRules(locale.value, { type: "ordinal" }).select(n);
  const known = category === "one" || category === "two" || category === "few" ? category : "other";
  return t(`repeat.nth.${known}`, { n });
}

function listed(names: readonly string[]): string {
  return new Intl.ListFormat(locale.value, { type: "conjunction" }).format(names);
}

function withEnd(often: string, { count, until }: RecurrenceRule): string {
  if (count !== undefined) return t("repeat.times", { often, count });
  if (until === undefined) return often;
  const date = format(Date.parse(`${until}T00:00:00Z`), { dateStyle: "long" });
  return t("repeat.until", { often, date });
}

function withOrigin(often: string, repeatFrom: string | undefined): string {
  return repeatFrom === "completion" ? t("repeat.again", { often }) : often;
}

function format(ms: number, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale.value, { ...options, timeZone: "UTC" }).format(ms);
}
