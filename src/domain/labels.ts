import type { Violation } from "./errors.ts";
import { caseFolded } from "./folding.ts";
import { codePoints, TRIMMED_CHARS, textPatternWithout, textProblem } from "./text.ts";

export const TASK_LABELS_MAX = 20;
export const LABEL_CHARS_MAX = 50;
/** What a label must match before trimming. */
export const LABEL_PATTERN = textPatternWithout(",");
const VISIBLE = `[^\\u0000,${TRIMMED_CHARS}]`;
const ITEM = `[${TRIMMED_CHARS}]*${VISIBLE}([^\\u0000,]{0,${LABEL_CHARS_MAX - 2}}${VISIBLE})?[${TRIMMED_CHARS}]*`;
/** What labels to filter by must match. */
export const LABELS_PATTERN = `^${ITEM}(,${ITEM}){0,${TASK_LABELS_MAX - 1}}$`;
/** Of labels to filter by: as many as a task can have. */
export const LABELS_CHARS_MAX = TASK_LABELS_MAX * (LABEL_CHARS_MAX + 1) - 1;

/** Labels as they are stored: trimmed, in the order given. @param given without {@link labelProblems} */
export function trimmedLabels(given: readonly string[]): readonly string[] {
  return given.map((label) => label.trim());
}

/** What is wrong with the labels of a task, with pointers to each (`/labels/3`). */
export function labelProblems(given: readonly string[]): Violation[] {
  if (given.length > TASK_LABELS_MAX) {
    return [
      { pointer: "/labels", detail: `must have at most ${TASK_LABELS_MAX} items; it has ${given.length}` },
    ];
  }
  const seen = new Map<string, number>();
  return given.flatMap((label, index) => {
    const detail = labelProblem(label) ?? repetition(label, index, seen);
    return detail === undefined ? [] : [{ pointer: `/labels/${index}`, detail }];
  });
}

function repetition(label: string, index: number, seen: Map<string, number>): string | undefined {
  const key = keyOf(label);
  const first = seen.get(key);
  if (first === undefined) seen.set(key, index);
  return first === undefined ? undefined : `must not repeat /labels/${first}, whatever its case`;
}

/** Labels to filter by, folded for {@link hasLabels}, each once. @param text as in `labels=a,b` */
export function parsedLabels(text: string): readonly string[] | Violation {
  if (text.length > LABELS_CHARS_MAX && codePoints(text) > LABELS_CHARS_MAX) {
    return refused(`must have at most ${LABELS_CHARS_MAX} characters`);
  }
  const wanted = text.split(",");
  if (wanted.length > TASK_LABELS_MAX) return refused(`must name at most ${TASK_LABELS_MAX} labels`);
  for (const label of wanted) {
    const problem = labelProblem(label);
    if (problem !== undefined) return refused(`every label in it, separated by commas, ${problem}`);
  }
  return [...new Set(wanted.map(keyOf))];
}

/** Whether all `wanted` labels are among `labels`, ignoring case. @param wanted from {@link parsedLabels} */
export function hasLabels(labels: readonly string[], wanted: readonly string[]): boolean {
  if (wanted.length > labels.length) return false;
  const keys = labels.map(keyOf);
  return wanted.every((key) => keys.includes(key));
}

function labelProblem(label: string): string | undefined {
  if (label.includes(",")) return "must not contain a comma";
  return textProblem(label, LABEL_CHARS_MAX);
}

function keyOf(label: string): string {
  return caseFolded(label.trim());
}

function refused(detail: string): Violation {
  return { pointer: "/query/labels", detail };
}
