import type { Statement } from "bun:sqlite";
import type { Command } from "../../application/commands.ts";
import { FILTERED_ROWS_READ_MAX, type Slice, type Written } from "../../application/ports.ts";
import type { Checklist } from "../../domain/checklist.ts";
import type { Task } from "../../domain/task.ts";
import { rewritten, type Stay, type Trashed } from "../../domain/trash.ts";
import { type Guard, guardHolds } from "../../domain/version.ts";
import type { Connection } from "./connection.ts";
import {
  CHECKLIST_COLUMNS,
  checklistCells,
  checklistFromRow,
  OWNER,
  rowOf,
  TASK_COLUMNS,
  TASK_MARKS,
  taskCells,
  taskFromRow,
  text,
  whole,
} from "./rows.ts";

const CHECKLIST = `SELECT ${CHECKLIST_COLUMNS}, deleted_at FROM trashed_checklist WHERE id = ?1`;
/** Only while the list is there: a list takes its tasks along, those in the trash too. */
const LIST_IS_THERE = "(SELECT 1 FROM checklist WHERE id = ?1)";
const TASK = `SELECT ${TASK_COLUMNS}, deleted_at FROM trashed_task
  WHERE checklist_id = ?1 AND id = ?2 AND ${LIST_IS_THERE}`;

/** What is in the trash, for readers. Prepared when it is first asked for: most services start without that. */
export class TrashReader {
  readonly #checklist: Statement;
  readonly #checklists: Statement;
  readonly #owned: Statement;
  readonly #task: Statement;
  readonly #tasks: Statement;
  readonly #listIsThere: Statement;

  constructor(connection: Connection) {
    this.#checklist = connection.prepare(CHECKLIST);
    this.#checklists = connection.prepare(
      `SELECT ${CHECKLIST_COLUMNS}, deleted_at, until, place FROM trashed_checklist
       WHERE (until, place) > (?1, ?2) ORDER BY until, place LIMIT ?3`,
    );
    this.#owned = connection.prepare(
      `SELECT ${CHECKLIST_COLUMNS}, deleted_at, until, place,
         ${OWNER} = ?4 AS is_theirs
       FROM trashed_checklist WHERE (until, place) > (?1, ?2) ORDER BY until, place LIMIT ?3`,
    );
    this.#task = connection.prepare(TASK);
    this.#tasks = connection.prepare(
      `SELECT ${TASK_COLUMNS}, deleted_at FROM trashed_task WHERE checklist_id = ?1 AND id > ?2
       ORDER BY id LIMIT ?3`,
    );
    this.#listIsThere = connection.prepare(`SELECT 1 WHERE ${LIST_IS_THERE}`);
  }

  findChecklist(id: string): Trashed<Checklist> | undefined {
    const row = this.#checklist.get(id);
    return row === null ? undefined : trashed(row, checklistFromRow);
  }

  /** @param owner absent: those of everyone; else a limited number is looked at, so that a page may be short */
  listChecklists(
    after: string | undefined,
    limit: number,
    owner: string | undefined,
  ): Slice<Trashed<Checklist>> {
    if (owner !== undefined) return this.#checklistsOf(owner, after, limit);
    const rows = this.#checklists.all(...placeFrom(after), limit + 1);
    const items = rows.slice(0, limit).map((row) => trashed(row, checklistFromRow));
    return rows.length > limit ? { items, next: placeText(rows[limit - 1]) } : { items };
  }

  #checklistsOf(owner: string, after: string | undefined, limit: number): Slice<Trashed<Checklist>> {
    const window = this.#owned.all(...placeFrom(after), FILTERED_ROWS_READ_MAX, owner);
    const rows = window.filter((row) => rowOf(row).is_theirs === 1);
    const items = rows.slice(0, limit).map((row) => trashed(row, checklistFromRow));
    if (rows.length > limit) return { items, next: placeText(rows[limit - 1]) };
    return window.length === FILTERED_ROWS_READ_MAX ? { items, next: placeText(window.at(-1)) } : { items };
  }

  findTask(checklistId: string, id: string): Trashed<Task> | undefined {
    const row = this.#task.get(checklistId, id);
    return row === null ? undefined : trashed(row, taskFromRow);
  }

  listTasks(checklistId: string, after: string | undefined, limit: number): Slice<Trashed<Task>> | undefined {
    if (this.#listIsThere.get(checklistId) === null) return undefined;
    const rows = this.#tasks.all(checklistId, after ?? "", limit + 1);
    const items = rows.slice(0, limit).map((row) => trashed(row, taskFromRow));
    const last = items.at(-1);
    return rows.length > limit && last ? { items, next: last.row.id } : { items };
  }
}

