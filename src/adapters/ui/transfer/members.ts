import { isFullDate } from "../../../domain/dates.ts";
import { labelProblems } from "../../../domain/labels.ts";
import { isRule, readRepeat, repeatText } from "../../../domain/recurrence.ts";
import { TASK_DESCRIPTION_CHARS_MAX, TASK_TODO_CHARS_MAX } from "../../../domain/task.ts";
import { textProblem } from "../../../domain/text.ts";
import type { TaskMembers } from "../workspace/types.ts";

const STATUSES = ["pending", "in_progress", "completed"] as const;
const PRIORITIES = ["low", "medium", "high"] as const;
type Name = keyof TaskMembers;
type Given = Readonly<Record<string, unknown>>;

/** A task of members from outside. What is wrong with a member is left out, and named. */
export interface Checked {
  /** Absent if it has no text, without which there is no task. */
  readonly task?: TaskMembers;
  readonly left: readonly Name[];
}

/** @param given anything with members of a task; others are ignored */
export function checkedTask(given: Given): Checked {
  const todo = textOf(given.todo, TASK_TODO_CHARS_MAX);
  if (todo === undefined) return { left: ["todo"] };
  const left: Name[] = [];
  const read = <T>(name: Name, value: T | undefined): T | undefined => {
    const isGiven = given[name] !== undefined && given[name] !== null && given[name] !== "";
    if (isGiven && value === undefined) left.push(name);
    return isGiven ? value : undefined;
  };
  const description = read("description", textOf(given.description, TASK_DESCRIPTION_CHARS_MAX));
  const dueDate = read("dueDate", dateOf(given.dueDate));
  const rule = read("repeat", ruleOf(given.repeat));
  const status = read("status", oneOf(STATUSES, given.status)) ?? "pending";
  // A rule needs a first day, and a completed task has handed its rule on.
  const repeat = dueDate === undefined || status === "completed" ? undefined : rule;
  if (rule !== undefined && repeat === undefined) left.push("repeat");
  const task: TaskMembers = {
    todo,
    status,
    priority: read("priority", oneOf(PRIORITIES, given.priority)) ?? "medium",
    labels: read("labels", labelsOf(given.labels)) ?? [],
    ...(description === undefined ? {} : { description }),
    ...(dueDate === undefined ? {} : { dueDate }),
    ...(repeat === undefined ? {} : { repeat }),
    ...(repeat !== undefined && given.repeatFrom === "completion" ? { repeatFrom: "completion" } : {}),
  };
  return { task, left };
}

export function textOf(value: unknown, charsMax: number): string | undefined {
  if (typeof value !== "string") return undefined;
  return textProblem(value, charsMax) === undefined ? value.trim() : undefined;
}

function dateOf(value: unknown): string | undefined {
  return typeof value === "string" && isFullDate(value) ? value : undefined;
}

function ruleOf(value: unknown): string | undefined {
  const rule = typeof value === "string" ? readRepeat(value) : undefined;
  return rule && isRule(rule) ? repeatText(rule) : undefined;
}

function oneOf<T extends string>(values: readonly T[], value: unknown): T | undefined {
  return values.find((known) => known === value);
}

function labelsOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || !value.every((label) => typeof label === "string")) return undefined;
  const labels = value.map((label) => label.trim());
  return labelProblems(labels).length === 0 ? labels : undefined;
}
