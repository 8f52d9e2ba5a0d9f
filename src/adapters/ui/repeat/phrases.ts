import type { Language } from "../text/parts.ts";
import type { RepeatGrammar } from "./grammar.ts";
import { GERMAN } from "./phrases-de.ts";
import { ENGLISH } from "./phrases-en.ts";

/** Where in a text a rule was written, and which. */
export interface RepeatPhrase {
  readonly start: number;
  readonly end: number;
  /** As RFC 5545 writes it. */
  readonly repeat: string;
  readonly repeatFrom?: "completion";
}

const GRAMMARS: Readonly<Record<Language, RepeatGrammar>> = { en: ENGLISH, de: GERMAN };

/** The longest phrase in `text` that says how a task repeats. It stands between spaces, commas or the text's ends. */
export function readPhrase(text: string, language: Language): RepeatPhrase | undefined {
  let best: RepeatPhrase | undefined;
  for (const { pattern, rule } of GRAMMARS[language].forms) {
    for (const match of text.matchAll(pattern)) {
      const [start, end] = [match.index, match.index + match[0].length];
      if (!isAlone(text, start, end)) continue;
      const repeat = rule(match.groups ?? {});
      if (repeat === undefined || (best && best.end - best.start >= end - start)) continue;
      const fromCompletion = match.groups?.again !== undefined && match.groups.again !== "";
      best = { start, end, repeat, ...(fromCompletion ? { repeatFrom: "completion" } : {}) };
    }
  }
  return best;
}

function isAlone(text: string, start: number, end: number): boolean {
  return (
    (start === 0 || /[\s,;(]/.test(text[start - 1] ?? "")) &&
    (end === text.length || /[\s,;).!?]/.test(text[end] ?? ""))
  );
}
