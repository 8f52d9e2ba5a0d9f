import { language, locale, t } from "../text/text.ts";

const DAY_MS = 86_400_000;

/** The full-date `days` later. Counted in UTC, where every day has 24 hours. */
export function daysLater(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** 0 is Sunday. */
export function weekday(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay();
}

export function firstOfNextMonth(date: string): string {
  const [year = 0, month = 0] = date.split("-").map(Number);
  return new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10);
}

/** The next day after `date` that is this weekday. */
export function nextWeekday(date: string, wanted: number): string {
  return daysLater(date, ((wanted - weekday(date) + 6) % 7) + 1);
}

/** As people say it: Today, Tomorrow, Friday within a week, 3 May, 3 May 2031. */
export function spokenDay(date: string, today: string): string {
  if (date === today) return t("screen.today");
  if (date === daysLater(today, 1)) return t("screen.tomorrow");
  if (date > today && date < daysLater(today, 7)) return formatted(date, { weekday: "long" });
  return formatted(date, { day: "numeric", month: "short", ...yearUnlessThis(date, today) });
}

/** Friday, 3 May */
export function longDay(date: string, today: string): string {
  return formatted(date, { weekday: "long", day: "numeric", month: "long", ...yearUnlessThis(date, today) });
}

/** Of a moment: the time today, else the day and the time, with the year unless it is this one. */
export function spokenTime(time: Date | string, now = new Date()): string {
  const moment = new Date(time);
  const isToday = moment.toDateString() === now.toDateString();
  const isThisYear = moment.getFullYear() === now.getFullYear();
  const year = isThisYear ? {} : ({ year: "numeric" } as const);
  const day = isToday ? {} : ({ day: "numeric", month: "short", ...year } as const);
  return formatter({ hour: "numeric", minute: "2-digit", ...day }, undefined).format(moment);
}

function yearUnlessThis(date: string, today: string) {
  return date.slice(0, 4) === today.slice(0, 4) ? {} : ({ year: "numeric" } as const);
}

function formatted(date: string, options: Intl.DateTimeFormatOptions): string {
  return formatter(options, "UTC").format(new Date(`${date}T00:00:00Z`));
}

/** Making one takes longer than formatting a hundred days. There are as many as calls above. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(options: Intl.DateTimeFormatOptions, timeZone: "UTC" | undefined): Intl.DateTimeFormat {
  const key = `${language.value} ${locale.value} ${JSON.stringify(options)}`;
  const known = formatters.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat(locale.value, { ...options, ...(timeZone && { timeZone }) });
  formatters.set(key, made);
  return made;
}
