import type { Answer, KeptAnswer } from "../../application/ports.ts";
import type { Checklist } from "../../domain/checklist.ts";
import { REPEAT_ORIGINS, TASK_PRIORITIES, TASK_STATUSES, type Task } from "../../domain/task.ts";
import { type TaskRef, taskRefFrom, taskRefText, textsFrom } from "../../domain/task-ref.ts";

/** Greater than any id in SQLite's order of bytes. */
export const AFTER_EVERY_ID = "\u{10FFFF}";

export const CHECKLIST_COLUMNS = "id, name, created_at, updated_at, version";
/** Whose a list is, live or in the trash: one from before accounts is the default owner's. */
export const OWNER = "COALESCE(owner, (SELECT value FROM meta WHERE key = 'default-owner'))";
const TASK_COLUMN_NAMES = [
  "checklist_id",
  "id",
  "todo",
  "status",
  "priority",
  "description",
  "due_date",
  "labels",
  "rank",
  "repeat",
  "repeat_from",
  "completed_at",
  "previous",
  "next",
  "created_at",
  "updated_at",
  "version",
] as const;
export const TASK_COLUMNS = TASK_COLUMN_NAMES.join(", ");
/** `?1, ?2` and so on, for the cells of a task. */
export const TASK_MARKS = TASK_COLUMN_NAMES.map((_, index) => `?${index + 1}`).join(", ");
/** `todo = ?3` and so on, for the cells of a task without its key. */
export const TASK_ASSIGNMENTS = TASK_COLUMN_NAMES.map((name, index) => `${name} = ?${index + 1}`)
  .slice(2)
  .join(", ");

type Row = Readonly<Record<string, unknown>>;

/** @throws TypeError if the row is not what the schema promises */
export function checklistFromRow(row: unknown): Checklist {
  const cells = rowOf(row);
  return {
    id: text(cells.id),
    name: text(cells.name),
    createdAt: whole(cells.created_at),
    updatedAt: whole(cells.updated_at),
    version: whole(cells.version),
  };
}

/** @throws TypeError if the row is not what the schema promises */
export function taskFromRow(row: unknown): Task {
  const cells = rowOf(row);
  const task: { -readonly [K in keyof Task]: Task[K] } = {
    checklistId: text(cells.checklist_id),
    id: text(cells.id),
    todo: text(cells.todo),
    status: oneOf(TASK_STATUSES, cells.status),
    priority: oneOf(TASK_PRIORITIES, cells.priority),
    createdAt: whole(cells.created_at),
    updatedAt: whole(cells.updated_at),
    version: whole(cells.version),
  };
  if (cells.description !== null) task.description = text(cells.description);
  if (cells.due_date !== null) task.dueDate = text(cells.due_date);
  if (cells.labels !== null) task.labels = textsFrom(text(cells.labels));
  if (cells.rank !== null) task.rank = text(cells.rank);
  if (cells.repeat !== null) task.repeat = text(cells.repeat);
  if (cells.repeat_from !== null) task.repeatFrom = oneOf(REPEAT_ORIGINS, cells.repeat_from);
  // Earlier releases wrote no time of completion: the last change is the nearest to it.
  if (task.status === "completed") task.completedAt = whole(cells.completed_at ?? cells.updated_at);
  if (cells.previous !== null) task.previous = taskRefFrom(text(cells.previous));
  if (cells.next !== null) task.next = taskRefFrom(text(cells.next));
  return task;
}

/** A stored answer with the fingerprint of the body it answered. */
export function receiptFromRow(row: unknown): { fingerprint: string; answer: Answer } {
  const cells = rowOf(row);
  return {
    fingerprint: text(cells.fingerprint),
    answer: {
      status: whole(cells.status),
      headers: headersFrom(text(cells.headers)),
      body: text(cells.body),
    },
  };
}

/** Without its owner. */
export function checklistCells(row: Checklist): [string, string, number, number, number] {
  return [row.id, row.name, row.createdAt, row.updatedAt, row.version];
}

export function taskCells(row: Task): (string | number | null)[] {
  return [
    row.checklistId,
    row.id,
    row.todo,
    row.status,
    row.priority,
    row.description ?? null,
    row.dueDate ?? null,
    row.labels === undefined ? null : JSON.stringify(row.labels),
    row.rank ?? null,
    row.repeat ?? null,
    row.repeatFrom ?? null,
    row.completedAt ?? null,
    refCell(row.previous),
    refCell(row.next),
    row.createdAt,
    row.updatedAt,
    row.version,
  ];
}

function refCell(ref: TaskRef | undefined): string | null {
  return ref === undefined ? null : taskRefText(ref);
}

export function receiptCells(receipt: KeptAnswer): (string | number)[] {
  const { scope, key, fingerprint, answer, expiresAt } = receipt;
  const headers = JSON.stringify(answer.headers);
  return [scope, key, fingerprint, answer.status, headers, answer.body, expiresAt];
}

export function rowOf(row: unknown): Row {
  if (typeof row === "object" && row !== null) return row as Row;
  throw new TypeError("the store gave something that is not a row");
}

export function text(cell: unknown): string {
  if (typeof cell === "string") return cell;
  throw new TypeError(`the store holds ${typeof cell} where a text belongs`);
}

export function whole(cell: unknown): number {
  if (typeof cell === "number" && Number.isSafeInteger(cell)) return cell;
  throw new TypeError(`the store holds ${typeof cell} where a whole number belongs`);
}

export function oneOf<T extends string>(allowed: readonly T[], cell: unknown): T {
  for (const value of allowed) if (value === cell) return value;
  throw new TypeError("the store holds a word that this release does not know");
}

function headersFrom(json: string): Record<string, string> {
  const parsed: unknown = JSON.parse(json);
  return Object.fromEntries(Object.entries(rowOf(parsed)).map(([name, value]) => [name, text(value)]));
}
