import { type Checklist, NEVER_MS, UNTITLED } from "../../domain/checklist.ts";
import type { Following } from "../../domain/series.ts";
import {
  DEFAULT_PRIORITY,
  isCompleted,
  REPEAT_ORIGINS,
  TASK_PRIORITIES,
  TASK_STATUSES,
  type Task,
} from "../../domain/task.ts";
import { taskRefFrom, taskRefText, textsFrom } from "../../domain/task-ref.ts";
import type { Param, Row } from "./session.ts";

/** Rows of the baseline have no version; the first write makes it 2. */
export const BASELINE_VERSION = 1;

/** Ids of earlier writes that a row keeps: a busy row may be written this often while a write times out. */
export const EARLIER_WRITE_IDS_MAX = 15;
const WRITE_ID_BYTES = 9;

/**
 * The cell `next_due` once the next task has been made, if nobody knows by whom; otherwise it names the maker. Not null,
 * which would leave a tombstone.
 */
export const NEXT_MADE = "";

const REMOVED = { removed: true } as const;

/** A row as stored: what the domain sees, and what lightweight transactions compare. */
export interface Stored<T> {
  readonly value: T;
  /** Null in rows of the baseline. */
  readonly version: number | null;
  readonly writeId: string | null;
  /** The latest first, at most {@link EARLIER_WRITE_IDS_MAX}. */
  readonly earlierWriteIds: readonly string[];
  /** Of a row without a version: a cell that it has. Absent if it has nothing but its key. */
  readonly witness?: Witness;
  /** Marked as deleted: gone for everyone, but its write ids still show who did it. */
  readonly removed?: boolean;
  /** Of a completed task whose next one may not have been made yet. */
  readonly following?: Following;
  /** Of a task created under a key: the cell that names the key. */
  readonly creation?: string;
  /** Of a row restored under a key: the same. */
  readonly restoration?: string;
}

export interface Witness {
  readonly column: string;
  readonly value: Param;
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
  const restoration = optionalText(row.restoration);
  return {
    ...writeFacts(row, ["created_at", "updated_at", "name"]),
    ...(restoration === undefined ? {} : { restoration }),
    removed: row.deleted_at !== null && row.deleted_at !== undefined,
    value: {
      id: text(row.id),
      name: shown(row.name),
      createdAt,
      updatedAt: milliseconds(row.updated_at ?? row.created_at),
      version: row.version === null ? BASELINE_VERSION : whole(row.version),
    },
  };
}

export const CHECKLIST_COLUMNS =
  "id, name, created_at, updated_at, version, write_id, earlier_write_ids, deleted_at";
export const TASK_COLUMNS = `checklist_id, id, task, completed, status, priority, description, due_date, labels, rank,
  repeat, repeat_from, completed_at, previous, next, created_at, updated_at, version, write_id, earlier_write_ids, deleted_at, next_due,
  transit`;

/** Which keys a task was created and restored under. */
export const KEY_COLUMNS = "creation, restoration";

/** The columns of both that are not the key of a row. */
export const CELLS_OF_TASK: readonly string[] = `${TASK_COLUMNS}, ${KEY_COLUMNS}`
  .split(/,\s+/)
  .filter((column) => column !== "checklist_id" && column !== "id");

/** What {@link isLive} looks at. */
export const LIVE_COLUMNS = "id, deleted_at, transit";

/** Columns and what they are set to, in the order of a statement. */
export type Cells = readonly (readonly [column: string, value: Param])[];

/**
 * A task's user-visible cells. An absent cell is left out if it was absent before: setting it to null would leave a
 * tombstone.
 * @param before the row that is replaced, if any; of an unknown one every cell is cleared
 */
export function saidCells(row: Task, before?: Task | "unknown"): Cells {
  return [
    ["task", row.todo],
    ["completed", isCompleted(row)],
    ["status", row.status],
    ["priority", row.priority],
    ...OPTIONAL_CELLS.flatMap(([column, cellOf]) => {
      const cell = cellOf(row);
      const had = before === "unknown" || (before !== undefined && cellOf(before) !== null);
      return cell !== null || had ? [[column, cell] as const] : [];
    }),
  ];
}

