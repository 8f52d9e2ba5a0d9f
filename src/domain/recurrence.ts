import { isFullDate } from "./dates.ts";
import type { Violation } from "./errors.ts";
import type { RepeatOrigin } from "./task.ts";

export const REPEAT_CHARS_MAX = 500;
export const REPEAT_INTERVAL_MAX = 1_000;
/** Occurrences that were missed are counted one by one, so their number is limited. */
export const REPEAT_COUNT_MAX = 1_000;
export const DEFAULT_REPEAT_FROM: RepeatOrigin = "due";

const FREQUENCIES = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"] as const;
const WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;
const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAYS_OF_LONGEST_MONTH = Array.from({ length: 31 }, (_, index) => index + 1);
const DAYS_IN_YEAR_MAX = 366;
const WEEKS_IN_YEAR_MAX = 53;
const WEEKS_IN_MONTH_MAX = 5;
/** In the order in which a rule is written. */
const PARTS = [
  "FREQ",
  "INTERVAL",
  "COUNT",
  "UNTIL",
  "BYMONTH",
  "BYMONTHDAY",
  "BYDAY",
  "BYSETPOS",
  "WKST",
] as const;

export type Frequency = (typeof FREQUENCIES)[number];
export type Weekday = (typeof WEEKDAYS)[number];
type Part = (typeof PARTS)[number];

/** A day of the week; `ordinal` makes it the nth of its month or year, from the end if negative. */
export interface RuleDay {
  readonly ordinal?: number;
  readonly weekday: Weekday;
}

/** A recurrence rule of RFC 5545 for days, without times and time zones. Lists are sorted, without duplicates. */
export interface RecurrenceRule {
  readonly frequency: Frequency;
  readonly interval: number;
  readonly count?: number;
  /** RFC 3339 full-date, the last one allowed. */
  readonly until?: string;
  readonly months: readonly number[];
  readonly monthDays: readonly number[];
  readonly days: readonly RuleDay[];
  readonly positions: readonly number[];
  readonly weekStart: Weekday;
}

/** What of a task decides about its next one. */
export interface Series {
  /** A rule as {@link repeatText} writes it. */
  readonly repeat: string;
  /** RFC 3339 full-date. */
  readonly dueDate: string;
  readonly repeatFrom: RepeatOrigin;
}

/** What the next task of a series takes from the rule. */
export type Successor = Pick<Series, "dueDate" | "repeat">;

/** Thrown by the readers of a rule's parts, and caught where the rule is read. */
class Mistake extends Error {}

/**
 * The rule in `text`, or what is wrong with it. Names and values may be in lower case, and the text may begin with
 * `RRULE:`.
 */
export function readRepeat(text: string): RecurrenceRule | Violation {
  try {
    return checkedRule(ruleOf(partsOf(text)));
  } catch (error) {
    if (error instanceof Mistake) return { pointer: "/repeat", detail: error.message };
    throw error;
  }
}

/** True for a rule, false for what was wrong with a text. */
export function isRule(read: RecurrenceRule | Violation): read is RecurrenceRule {
  return "frequency" in read;
}

/** The one form in which a rule is stored and shown: upper case, fixed order, defaults left out. */
export function repeatText(rule: RecurrenceRule): string {
  return written(rule, PARTS);
}

/** The days of a rule without its end, in RFC 5545's form: the rule that is fastest to search. */
export function patternText(rule: RecurrenceRule): string {
  return written(
    searchable(rule),
    PARTS.filter((part) => part !== "COUNT" && part !== "UNTIL"),
  );
}

/** A daily rule that chooses days, as the monthly rule with the same days: months are fewer than days. */
function searchable(rule: RecurrenceRule): RecurrenceRule {
  const { frequency, interval, months, monthDays, days } = rule;
  if (frequency !== "DAILY") return rule;
  // A day has only itself to choose from.
  const daily = { ...rule, positions: [] };
  if (interval > 1 || months.length + monthDays.length + days.length === 0) return daily;
  const chosen = monthDays.length + days.length > 0 ? monthDays : DAYS_OF_LONGEST_MONTH;
  return { ...daily, frequency: "MONTHLY", monthDays: chosen };
}

