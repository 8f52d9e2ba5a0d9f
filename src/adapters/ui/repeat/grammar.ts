import type { Weekday } from "../../../domain/recurrence.ts";

/** How a language says that something repeats. */
export interface RepeatGrammar {
  /** Each with the rule of what it matches; the longest match of all counts. */
  readonly forms: readonly RepeatForm[];
}
export interface RepeatForm {
  /** With the flags `giu`. */
  readonly pattern: RegExp;
  /** @returns a rule, or undefined where the words make none */
  rule(groups: Groups): string | undefined;
}
export type Groups = Readonly<Record<string, string | undefined>>;

/** `FREQ=WEEKLY;INTERVAL=2;BYDAY=MO`, parts without a value left out. */
export function ruleText(
  frequency: string,
  interval: number,
  by: Readonly<Record<string, string | undefined>> = {},
): string {
  const parts = Object.entries({ INTERVAL: interval === 1 ? undefined : String(interval), ...by });
  const given = parts.flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [`${name}=${value}`],
  );
  return [`FREQ=${frequency}`, ...given].join(";");
}

/** Weekdays named in `words`, by their first two letters. @returns undefined if one of them is none */
export function weekdaysIn(
  words: string,
  known: Readonly<Record<string, Weekday>>,
  separators: RegExp,
): string | undefined {
  const days = words
    .split(separators)
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== "")
    .map((word) => known[word.slice(0, 2)]);
  return days.includes(undefined) ? undefined : [...new Set(days)].join(",");
}

/** What `every 2 weeks` and `every other week` have in common. */
export function intervalOf(
  { n, other }: Groups,
  words: Readonly<Record<string, number>>,
): number | undefined {
  if (n !== undefined) return Number(n) >= 1 ? Number(n) : undefined;
  return other === undefined ? 1 : words[other.toLowerCase()];
}

/** Days of a month, `1` to `31`, from a text with numbers. @returns undefined if one of them is none */
export function monthDaysIn(text: string): string | undefined {
  const days = [...text.matchAll(/\d+/g)].map(([number]) => Number(number));
  return days.every((day) => day >= 1 && day <= 31)
    ? [...new Set(days)].sort((a, b) => a - b).join(",")
    : undefined;
}
