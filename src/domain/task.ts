import type { Violation } from "./errors.ts";
import { matchesQuery } from "./folding.ts";
import { hasLabels, trimmedLabels } from "./labels.ts";
import type { Position } from "./rank.ts";
import { settledRepeat } from "./repeat.ts";
import type { TaskRef } from "./task-ref.ts";

export const TASK_TODO_CHARS_MAX = 1_000;
export const TASK_DESCRIPTION_CHARS_MAX = 10_000;
export const TASK_STATUSES = ["pending", "in_progress", "completed"] as const;
export const TASK_PRIORITIES = ["low", "medium", "high"] as const;
/** What the next task of a series is counted from: the due date, or the day of completion. */
export const REPEAT_ORIGINS = ["due", "completion"] as const;
export const DEFAULT_STATUS: TaskStatus = "pending";
export const DEFAULT_PRIORITY: TaskPriority = "medium";

export type TaskStatus = (typeof TASK_STATUSES)[number];
export type TaskPriority = (typeof TASK_PRIORITIES)[number];
export type RepeatOrigin = (typeof REPEAT_ORIGINS)[number];

/** A to-do item. `completed` is not a field: it is `status === "completed"`, see {@link isCompleted}. */
export interface Task {
  readonly checklistId: string;
  readonly id: string;
  readonly todo: string;
  readonly status: TaskStatus;
  readonly priority: TaskPriority;
  readonly description?: string;
  /** RFC 3339 full-date. */
  readonly dueDate?: string;
  /** In the order given, without two that differ only by case; absent if there are none. */
  readonly labels?: readonly string[];
  /** The manual order of a list, ascending by code unit, ties by id; absent: the id counts. */
  readonly rank?: string;
  /** Recurrence rule of RFC 5545, without a time zone. */
  readonly repeat?: string;
  /** Only with `repeat`; absent: the due date. */
  readonly repeatFrom?: RepeatOrigin;
  /** Milliseconds since the Unix epoch, UTC; only while the status is completed, and if anyone wrote a time. */
  readonly completedAt?: number;
  /** The task of the same series that was completed before this one was made. */
  readonly previous?: TaskRef;
  /** The task that was made when this one was completed. */
  readonly next?: TaskRef;
  /** Milliseconds since the Unix epoch, UTC; `NEVER_MS` where nobody wrote one. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Starts at 1 and goes up by one on every write. */
  readonly version: number;
}

/** Members to change; absent ones stay as they are, and null removes an optional one. */
export interface TaskChange {
  readonly todo?: string;
  readonly completed?: boolean;
  readonly status?: TaskStatus;
  readonly priority?: TaskPriority;
  readonly description?: string | null;
  readonly dueDate?: string | null;
  /** Replace the labels; none at all are the same as null. */
  readonly labels?: readonly string[] | null;
  /** The place that a client asks for. The use case makes a `rank` of it. */
  readonly position?: Position;
  readonly rank?: string;
  /** Null also removes `repeatFrom`. */
  readonly repeat?: string | null;
  readonly repeatFrom?: RepeatOrigin | null;
}

/** A change that a client requests, and whether it named the version it had seen. */
export interface TaskEdit {
  readonly change: TaskChange;
  /**
   * True if the client named the version it edits, so that `completed` and `status` can be compared
   * with what it saw; false if a retry could flip the result back.
   */
  readonly pinned: boolean;
  /** Id of the checklist that it belongs to from then on; absent: the one it is in. */
  readonly to?: string;
}

/** Filter for tasks; absent members match everything. */
export interface TaskFilter {
  readonly status?: TaskStatus;
  readonly completed?: boolean;
  readonly priority?: TaskPriority;
  /** All of them, folded by `parsedLabels`. */
  readonly labels?: readonly string[];
  /** RFC 3339 full-dates; the task's must be earlier, or later. */
  readonly dueBefore?: string;
  readonly dueAfter?: string;
  /** Of `parsedQuery`: each must begin a word of the task's texts. */
  readonly words?: readonly string[];
}

/** What is long about a task, and what is not. */
type Texts = Pick<Task, "todo" | "description" | "labels">;
type Particulars = Pick<Task, "status" | "priority" | "dueDate" | "labels">;

export function isCompleted(task: Pick<Task, "status">): boolean {
  return task.status === "completed";
}

export function matchesFilter(task: Particulars & Texts, filter: TaskFilter): boolean {
  return matchesBriefly(task, filter) && (filter.words === undefined || hasWords(task, filter.words));
}

/** As {@link matchesFilter}, but whatever the task's long texts are. */
export function matchesBriefly(task: Particulars, filter: TaskFilter): boolean {
  return (
    (filter.status === undefined || task.status === filter.status) &&
    (filter.completed === undefined || isCompleted(task) === filter.completed) &&
    (filter.priority === undefined || task.priority === filter.priority) &&
    (filter.dueBefore === undefined || (task.dueDate !== undefined && task.dueDate < filter.dueBefore)) &&
    (filter.dueAfter === undefined || (task.dueDate !== undefined && task.dueDate > filter.dueAfter)) &&
    (filter.labels === undefined || hasLabels(task.labels ?? [], filter.labels))
  );
}

