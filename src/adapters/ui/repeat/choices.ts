import { isRule, readRepeat, repeatText } from "../../../domain/recurrence.ts";
import { ruleText } from "./grammar.ts";
import { readPhrase } from "./phrases.ts";
import { type UntilContext, withLastDay } from "./until.ts";

/** A way to repeat that a person may choose. */
export interface Choice {
  readonly repeat: string;
  readonly repeatFrom?: "completion";
}

const WEEKDAYS = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
const WEEK_DAYS = 7;

/** What people choose most for a task that is due on `day`, a full-date. */
export function usualChoices(day: string): readonly Choice[] {
  const date = new Date(`${day}T00:00:00Z`);
  const [weekday, inMonth, month] = [WEEKDAYS[date.getUTCDay()], date.getUTCDate(), date.getUTCMonth() + 1];
  const nth = Math.ceil(inMonth / WEEK_DAYS);
  return [
    ruleText("DAILY", 1),
    ruleText("WEEKLY", 1, { BYDAY: "MO,TU,WE,TH,FR" }),
    ruleText("WEEKLY", 1, { BYDAY: weekday }),
    ruleText("WEEKLY", 2, { BYDAY: weekday }),
    ruleText("MONTHLY", 1, { BYMONTHDAY: String(inMonth) }),
    // A fifth one is not in every month: the last one is meant.
    ruleText("MONTHLY", 1, { BYDAY: `${nth > 4 ? -1 : nth}${weekday}` }),
    ruleText("YEARLY", 1, { BYMONTH: String(month), BYMONTHDAY: String(inMonth) }),
  ].map((repeat) => ({ repeat }));
}

/** What a person has typed: words of the language, or a rule of RFC 5545. */
export function writtenChoice(text: string, context: UntilContext): Choice | undefined {
  const phrase = readPhrase(text, context.language);
  if (phrase) {
    const { repeat, repeatFrom } = withLastDay(phrase, text, context);
    return { repeat: normal(repeat) ?? repeat, ...(repeatFrom === undefined ? {} : { repeatFrom }) };
  }
  const repeat = normal(text.trim());
  return repeat === undefined ? undefined : { repeat };
}

function normal(text: string): string | undefined {
  const rule = readRepeat(text);
  return isRule(rule) ? repeatText(rule) : undefined;
}
