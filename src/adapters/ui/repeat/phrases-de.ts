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
  di: "TU",
  mi: "WE",
  do: "TH",
  fr: "FR",
  sa: "SA",
  so: "SU",
};
const INTERVALS = {
  zwei: 2,
  drei: 3,
  vier: 4,
  sechs: 6,
  zweiten: 2,
  zweite: 2,
  zweites: 2,
  dritten: 3,
  dritte: 3,
  drittes: 3,
};
const ORDINALS: Readonly<Record<string, number>> = {
  ...{ erst: 1, zweit: 2, dritt: 3, viert: 4, letzt: -1 },
  ...{ "1": 1, "2": 2, "3": 3, "4": 4 },
};
const MONTHS = ["jan", "feb", "mär", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez"];

const ALL = "alle(?<again>!)?\\s+(?:(?<n>\\d{1,3})|(?<other>zwei|drei|vier|sechs))\\s+";
const EACH = "jede[nrs]?(?<again>!)?\\s+(?:(?<other>zweite[ns]?|dritte[ns]?)\\s+)?";
const DAY = "(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|mo|di|mi|do|fr|sa|so)s?";
const DAYS = `(?<days>${DAY}(?:(?:\\s*,\\s*(?:und\\s+)?|\\s+und\\s+|\\s*&\\s*)${DAY})*)`;
const DATES = "(?<dates>\\d{1,2}\\.(?:(?:\\s*,\\s*(?:und\\s+)?|\\s+und\\s+)\\d{1,2}\\.)*)";
const NTH = `(?<ordinal>erst|zweit|dritt|viert|letzt|[1-4])(?:en|\\.)\\s+(?<nth>${DAY}|tag)`;
const IN_YEAR =
  "(?<date>\\d{1,2})\\.\\s*(?<month>jan|feb|mär|apr|mai|jun|jul|aug|sep|okt|nov|dez)[a-zä]*\\.?";
const OF_MONTH = "\\s+(?:im|(?:des|jedes|eines\\s+jeden)\\s+)\\s*monats?";
const TIMES = "(?:,?\\s+(?<count>\\d{1,3})\\s?-?mal)?";

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
  const found = weekdaysIn(days, WEEKDAYS, /,|&|\bund\b/i);
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
  if (nth.toLowerCase() === "tag") return { BYMONTHDAY: String(place) };
  return { BYDAY: `${place}${WEEKDAYS[nth.slice(0, 2).toLowerCase()]}` };
}

function ofYear({ date, month }: Groups) {
  const days = monthDaysIn(date ?? "");
  if (month === undefined || days === undefined) return undefined;
  return { BYMONTH: String(MONTHS.indexOf(month.toLowerCase()) + 1), BYMONTHDAY: days };
}

const fixed = (rule: string) => (groups: Groups) =>
  groups.count === undefined ? rule : `${rule};COUNT=${groups.count}`;

const none = () => ({});
const ON_DAYS = `(?:\\s+am\\s+${DAYS})?`;
const ON_DATES = `(?:\\s+am\\s+(?:${NTH}|${DATES}))?`;

export const GERMAN: RepeatGrammar = {
  forms: [
    form("täglich", fixed("FREQ=DAILY")),
    form(`${EACH}tag`, regular("DAILY", none)),
    form(`${ALL}tage`, regular("DAILY", none)),
    form(
      "(?:werktags|jeden\\s+(?:werk|arbeits)tag|an\\s+werktagen)",
      fixed("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
    ),
    form("jedes\\s+wochenende", fixed("FREQ=WEEKLY;BYDAY=SA,SU")),
    form(`wöchentlich${ON_DAYS}`, regular("WEEKLY", ofWeek)),
    form("(?:zweiwöchentlich|14-tägig|vierzehntägig)", fixed("FREQ=WEEKLY;INTERVAL=2")),
    form(`${EACH}woche${ON_DAYS}`, regular("WEEKLY", ofWeek)),
    form(`${ALL}wochen${ON_DAYS}`, regular("WEEKLY", ofWeek)),
    form(`${EACH}${DAYS}`, regular("WEEKLY", ofWeek)),
    form(
      "(?<days>(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)s)",
      regular("WEEKLY", ofWeek),
    ),
    form(`monatlich${ON_DATES}`, regular("MONTHLY", ofMonth)),
    form(`${EACH}monat${ON_DATES}`, regular("MONTHLY", ofMonth)),
    form(`${ALL}monate${ON_DATES}`, regular("MONTHLY", ofMonth)),
    form("vierteljährlich", fixed("FREQ=MONTHLY;INTERVAL=3")),
    form(`jede[nr](?<again>!)?\\s+${NTH}(?:${OF_MONTH})?`, regular("MONTHLY", ofMonth)),
    form(`am\\s+${NTH}${OF_MONTH}`, regular("MONTHLY", ofMonth)),
    form(`(?:am|jeden)\\s+${DATES}${OF_MONTH}`, regular("MONTHLY", ofMonth)),
    form("jährlich", fixed("FREQ=YEARLY")),
    form(`${EACH}jahr`, regular("YEARLY", none)),
    form(`${ALL}jahre`, regular("YEARLY", none)),
    form(
      `(?:jährlich|${EACH}jahr|${ALL.replace("again", "again2")}jahre)\\s+am\\s+${IN_YEAR}`,
      regular("YEARLY", ofYear),
    ),
    form(`jeden(?<again>!)?\\s+${IN_YEAR}`, regular("YEARLY", ofYear)),
  ],
};
