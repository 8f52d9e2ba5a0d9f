import type { Checklist } from "../../domain/checklist.ts";
import {
  DEFAULT_PRIORITY,
  isCompleted,
  TASK_PRIORITIES,
  TASK_STATUSES,
  type Task,
} from "../../domain/task.ts";
import type { Param, Row } from "./session.ts";

/** Rows of the baseline have no version; the first write makes it 2. */
export const BASELINE_VERSION = 1;

/** Ids of writes that a row keeps beside the last one's: a busy row may be written that often while a write times out. */
export const EARLIER_WRITE_IDS_MAX = 15;
const WRITE_ID_BYTES = 9;

/** A row as it is stored: what the domain sees of it, and what lightweight transactions go by. */
export interface Stored<T> {
  readonly value: T;
  /** Null in rows of the baseline. */
  readonly version: number | null;
  readonly writeId: string | null;
  /** The latest first, at most {@link EARLIER_WRITE_IDS_MAX}. */
  readonly earlierWriteIds: readonly string[];
  /** Marked as deleted: gone for everybody, though its write ids still tell who did it. */
  readonly removed?: boolean;
  /** Of a task made under a key: the cell that tells which. */
  readonly creation?: string;
}

export function newWriteId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(WRITE_ID_BYTES))).toString("base64url");
}

/** The cell of a write that replaces this row. */
export function earlierWriteIds({ writeId, earlierWriteIds: earlier }: Stored<unknown>): string {
  return [...(writeId === null ? [] : [writeId]), ...earlier].slice(0, EARLIER_WRITE_IDS_MAX).join(" ");
}

/** @returns undefined for a list that is marked as deleted */
export function storedChecklist(row: Row): Stored<Checklist> | undefined {
  const stored = storedChecklistEvenRemoved(row);
  return stored.removed ? undefined : stored;
}

export function storedChecklistEvenRemoved(row: Row): Stored<Checklist> {
  const createdAt = milliseconds(row.created_at);
  return {
    ...writeFacts(row),
    removed: row.deleted_at !== null && row.deleted_at !== undefined,
    value: {
      id: text(row.id),
      name: text(row.name ?? ""),
      createdAt,
      updatedAt: milliseconds(row.updated_at ?? row.created_at),
      version: row.version === null ? BASELINE_VERSION : whole(row.version),
    },
  };
}

/** What a person says of a task, in the order of every statement that writes one. */
export function saidCells(row: Task): Param[] {
  return [row.todo, isCompleted(row), row.status, row.priority, row.description ?? null, row.dueDate ?? null];
}

export function storedTask(row: Row): Stored<Task> {
  const description = optionalText(row.description);
  const dueDate = optionalText(row.due_date);
  const creation = optionalText(row.creation);
  return {
    ...writeFacts(row),
    ...(creation === undefined ? {} : { creation }),
    value: {
      checklistId: text(row.checklist_id),
      id: text(row.id),
      todo: text(row.task ?? ""),
      status:
        row.status === null
          ? row.completed === true
            ? "completed"
            : "pending"
          : oneOf(TASK_STATUSES, row.status),
      priority: row.priority === null ? DEFAULT_PRIORITY : oneOf(TASK_PRIORITIES, row.priority),
      ...(description === undefined ? {} : { description }),
      ...(dueDate === undefined ? {} : { dueDate }),
      createdAt: milliseconds(row.created_at),
      updatedAt: milliseconds(row.updated_at ?? row.created_at),
      version: row.version === null ? BASELINE_VERSION : whole(row.version),
    },
  };
}

function writeFacts(row: Row) {
  return {
    version: row.version === null ? null : whole(row.version),
    writeId: optionalText(row.write_id) ?? null,
    earlierWriteIds: (optionalText(row.earlier_write_ids) ?? "").split(" ").filter((id) => id !== ""),
  };
}

export function text(cell: unknown): string {
  if (typeof cell !== "string") throw new TypeError(`expected a text, got ${typeof cell}`);
  return cell;
}

export function optionalText(cell: unknown): string | undefined {
  return cell === null || cell === undefined ? undefined : text(cell);
}

export function whole(cell: unknown): number {
  if (!Number.isSafeInteger(cell)) throw new TypeError(`expected a whole number, got ${String(cell)}`);
  return cell as number;
}

/** A row that the baseline wrote without a time counts as written at the beginning of time. */
export function milliseconds(cell: unknown): number {
  if (cell === null || cell === undefined) return 0;
  if (!(cell instanceof Date)) throw new TypeError(`expected a time, got ${typeof cell}`);
  return cell.getTime();
}

function oneOf<T extends string>(values: readonly T[], cell: unknown): T {
  const found = values.find((value) => value === cell);
  if (found === undefined) throw new TypeError(`expected one of ${values.join(", ")}`);
  return found;
}