/** The columns that many tasks leave empty. */
const OPTIONAL_CELLS: readonly (readonly [column: string, cellOf: (row: Task) => Param])[] = [
  ["description", (row) => row.description ?? null],
  ["due_date", (row) => row.dueDate ?? null],
  ["labels", (row) => (row.labels === undefined ? null : JSON.stringify(row.labels))],
  ["rank", (row) => row.rank ?? null],
  ["repeat", (row) => row.repeat ?? null],
  ["repeat_from", (row) => row.repeatFrom ?? null],
  ["completed_at", (row) => (row.completedAt === undefined ? null : new Date(row.completedAt))],
  ["previous", ({ previous }) => (previous === undefined ? null : taskRefText(previous))],
  ["next", ({ next }) => (next === undefined ? null : taskRefText(next))],
];

/**
 * The cells of a task's row that a write leaves as they are, to be written again with it.
 * @param row as it was read, with {@link TASK_COLUMNS} and {@link KEY_COLUMNS}
 * @param changed what the write sets
 */
export function unchangedCells(row: Row, changed: Cells): Cells {
  const others = new Set(changed.map(([column]) => column));
  return CELLS_OF_TASK.flatMap((column) => {
    const cell = row[column] as Param;
    return cell === null || others.has(column) ? [] : [[column, cell] as const];
  });
}

/** @returns `a, b` and `?, ?`, for an INSERT */
export function insertion(cells: Cells): { readonly columns: string; readonly marks: string } {
  return { columns: cells.map(([column]) => column).join(", "), marks: cells.map(() => "?").join(", ") };
}

/** @returns `a = ?, b = ?` */
export function assignments(cells: Cells): string {
  return cells.map(([column]) => `${column} = ?`).join(", ");
}

export function valuesOf(cells: Cells): Param[] {
  return cells.map(([, value]) => value);
}

export function storedTask(row: Row): Stored<Task> {
  const creation = optionalText(row.creation);
  const restoration = optionalText(row.restoration);
  const stated = states(row);
  return {
    ...writeFacts(row, ["created_at", "updated_at", "task", "completed"]),
    ...(creation === undefined ? {} : { creation }),
    ...(restoration === undefined ? {} : { restoration }),
    ...(isLive(row) ? {} : REMOVED),
    ...(isUnfinished(row) ? { following: followingFrom(row) } : {}),
    value: {
      checklistId: text(row.checklist_id),
      id: text(row.id),
      todo: shown(row.task),
      ...stated,
      ...optionalMembers(row, stated),
      createdAt: milliseconds(row.created_at),
      updatedAt: milliseconds(row.updated_at ?? row.created_at),
      version: row.version === null ? BASELINE_VERSION : whole(row.version),
    },
  };
}

function optionalMembers(row: Row, { status }: Pick<Task, "status">): Partial<Task> {
  const members: { -readonly [K in keyof Task]?: Task[K] } = {};
  if (isThere(row.description)) members.description = text(row.description);
  if (isThere(row.due_date)) members.dueDate = text(row.due_date);
  if (isThere(row.labels)) members.labels = textsFrom(text(row.labels));
  if (isThere(row.rank)) members.rank = text(row.rank);
  if (isThere(row.repeat)) members.repeat = text(row.repeat);
  if (isThere(row.repeat_from)) members.repeatFrom = oneOf(REPEAT_ORIGINS, row.repeat_from);
  const completedAt = completionTime(row);
  if (status === "completed" && completedAt !== NEVER_MS) members.completedAt = completedAt;
  if (isThere(row.previous)) members.previous = taskRefFrom(text(row.previous));
  if (isThere(row.next)) members.next = taskRefFrom(text(row.next));
  return members;
}

/** Of a completed task. An earlier release wrote none: the last change is the nearest to the completion. */
function completionTime(row: Row): number {
  return milliseconds(row.completed_at ?? row.updated_at ?? row.created_at);
}