/** Moves rows into the trash and out of it, within a transaction of the writer's. */
export class TrashWriter {
  readonly #checklist: Statement;
  readonly #putChecklist: Statement;
  readonly #owner: Statement;
  readonly #removeChecklist: Statement;
  readonly #task: Statement;
  readonly #putTask: Statement;
  readonly #removeTask: Statement;

  constructor(connection: Connection) {
    this.#checklist = connection.prepare(CHECKLIST);
    this.#putChecklist = connection.prepare(
      `INSERT INTO trashed_checklist (${CHECKLIST_COLUMNS}, deleted_at, until, owner)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, (SELECT owner FROM checklist WHERE id = ?1))`,
    );
    this.#owner = connection.prepare("SELECT owner FROM trashed_checklist WHERE id = ?1");
    this.#removeChecklist = connection.prepare("DELETE FROM trashed_checklist WHERE id = ?1");
    this.#task = connection.prepare(TASK);
    this.#putTask = connection.prepare(
      `INSERT INTO trashed_task (${TASK_COLUMNS}, deleted_at, until) VALUES (${TASK_MARKS}, ?, ?)`,
    );
    this.#removeTask = connection.prepare("DELETE FROM trashed_task WHERE checklist_id = ?1 AND id = ?2");
  }

  /** The list is still where it was. */
  putChecklist(row: Checklist, { deletedAt, until }: Stay): void {
    this.#putChecklist.run(...checklistCells(rewritten(row)), deletedAt, until);
  }

  putTask(row: Task, { deletedAt, until }: Stay): void {
    this.#putTask.run(...taskCells(rewritten(row)), deletedAt, until);
  }

  ownerOf(id: string): string | null {
    const row = this.#owner.get(id);
    const owner = row === null ? null : rowOf(row).owner;
    return owner === null ? null : text(owner);
  }

  /** @returns the row as it is from now on */
  takeChecklist({ id, guard }: Command<"restoreChecklist" | "discardChecklist">): Written<Checklist> {
    const found = guarded(this.#checklist.get(id), checklistFromRow, guard);
    if ("outcome" in found) return found;
    this.#removeChecklist.run(id);
    return { outcome: "written", row: rewritten(found.row) };
  }

  /** @returns the row as it is from now on */
  takeTask({ checklistId, id, guard }: Command<"restoreTask" | "discardTask">): Written<Task> {
    const found = guarded(this.#task.get(checklistId, id), taskFromRow, guard);
    if ("outcome" in found) return found;
    this.#removeTask.run(checklistId, id);
    return { outcome: "written", row: rewritten(found.row) };
  }
}

/** The row, if there is one and the guard holds for it. */
export function guarded<T extends { readonly version: number }>(
  cells: unknown,
  fromRow: (cells: unknown) => T,
  guard: Guard,
):
  | { readonly row: T }
  | { readonly outcome: "missing" }
  | { readonly outcome: "stale"; readonly version: number } {
  if (cells === null) return { outcome: "missing" };
  const row = fromRow(cells);
  return guardHolds(guard, row.version) ? { row } : { outcome: "stale", version: row.version };
}

function trashed<T>(cells: unknown, fromRow: (cells: unknown) => T): Trashed<T> {
  return { row: fromRow(cells), deletedAt: whole(rowOf(cells).deleted_at) };
}

/** A place in the order in which lists go. */
function placeText(cells: unknown): string {
  const { until, place } = rowOf(cells);
  return `${whole(until)} ${whole(place)}`;
}

/** One that another kind of store gave is a time of the same kind. */
function placeFrom(after = ""): [until: number, place: number] {
  const [, until, place] = /^(\d{1,15}) (\d{1,15})$/.exec(after) ?? [];
  return [Number(until ?? -1), Number(place ?? 0)];
}
