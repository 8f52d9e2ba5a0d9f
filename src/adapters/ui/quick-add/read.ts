import { caseFolded } from "../../../domain/folding.ts";
import { LABEL_CHARS_MAX, TASK_LABELS_MAX } from "../../../domain/labels.ts";
import { isRule, readRepeat, repeatText } from "../../../domain/recurrence.ts";
import { firstDay } from "../repeat/first-day.ts";
import { readPhrase } from "../repeat/phrases.ts";
import { withLastDay } from "../repeat/until.ts";
import type { Language } from "../text/parts.ts";
import type { DateReader } from "./day-reader.ts";

/** What of the line was understood, and where it stands: shown as a chip that can be taken away. */
export interface Span {
  readonly kind: "due" | "repeat" | "priority" | "label" | "list";
  readonly start: number;
  readonly end: number;
  /** As it was typed. */
  readonly text: string;
  /** A full-date, a rule, a priority, a label, or the key of a list. */
  readonly value: string;
}

/** A line, read. */
export interface Line {
  /** What is left: the task's text. */
  readonly todo: string;
  readonly spans: readonly Span[];
  readonly dueDate?: string;
  readonly repeat?: string;
  readonly repeatFrom?: "completion";
  readonly priority?: Priority;
  readonly labels?: readonly string[];
  /** Key of the list that it names. */
  readonly list?: string;
}
type Priority = "low" | "medium" | "high";

export interface LineContext {
  /** The person's own, full-date. */
  readonly today: string;
  readonly language: Language;
  /** Absent until it has been fetched: days are text until then. */
  readonly dates?: DateReader | undefined;
  readonly lists: readonly { readonly key: string; readonly name: string }[];
  /** Chips that were taken away, by {@link chipOf}: what they say is text. */
  readonly plain?: ReadonlySet<string>;
}

/** Names a chip through edits of the text around it. */
export function chipOf({ kind, text }: Pick<Span, "kind" | "text">): string {
  return `${kind}:${text.toLowerCase()}`;
}

/**
 * A task from one line: `Pay rent every month on the 1st !high #home /Flat`. What is not understood stays text, and so
 * does everything where nothing else would be left.
 */
export function readLine(text: string, context: LineContext): Line {
  const spans = spansOf(text, context).sort((a, b) => a.start - b.start);
  const todo = without(text, spans);
  if (todo === "") return { todo: text.trim().replace(/\s+/g, " "), spans: [] };
  return { todo, spans, ...membersOf(spans, context.today) };
}

function membersOf(spans: readonly Span[], today: string): Omit<Line, "todo" | "spans"> {
  const one = (kind: Span["kind"]) => spans.find((span) => span.kind === kind)?.value;
  const labels = spans.filter(({ kind }) => kind === "label").map(({ value }) => value);
  const [priority, list, repeat] = [one("priority"), one("list"), one("repeat")];
  const series = repeat === undefined ? undefined : seriesOf(repeat, one("due"), today);
  const dueDate = series?.dueDate ?? one("due");
  return {
    ...(dueDate === undefined ? {} : { dueDate }),
    ...(series === undefined ? {} : series.members),
    ...(priority === undefined ? {} : { priority: priority as Priority }),
    ...(labels.length === 0 ? {} : { labels }),
    ...(list === undefined ? {} : { list }),
  };
}

const FROM_COMPLETION = "!";

/** A repeating task needs a first day. @param value of a span: a rule, with `!` where it counts from completion */
function seriesOf(value: string, due: string | undefined, today: string) {
  const repeat = value.replace(FROM_COMPLETION, "");
  const rule = readRepeat(repeat);
  if (!isRule(rule)) return undefined;
  const members = {
    repeat: repeatText(rule),
    ...(value.endsWith(FROM_COMPLETION) ? { repeatFrom: "completion" as const } : {}),
  };
  return { dueDate: due ?? firstDay(rule, today), members };
}

/** In the order of finding: what one has taken is hidden from the next. */
function spansOf(text: string, context: LineContext): Span[] {
  const finders = [listSpans, labelSpans, prioritySpans, repeatSpans, dueSpans];
  const spans: Span[] = [];
  let hidden = text;
  for (const find of finders) {
    for (const span of find(hidden, text, context)) {
      if (context.plain?.has(chipOf(span))) continue;
      spans.push(span);
      hidden = hidden.slice(0, span.start) + "\0".repeat(span.end - span.start) + hidden.slice(span.end);
    }
  }
  return spans;
}

type Finder = (hidden: string, text: string, context: LineContext) => readonly Span[];

function span(kind: Span["kind"], text: string, start: number, end: number, value: string): Span {
  return { kind, start, end, text: text.slice(start, end), value };
}