export function isThere(cell: unknown): boolean {
  return cell !== null && cell !== undefined;
}

/** What a task is filtered by, but for its texts. */
export function filteredBy(row: Row): Pick<Task, "status" | "priority" | "dueDate" | "labels"> {
  return {
    ...states(row),
    ...(isThere(row.due_date) ? { dueDate: text(row.due_date) } : {}),
    ...(isThere(row.labels) ? { labels: textsFrom(text(row.labels)) } : {}),
  };
}

/** Of the columns `completed`, `status` and `priority`. */
function states(row: Row): Pick<Task, "status" | "priority"> {
  const early = row.completed === true ? "completed" : "pending";
  return {
    status: row.status === null ? early : oneOf(TASK_STATUSES, row.status),
    priority: row.priority === null ? DEFAULT_PRIORITY : oneOf(TASK_PRIORITIES, row.priority),
  };
}

/** @param witnesses columns of the baseline, one of which shows that a row exists */
function writeFacts(row: Row, witnesses: readonly string[]) {
  const version = row.version === null ? null : whole(row.version);
  const column = version === null ? witnesses.find((name) => (row[name] ?? null) !== null) : undefined;
  return {
    version,
    ...(column === undefined ? {} : { witness: { column, value: row[column] as Param } }),
    writeId: optionalText(row.write_id) ?? null,
    earlierWriteIds: (optionalText(row.earlier_write_ids) ?? "").split(" ").filter((id) => id !== ""),
  };
}

export function text(cell: unknown): string {
  if (typeof cell !== "string") throw new TypeError(`expected text, got ${typeof cell}`);
  return cell;
}

export function optionalText(cell: unknown): string | undefined {
  return cell === null || cell === undefined ? undefined : text(cell);
}

export function whole(cell: unknown): number {
  if (!Number.isSafeInteger(cell)) throw new TypeError(`expected a whole number, got ${String(cell)}`);
  return cell as number;
}

/** A text that the baseline may have left out or blank; this service never accepts that. */
export function shown(cell: unknown): string {
  const stored = optionalText(cell) ?? "";
  return stored.trim() === "" ? UNTITLED : stored;
}

export function milliseconds(cell: unknown): number {
  if (cell === null || cell === undefined) return NEVER_MS;
  if (!(cell instanceof Date)) throw new TypeError(`expected a time, got ${typeof cell}`);
  return cell.getTime();
}

function oneOf<T extends string>(values: readonly T[], cell: unknown): T {
  const found = values.find((value) => value === cell);
  if (found === undefined) throw new TypeError(`expected one of ${values.join(", ")}`);
  return found;
}

/** A list without tasks returns one row without an id while it has a static cell. */
export function isTask(row: Row): boolean {
  return row.id !== null;
}

/** Whether the next task of this one may not have been made yet. Its statement must select `next_due`. */
export function isUnfinished({ next_due }: Row): boolean {
  return typeof next_due === "string" && next_due.startsWith("[");
}

/** Cell `next_due`: what the next task is made from, its id aside. */
export function followingCell({ dueDate, repeat, repeatFrom }: Following): string {
  return JSON.stringify([dueDate, repeat, ...(repeatFrom === undefined ? [] : [repeatFrom])]);
}

function followingFrom(row: Row): Following {
  const [dueDate, repeat, repeatFrom] = textsFrom(text(row.next_due));
  return {
    id: taskRefFrom(text(row.next)).id,
    dueDate: text(dueDate),
    repeat: text(repeat),
    ...(repeatFrom === undefined ? {} : { repeatFrom: oneOf(REPEAT_ORIGINS, repeatFrom) }),
  };
}

/**
 * Whether the row of a task is there for readers of its list. Its statement must select {@link LIVE_COLUMNS}, and rows
 * that are on their way must have passed `Arrivals`.
 */
export function isLive(row: Row): boolean {
  if (row.deleted_at === undefined || row.transit === undefined)
    throw new TypeError("the statement does not say whether the task is live");
  return row.id !== null && row.deleted_at === null && row.transit === null;
}
