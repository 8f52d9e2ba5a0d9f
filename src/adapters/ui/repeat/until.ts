import type { DateReader } from "../quick-add/day-reader.ts";
import type { Language } from "../text/parts.ts";
import type { RepeatPhrase } from "./phrases.ts";

/** What leads from a rule to its last day. */
const LEADS: Readonly<Record<Language, RegExp>> = {
  en: /^,?\s+(?:until|till|til|up\s+to)\s+(?:the\s+)?/i,
  de: /^,?\s+bis\s+(?:(?:zum|einschließlich)\s+)?/i,
};

export interface UntilContext {
  readonly language: Language;
  /** Absent until it has been fetched: then the day is not part of the rule. */
  readonly dates?: DateReader | undefined;
  /** Full-date. */
  readonly today: string;
}

/** The phrase with the last day that stands behind it: `every day until 5 Dec`. A day that is over is none. */
export function withLastDay(phrase: RepeatPhrase, text: string, context: UntilContext): RepeatPhrase {
  const { language, dates, today } = context;
  const rest = text.slice(phrase.end);
  const lead = LEADS[language].exec(rest)?.[0];
  if (lead === undefined || dates === undefined || phrase.repeat.includes("COUNT=")) return phrase;
  const last = dates(rest.slice(lead.length), today).find(({ start }) => start === 0);
  if (last === undefined || last.day < today) return phrase;
  const repeat = `${phrase.repeat};UNTIL=${last.day.replaceAll("-", "")}`;
  return { ...phrase, end: phrase.end + lead.length + last.end, repeat };
}
