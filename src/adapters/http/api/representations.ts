import { type Checklist, NEVER_MS } from "../../../domain/checklist.ts";
import { DEFAULT_REPEAT_FROM } from "../../../domain/recurrence.ts";
import { isCompleted, type Task } from "../../../domain/task.ts";
import type { TaskRef } from "../../../domain/task-ref.ts";
import type { Trashed } from "../../../domain/trash.ts";
import type { LinkBase } from "../kernel/links.ts";

const NO_LABELS: readonly string[] = [];

/** A plain link; only the root has templated ones. */
export function link(href: string): { readonly href: string } {
  return { href };
}

/**
 * @param more links that not everybody gets
 * @returns what a client sees of a checklist; member order is part of the bytes that ETags stand for
 */
export function checklistObject(row: Checklist, base: LinkBase, more?: Readonly<Record<string, object>>) {
  return {
    id: row.id,
    name: row.name,
    ...times(row),
    _links: more ? { ...checklistLinks(row.id, base), ...more } : checklistLinks(row.id, base),
  };
}

function checklistLinks(id: string, base: LinkBase) {
  return {
    self: link(base.checklist(id)),
    tasks: link(base.tasks(id)),
    collection: link(base.checklists()),
  };
}

/** @returns what a client sees of a task */
export function taskObject(row: Task, base: LinkBase) {
  return {
    id: row.id,
    todo: row.todo,
    completed: isCompleted(row),
    status: row.status,
    priority: row.priority,
    ...(row.description === undefined ? {} : { description: row.description }),
    ...(row.dueDate === undefined ? {} : { dueDate: row.dueDate }),
    labels: row.labels ?? NO_LABELS,
    rank: row.rank ?? row.id,
    ...(row.repeat === undefined
      ? {}
      : { repeat: row.repeat, repeatFrom: row.repeatFrom ?? DEFAULT_REPEAT_FROM }),
    ...(row.completedAt === undefined ? {} : { completedAt: timestamp(row.completedAt) }),
    ...times(row),
    _links: {
      self: link(base.task(row.checklistId, row.id)),
      checklist: link(base.checklist(row.checklistId)),
      collection: link(base.tasks(row.checklistId)),
      ...(row.previous === undefined ? {} : { previous: linkTo(row.previous, base) }),
      ...(row.next === undefined ? {} : { next: linkTo(row.next, base) }),
    },
  };
}

/** @returns what a client sees of a checklist in the trash */
export function trashedChecklistObject({ row, deletedAt }: Trashed<Checklist>, base: LinkBase) {
  return {
    id: row.id,
    name: row.name,
    ...times(row),
    deletedAt: timestamp(deletedAt),
    _links: {
      self: link(base.trashedChecklist(row.id)),
      restore: link(base.trashedChecklist(row.id, "/restore")),
      collection: link(base.trash()),
    },
  };
}

/** @returns what a client sees of a task in the trash */
export function trashedTaskObject({ row, deletedAt }: Trashed<Task>, base: LinkBase) {
  const { _links, ...members } = taskObject(row, base);
  return {
    ...members,
    deletedAt: timestamp(deletedAt),
    _links: {
      self: link(base.trashedTask(row.checklistId, row.id)),
      restore: link(base.trashedTask(row.checklistId, row.id, "/restore")),
      checklist: _links.checklist,
      collection: link(base.trash(row.checklistId)),
    },
  };
}

function linkTo({ checklistId, id }: TaskRef, base: LinkBase) {
  return link(base.task(checklistId, id));
}

/** A time that was never written is left out. */
function times({ createdAt, updatedAt }: Pick<Checklist, "createdAt" | "updatedAt">) {
  return {
    ...(createdAt === NEVER_MS ? {} : { createdAt: timestamp(createdAt) }),
    ...(updatedAt === NEVER_MS ? {} : { updatedAt: timestamp(updatedAt) }),
  };
}

/** RFC 3339 in UTC with milliseconds. */
export function timestamp(ms: number): string {
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastText;
}

// An unchanged row has two equal times, and rows created together share theirs.
let lastMs = Number.NaN;
let lastText = "";