/** `/Flat`, or `/Work things` with all words of the name; the longest name that fits. The last one counts. */
const listSpans: Finder = (hidden, text, { lists, plain }) => {
  const found = [...hidden.matchAll(/(?<=^|\s)\//g)].flatMap(({ index }) => {
    const rest = caseFolded(text.slice(index + 1));
    const fitting = lists.filter(({ name }) => startsWithName(rest, caseFolded(name)));
    const longest = fitting.sort((a, b) => b.name.length - a.name.length)[0];
    if (!longest) return [];
    return [span("list", text, index, index + 1 + longest.name.length, longest.key)];
  });
  return lastOf(found, plain);
};

function startsWithName(rest: string, name: string): boolean {
  return name !== "" && rest.startsWith(name) && /^(?:$|[\s,;.!?])/.test(rest.slice(name.length));
}

const LABEL = /(?<=^|\s)#(?:"([^",]+)"|([\p{L}\p{N}_][\p{L}\p{N}\p{M}_-]*))/gu;

/** `#home`, or `#"two words"`. A number alone is text, as in `bug #12`. */
const labelSpans: Finder = (hidden, text, { plain }) => {
  const seen = new Set<string>();
  const found = [...hidden.matchAll(LABEL)].flatMap((match) => {
    const label = (match[1] ?? match[2] ?? "").trim();
    const key = caseFolded(label);
    const isLabel = label !== "" && [...label].length <= LABEL_CHARS_MAX && !/^\d+$/.test(label);
    const made = span("label", text, match.index, match.index + match[0].length, label);
    if (!isLabel || seen.has(key) || plain?.has(chipOf(made))) return [];
    seen.add(key);
    return [made];
  });
  return found.slice(0, TASK_LABELS_MAX);
};

const PRIORITIES: Readonly<Record<string, Priority>> = {
  high: "high",
  medium: "medium",
  normal: "medium",
  low: "low",
  hoch: "high",
  mittel: "medium",
  niedrig: "low",
  "1": "high",
  "2": "medium",
  "3": "low",
};

const prioritySpans: Finder = (hidden, text, { plain }) => {
  const found = [...hidden.matchAll(/(?<=^|\s)!([\p{L}\d]+)(?=$|[\s,;.])/gu)].flatMap((match) => {
    const priority = PRIORITIES[(match[1] ?? "").toLowerCase()];
    return priority === undefined
      ? []
      : [span("priority", text, match.index, match.index + match[0].length, priority)];
  });
  return lastOf(found, plain);
};

const repeatSpans: Finder = (hidden, text, context) => {
  const line = hidden.replaceAll("\0", "|");
  const phrase = readPhrase(line, context.language);
  if (!phrase) return [];
  const found = withLastDay(phrase, line, context);
  const value = found.repeat + (found.repeatFrom === "completion" ? FROM_COMPLETION : "");
  return [span("repeat", text, found.start, found.end, value)];
};

/** Words that belong to the day after them. */
const BEFORE_DAY: Readonly<Record<Language, RegExp>> = {
  en: /(?:^|(?<=\s))(?:due|by|on|starting|from)\s+(?:on\s+)?$/i,
  de: /(?:^|(?<=\s))(?:fällig|bis|am|ab|zum)\s+(?:zum|am|ab)?\s*$/i,
};

const dueSpans: Finder = (hidden, text, { dates, today, language, plain }) => {
  if (!dates) return [];
  // A day next to what was understood before may not reach into that.
  const found = dates(hidden.replaceAll("\0", "|"), today)
    .filter(({ start, end }) => !hidden.slice(start, end).includes("\0"))
    .map(({ start, end, day }) => {
      const lead = BEFORE_DAY[language].exec(hidden.slice(0, start))?.[0].length ?? 0;
      return span("due", text, start - lead, end, day);
    });
  return lastOf(found, plain);
};

/** Of several, the last one that was not taken away: what stands before is more likely part of the text. */
function lastOf(found: readonly Span[], plain: LineContext["plain"]): readonly Span[] {
  return found.filter((each) => !plain?.has(chipOf(each))).slice(-1);
}

function without(text: string, spans: readonly Span[]): string {
  let left = "";
  let at = 0;
  for (const { start, end } of spans) {
    left += text.slice(at, start);
    at = end;
  }
  return (left + text.slice(at))
    .replace(/\s+/g, " ")
    .replace(/\s+(?=[,;.!?](?:\s|$))/g, "")
    .replace(/([,;])[,;]+/g, "$1")
    .replace(/^[\s,;]+|[\s,;]+$/g, "");
}