function hasWords({ todo, description, labels = [] }: Texts, words: readonly string[]): boolean {
  return matchesQuery([todo, ...(description === undefined ? [] : [description]), ...labels], words);
}

/** A new task. @param change must have `todo`; everything else has a default */
export function newTask(
  checklistId: string,
  id: string,
  change: TaskChange & { readonly todo: string },
  now: number,
): Task | Violation {
  const status = settledStatus(change);
  if (typeof status !== "string") return status;
  const repeat = settledRepeat(change, { status, dueDate: change.dueDate });
  if ("pointer" in repeat) return repeat;
  return {
    checklistId,
    id,
    todo: change.todo.trim(),
    status,
    priority: change.priority ?? DEFAULT_PRIORITY,
    ...optional("description", change.description?.trim()),
    ...optional("dueDate", change.dueDate),
    ...optional("labels", storedLabels(change.labels)),
    ...optional("rank", change.rank),
    ...repeat,
    ...(status === "completed" ? { completedAt: now } : {}),
    createdAt: now,
    updatedAt: now,
    version: 1,
  };
}

/** The task after one write at `now`, or why the write is refused. Times never go back. */
export function changedTask(current: Task, { change, pinned, to }: TaskEdit, now: number): Task | Violation {
  const status = settledStatus(change, current, pinned);
  if (typeof status !== "string") return status;
  const description = change.description === undefined ? current.description : change.description?.trim();
  const dueDate = change.dueDate === undefined ? current.dueDate : change.dueDate;
  const repeat = settledRepeat(change, { status, dueDate }, current);
  if ("pointer" in repeat) return repeat;
  const updatedAt = Math.max(now, current.updatedAt);
  const labels = change.labels === undefined ? current.labels : storedLabels(change.labels);
  // Between neighbours of one list; in another one it would be a place by chance.
  const { rank = leaves(current.checklistId, to) ? undefined : current.rank } = change;
  const { previous, next } = current;
  return {
    checklistId: to ?? current.checklistId,
    id: current.id,
    todo: change.todo === undefined ? current.todo : change.todo.trim(),
    status,
    priority: change.priority ?? current.priority,
    ...optional("description", description),
    ...optional("dueDate", dueDate),
    ...optional("labels", labels),
    ...optional("rank", rank),
    ...repeat,
    ...(status === "completed" ? optional("completedAt", completionTime(current, updatedAt)) : {}),
    ...optional("previous", previous),
    ...optional("next", next),
    createdAt: current.createdAt,
    updatedAt,
    version: current.version + 1,
  };
}

/** Whether an edit moves a task of `checklistId` to another checklist. */
export function leaves(checklistId: string, to: string | undefined): to is string {
  return to !== undefined && to !== checklistId;
}

/** A change that sets every member, as PUT does: members it leaves out take their defaults. */
export function replacement(change: TaskChange & { readonly todo: string }): TaskChange {
  const { completed, status } = change;
  return {
    todo: change.todo,
    // Without a status, `completed` alone decides: a stored in_progress is replaced, not kept.
    status: status ?? statusOf(completed ?? false),
    ...(status === undefined || completed === undefined ? {} : { completed }),
    priority: change.priority ?? DEFAULT_PRIORITY,
    description: change.description ?? null,
    dueDate: change.dueDate ?? null,
    labels: change.labels ?? null,
    // A task keeps its place in the list, unless it is given another one.
    ...optional("position", change.position),
    repeat: change.repeat ?? null,
    // Without a rule there is nothing to reset, and one that stands alone must be seen.
    ...(change.repeat == null && change.repeatFrom == null ? {} : { repeatFrom: change.repeatFrom ?? null }),
  };
}

/**
 * The status that `completed` and `status` together ask for. If they disagree, the one that differs
 * from the stored task is the one that the client edited, provided it named the version it had seen.
 */
function settledStatus(change: TaskChange, current?: Task, pinned = false): TaskStatus | Violation {
  const { completed, status } = change;
  if (completed === undefined) return status ?? current?.status ?? DEFAULT_STATUS;
  if (status === undefined) {
    return current && completed === isCompleted(current) ? current.status : statusOf(completed);
  }
  if (completed === (status === "completed")) return status;
  if (!current || !pinned) return disagreement(current === undefined);
  const editedCompleted = completed !== isCompleted(current);
  const editedStatus = status !== current.status;
  if (editedCompleted && editedStatus) return disagreement(true);
  return editedCompleted ? statusOf(completed) : status;
}

function statusOf(completed: boolean): TaskStatus {
  return completed ? "completed" : "pending";
}

function disagreement(final: boolean): Violation {
  const advice = final
    ? "send only one of them, or make them agree"
    : "send only one of them, or send If-Match with the ETag of the version you edited";
  return {
    pointer: "/completed",
    detail: `completed and status disagree (completed is true if and only if status is "completed"); ${advice}`,
  };
}

function storedLabels(given: TaskChange["labels"]): readonly string[] | undefined {
  return given && given.length > 0 ? trimmedLabels(given) : undefined;
}

/** A task that stays completed keeps its time; one that never had any, from another service, gets none. */
function completionTime(current: Task, now: number): number | undefined {
  return isCompleted(current) ? current.completedAt : now;
}

function optional<K extends string, V>(key: K, value: V | null | undefined): { [P in K]?: V } {
  return (value === null || value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}
