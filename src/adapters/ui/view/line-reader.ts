import { type ReadonlySignal, signal } from "@preact/signals";
import type { DateReader } from "../quick-add/day-reader.ts";
import type { Line, LineContext, Span } from "../quick-add/read.ts";
import { checkForUpdate } from "../shell/updates.ts";
import { language, locale } from "../text/text.ts";
import type { Page } from "./page.ts";
import { nameOf } from "./screens.ts";

type Reader = typeof import("../quick-add/read.ts");

export type { Line, Span };

const reader = signal<Reader | undefined>(undefined);
const dates = signal<DateReader | undefined>(undefined);
/** Finds days in a text; undefined until it is here. */
export const dateReader: ReadonlySignal<DateReader | undefined> = dates;

/**
 * Fetches what reads days and rules, when a field is entered that understands them. Without a connection, and without a
 * service worker that has kept it, a line is only text: it is tried again with the next field.
 */
export async function loadReader(): Promise<void> {
  try {
    const [code, days] = await Promise.all([import("../quick-add/read.ts"), loadDays()]);
    reader.value = code;
    dates.value = days;
  } catch {
    // As above: the task is added as it was typed. A newer service may not have it.
    checkForUpdate();
  }
}

async function loadDays(): Promise<DateReader> {
  const { loadDates } = await import("../quick-add/dates.ts");
  return loadDates(language.peek(), locale.peek());
}

/** Whether a line can be understood already. */
export function hasReader(): boolean {
  return reader.peek() !== undefined && dates.peek() !== undefined;
}

/** The line as it is understood. @param plain names of chips that are to stay text */
export function readLine(page: Page, text: string, plain: ReadonlySet<string>): Line {
  const lists = page.work.lists.value.filter((list) => list.may.write);
  const context: LineContext = {
    today: page.work.day.value,
    language: language.value,
    dates: dates.value,
    lists: lists.map((list) => ({ key: list.key, name: nameOf(list) })),
    plain,
  };
  return reader.value?.readLine(text, context) ?? { todo: text.trim(), spans: [] };
}

export function chipOf(span: Span): string {
  return reader.peek()?.chipOf(span) ?? span.text;
}
