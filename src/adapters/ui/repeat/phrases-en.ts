import type { Weekday } from "../../../domain/recurrence.ts";
import {
  type Groups,
  intervalOf,
  monthDaysIn,
  type RepeatForm,
  type RepeatGrammar,
  ruleText,
  weekdaysIn,
} from "./grammar.ts";

const WEEKDAYS: Readonly<Record<string, Weekday>> = {
  mo: "MO",
  tu: "TU",
  we: "WE",
  th: "TH",
  fr: "FR",
  sa: "SA",
  su: "SU",
};
const INTERVALS = { other: 2, second: 2, "2nd": 2, two: 2, third: 3, "3rd": 3, three: 3, four: 4, six: 6 };
const ORDINALS: Readonly<Record<string, number>> = {
  first: 1,
  "1st": 1,
  second: 2,
  "2nd": 2,
  third: 3,
  "3rd": 3,
  fourth: 4,
  "4th": 4,
  last: -1,
};
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WORKDAYS = "MO,TU,WE,TH,FR";

const EVERY =
  "every(?<again>!)?\\s+(?:(?:(?<n>\\d{1,3})|(?<other>other|second|2nd|two|third|3rd|three|four|six))\\s+)?";
const DAY = "(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:days?)?";
const DAYS = `(?<days>${DAY}(?:(?:\\s*,\\s*(?:and\\s+)?|\\s+and\\s+|\\s*&\\s*)${DAY})*)`;
const DATE = "\\d{1,2}(?:st|nd|rd|th)?";
const DATES = `(?<dates>${DATE}(?:(?:\\s*,\\s*(?:and\\s+)?|\\s+and\\s+)${DATE})*)`;
const NTH = `(?<ordinal>first|1st|second|2nd|third|3rd|fourth|4th|last)\\s+(?<nth>${DAY}|day)`;
const MONTH = "(?<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\\.?";
const IN_YEAR = `(?:${MONTH}\\s+(?<first>${DATE})|(?<last>${DATE})\\s+(?:of\\s+)?${MONTH.replace("month", "month2")})`;
const OF_MONTH = "(?:\\s+of\\s+(?:the|each|every)\\s+month)?";
const TIMES = "(?:,?\\s+(?:for\\s+)?(?<count>\\d{1,3})\\s+times)?";

const form = (source: string, rule: RepeatForm["rule"]): RepeatForm => ({
  pattern: new RegExp(source + TIMES, "giu"),
  rule,
});

function regular(
  frequency: string,
  by: (groups: Groups) => Readonly<Record<string, string | undefined>> | undefined,
) {
  return (groups: Groups) => {
    const [interval, parts] = [intervalOf(groups, INTERVALS), by(groups)];
    if (interval === undefined || parts === undefined) return undefined;
    return ruleText(frequency, interval, { ...parts, COUNT: groups.count });
  };
}

function ofWeek({ days }: Groups) {
  if (days === undefined) return {};
  const found = weekdaysIn(days, WEEKDAYS, /,|&|\band\b/i);
  return found === undefined ? undefined : { BYDAY: found };
}

function ofMonth({ dates, ordinal, nth }: Groups) {
  if (ordinal !== undefined && nth !== undefined) return nthDay(ordinal, nth);
  if (dates === undefined) return {};
  const days = monthDaysIn(dates);
  return days === undefined ? undefined : { BYMONTHDAY: days };
}

function nthDay(ordinal: string, nth: string) {
  const place = ORDINALS[ordinal.toLowerCase()];
  if (place === undefined) return undefined;
  if (nth.toLowerCase() === "day") return { BYMONTHDAY: String(place) };
  return { BYDAY: `${place}${WEEKDAYS[nth.slice(0, 2).toLowerCase()]}` };
}

function ofYear({ month, month2, first, last }: Groups) {
  const name = (month ?? month2)?.slice(0, 3).toLowerCase();
  const days = monthDaysIn(first ?? last ?? "");
  if (name === undefined || days === undefined) return undefined;
  return { BYMONTH: String(MONTHS.indexOf(name) + 1), BYMONTHDAY: days };
}

const fixed = (rule: string) => (groups: Groups) =>
  groups.count === undefined ? rule : `${rule};COUNT=${groups.count}`;

export const ENGLISH: RepeatGrammar = {
  forms: [
    form("daily", fixed("FREQ=DAILY")),
    form(
      `${EVERY}days?`,
      regular("DAILY", () => ({})),
    ),
    form(
      "(?:every\\s+(?:weekday|workday|working\\s+day)s?|on\\s+weekdays)",
      fixed(`FREQ=WEEKLY;BYDAY=${WORKDAYS}`),
    ),
    form("every\\s+weekend", fixed("FREQ=WEEKLY;BYDAY=SA,SU")),
    form(`weekly(?:\\s+on\\s+${DAYS})?`, regular("WEEKLY", ofWeek)),
    form("(?:biweekly|fortnightly)", fixed("FREQ=WEEKLY;INTERVAL=2")),
    form(`${EVERY}weeks?(?:\\s+on\\s+${DAYS})?`, regular("WEEKLY", ofWeek)),
    form(`${EVERY}${DAYS}`, regular("WEEKLY", ofWeek)),
    form(`monthly(?:\\s+on\\s+(?:the\\s+)?(?:${NTH}|${DATES}))?`, regular("MONTHLY", ofMonth)),
    form(`${EVERY}months?(?:\\s+on\\s+(?:the\\s+)?(?:${NTH}|${DATES}))?`, regular("MONTHLY", ofMonth)),
    form("quarterly", fixed("FREQ=MONTHLY;INTERVAL=3")),
    // "every second Monday" is every other week, unless it is said to be of the month: that is longer, and wins.
    form(`every(?<again>!)?\\s+${NTH}${OF_MONTH}`, regular("MONTHLY", ofMonth)),
    form(`every(?<again>!)?\\s+(?<dates>\\d{1,2}(?:st|nd|rd|th))${OF_MONTH}`, regular("MONTHLY", ofMonth)),
    form("(?:yearly|annually)", fixed("FREQ=YEARLY")),
    form(`(?:yearly|annually)\\s+on\\s+(?:the\\s+)?${IN_YEAR}`, regular("YEARLY", ofYear)),
    form(
      `${EVERY}years?`,
      regular("YEARLY", () => ({})),
    ),
    form(`${EVERY}years?\\s+on\\s+(?:the\\s+)?${IN_YEAR}`, regular("YEARLY", ofYear)),
    form(`every(?<again>!)?\\s+${IN_YEAR}`, regular("YEARLY", ofYear)),
  ],
};
