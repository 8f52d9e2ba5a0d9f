import { isCompleted, type Task } from "./task.ts";

/** Where an open task with a due date stands in the agenda, which is in order of date, then checklist, then id. */
export interface DuePlace {
  /** RFC 3339 full-date. */
  readonly dueDate: string;
  readonly checklistId: string;
  readonly id: string;
}

/** @returns undefined for a task that the agenda does not show */
export function duePlace(
  task: Pick<Task, "checklistId" | "id" | "dueDate" | "status"> | undefined,
): DuePlace | undefined {
  if (task?.dueDate === undefined || isCompleted(task)) return undefined;
  return { dueDate: task.dueDate, checklistId: task.checklistId, id: task.id };
}

/** In the agenda's order. */
export function compareDuePlaces(one: DuePlace, other: DuePlace): number {
  return (
    compared(one.dueDate, other.dueDate) ||
    compared(one.checklistId, other.checklistId) ||
    compared(one.id, other.id)
  );
}

function compared(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

export function isSamePlace(one: DuePlace | undefined, other: DuePlace | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.dueDate === other.dueDate && one.checklistId === other.checklistId && one.id === other.id;
}
