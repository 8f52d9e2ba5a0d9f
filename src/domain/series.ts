import type { Task } from "./task.ts";
import type { TaskRef } from "./task-ref.ts";

/** What the next task of a series does not take from the one before. */
export type Following = Required<Pick<Task, "id" | "dueDate" | "repeat">> & Pick<Task, "repeatFrom">;

/** Whether a write completes a task that repeats, so that the next one must be made. */
export function completesRepeat(before: Pick<Task, "status">, after: Task): boolean {
  return after.repeat !== undefined && after.status === "completed" && before.status !== "completed";
}

/** The task as it is kept: completed, and its rule gone on to `next`. */
export function withoutRepeat({ repeat, repeatFrom, next: _, ...kept }: Task, next?: TaskRef): Task {
  return next === undefined ? kept : { ...kept, next };
}

/** The task that follows `done` in its series; without a rank, so that it comes last. */
export function nextTask(done: Task, following: Following, now: number): Task {
  const { checklistId, todo, priority, description, labels } = done;
  return {
    checklistId,
    todo,
    status: "pending",
    priority,
    ...(description === undefined ? {} : { description }),
    ...(labels === undefined ? {} : { labels }),
    ...following,
    previous: { checklistId, id: done.id },
    createdAt: now,
    updatedAt: now,
    version: 1,
  };
}