function written(rule: RecurrenceRule, parts: readonly Part[]): string {
  const values: Readonly<Record<Part, string | number | undefined>> = {
    FREQ: rule.frequency,
    INTERVAL: rule.interval === 1 ? undefined : rule.interval,
    COUNT: rule.count,
    UNTIL: rule.until?.replaceAll("-", ""),
    BYMONTH: rule.months.join(","),
    BYMONTHDAY: rule.monthDays.join(","),
    BYDAY: rule.days.map(ruleDayText).join(","),
    BYSETPOS: rule.positions.join(","),
    WKST: rule.weekStart === "MO" ? undefined : rule.weekStart,
  };
  const given = parts.filter((part) => values[part] !== undefined && values[part] !== "");
  return given.map((part) => `${part}=${values[part]}`).join(";");
}

function ruleDayText({ ordinal, weekday }: RuleDay): string {
  return `${ordinal ?? ""}${weekday}`;
}

function partsOf(text: string): ReadonlyMap<Part, string> {
  if (text.length > REPEAT_CHARS_MAX) fail(`must have at most ${REPEAT_CHARS_MAX} characters`);
  // Not toUpperCase: it makes an ASCII letter of some that are none.
  const upper = text.trim().replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase());
  const parts = new Map<Part, string>();
  for (const piece of upper.replace(/^RRULE:/, "").split(";")) {
    const [name = "", value = "", ...more] = piece.split("=");
    if (value === "" || more.length > 0)
      fail("must consist of NAME=VALUE separated by semicolons, like FREQ=DAILY;INTERVAL=2");
    if (!isOneOf(PARTS, name)) fail(`may only have the parts ${PARTS.join(", ")}`);
    if (parts.has(name)) fail(`must not have ${name} twice`);
    parts.set(name, value);
  }
  return parts;
}

function ruleOf(parts: ReadonlyMap<Part, string>): RecurrenceRule {
  const list = (part: Part) => parts.get(part)?.split(",") ?? [];
  const frequency = oneOf("FREQ", FREQUENCIES, parts.get("FREQ") ?? "");
  const [count, until] = [parts.get("COUNT"), parts.get("UNTIL")];
  return {
    frequency,
    interval: wholeNumber("INTERVAL", parts.get("INTERVAL") ?? "1", REPEAT_INTERVAL_MAX),
    ...(count === undefined ? {} : { count: wholeNumber("COUNT", count, REPEAT_COUNT_MAX) }),
    ...(until === undefined ? {} : { until: untilDate(until) }),
    months: sorted(list("BYMONTH").map((value) => wholeNumber("BYMONTH", value, DAYS_IN_MONTH.length))),
    monthDays: sorted(
      list("BYMONTHDAY").map((value) => position("BYMONTHDAY", value, DAYS_OF_LONGEST_MONTH.length)),
    ),
    days: sortedDays(list("BYDAY").map((value) => ruleDay(value, ordinalMax(frequency, parts)))),
    positions: sorted(list("BYSETPOS").map((value) => position("BYSETPOS", value, DAYS_IN_YEAR_MAX))),
    weekStart: oneOf("WKST", WEEKDAYS, parts.get("WKST") ?? "MO"),
  };
}

/** Highest number that a BYDAY of this rule may have; 0 for none. */
function ordinalMax(frequency: Frequency, parts: ReadonlyMap<Part, string>): number {
  if (frequency === "YEARLY" && !parts.has("BYMONTH")) return WEEKS_IN_YEAR_MAX;
  return frequency === "YEARLY" || frequency === "MONTHLY" ? WEEKS_IN_MONTH_MAX : 0;
}

