import { CHECKLIST_NAME_CHARS_MAX } from "../../../domain/checklist.ts";
import { isFullDate } from "../../../domain/dates.ts";
import { labelProblems, trimmedLabels } from "../../../domain/labels.ts";
import { TASK_DESCRIPTION_CHARS_MAX, TASK_TODO_CHARS_MAX } from "../../../domain/task.ts";
import { textProblem } from "../../../domain/text.ts";
import type { Values } from "../api/types.ts";
import { ActError } from "./types.ts";

type Check = (value: unknown) => unknown;

/** Values as the service will store them, so that what was sent is recognised in what comes back. @throws ActError */
export async function checkedMembers(given: Values): Promise<Values> {
  const members: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const isNone = value === null || value === "";
    if (isNone && (name === "todo" || name === "status" || name === "priority"))
      refuse(`${name} is required`);
    if (name === "repeat" && !isNone) members.repeat = await ruleOf(value);
    else members[name] = isNone ? (NONE[name] ?? null) : (CHECKS[name]?.(value) ?? value);
  }
  return members;
}

/** @throws ActError */
export function checkedName(name: string): string {
  return textOf(name, CHECKLIST_NAME_CHARS_MAX);
}

/** A repeat needs a day to be counted from; without one, there is no rule either. @throws ActError */
export function checkWhole({ repeat, dueDate }: Values): void {
  if (repeat != null && dueDate == null) refuse("a repeating task needs a due date");
}

const NONE: Readonly<Record<string, unknown>> = { labels: [] };

const CHECKS: Readonly<Record<string, Check>> = {
  todo: (value) => textOf(value, TASK_TODO_CHARS_MAX),
  description: (value) => textOf(value, TASK_DESCRIPTION_CHARS_MAX),
  dueDate: (value) => (isFullDate(String(value)) ? value : refuse("it is not a date")),
  labels: checkedLabels,
};

function textOf(value: unknown, charsMax: number): string {
  const text = String(value);
  const problem = textProblem(text, charsMax);
  return problem === undefined ? text.trim() : refuse(problem);
}

/** @throws ActError */
export function checkedLabels(value: unknown): readonly string[] {
  const labels = Array.isArray(value) ? value.map(String) : [];
  const [problem] = labelProblems(labels);
  return problem ? refuse(problem.detail) : trimmedLabels(labels);
}

/** Loaded when the first rule is set: few tasks repeat. */
async function ruleOf(value: unknown): Promise<string> {
  const { isRule, readRepeat, repeatText } = await import("../../../domain/recurrence.ts");
  const rule = readRepeat(String(value));
  return isRule(rule) ? repeatText(rule) : refuse(rule.detail);
}

function refuse(detail: string): never {
  throw new ActError("invalid", detail);
}