/** What no single part shows. */
function checkedRule(rule: RecurrenceRule): RecurrenceRule {
  const { frequency, months, monthDays, days, positions } = rule;
  if (rule.count !== undefined && rule.until !== undefined) fail("must not have both COUNT and UNTIL");
  if (frequency === "WEEKLY" && monthDays.length > 0)
    fail("must not have BYMONTHDAY if it is WEEKLY; use MONTHLY");
  if (frequency === "YEARLY" && monthDays.length > 0 && days.some(({ ordinal }) => ordinal !== undefined))
    fail("must not have both BYMONTHDAY and a BYDAY with a number if it is YEARLY");
  if (positions.length > 0 && months.length + monthDays.length + days.length === 0)
    fail("must have BYDAY, BYMONTHDAY or BYMONTH if it has BYSETPOS");
  if (!hasDay(rule)) fail("never happens: no month in BYMONTH has a day in BYMONTHDAY");
  if (!hasPosition(rule)) fail("never happens: BYSETPOS is greater than the number of days it chooses from");
  return rule;
}

function hasDay({ months, monthDays }: RecurrenceRule): boolean {
  const lengths = months.length > 0 ? months.map((month) => DAYS_IN_MONTH[month - 1] ?? 0) : DAYS_IN_MONTH;
  return monthDays.length === 0 || lengths.some((length) => monthDays.some((day) => Math.abs(day) <= length));
}

function hasPosition({ frequency, days, positions }: RecurrenceRule): boolean {
  // More than these a period can't have; whether a month or year has as many, only the calendar knows.
  const most = {
    DAILY: 1,
    WEEKLY: Math.max(1, days.length),
    MONTHLY: DAYS_OF_LONGEST_MONTH.length,
    YEARLY: DAYS_IN_YEAR_MAX,
  }[frequency];
  return positions.length === 0 || positions.some((place) => Math.abs(place) <= most);
}

function wholeNumber(part: Part, value: string, max: number): number {
  const number = /^\d{1,4}$/.test(value) ? Number(value) : 0;
  if (number < 1 || number > max) fail(`must have a whole number from 1 to ${max} as ${part}`);
  return number;
}

function position(part: Part, value: string, max: number): number {
  const size = /^[+-]?\d{1,3}$/.test(value) ? Math.abs(Number(value)) : 0;
  if (size < 1 || size > max) fail(`must have numbers from 1 to ${max} or from -1 to -${max} as ${part}`);
  return Number(value);
}

function ruleDay(value: string, max: number): RuleDay {
  const weekday = value.slice(-2);
  if (!isOneOf(WEEKDAYS, weekday)) fail(`must have days of the week as BYDAY: ${WEEKDAYS.join(", ")}`);
  if (value.length === 2) return { weekday };
  if (max === 0) fail("may have a number in BYDAY, like 1MO, only if it is MONTHLY or YEARLY");
  return { ordinal: position("BYDAY", value.slice(0, -2), max), weekday };
}

function untilDate(value: string): string {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(value) ?? [];
  const date = `${year}-${month}-${day}`;
  if (!isFullDate(date)) fail("must have a day without a time as UNTIL, like 20261231");
  return date;
}

function oneOf<const T extends string>(part: Part, allowed: readonly T[], value: string): T {
  if (!isOneOf(allowed, value)) fail(`must have one of ${allowed.join(", ")} as ${part}`);
  return value;
}

function isOneOf<const T extends string>(allowed: readonly T[], value: string): value is T {
  return allowed.some((one) => one === value);
}

function sorted(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function sortedDays(days: readonly RuleDay[]): readonly RuleDay[] {
  const place = ({ ordinal = 0, weekday }: RuleDay) => ordinal * WEEKDAYS.length + WEEKDAYS.indexOf(weekday);
  const unique = new Map(days.map((day) => [ruleDayText(day), day]));
  return [...unique.values()].sort((a, b) => place(a) - place(b));
}

function fail(detail: string): never {
  throw new Mistake(detail);
}
