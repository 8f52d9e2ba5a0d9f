import type { RowChange } from "../../../application/copy/ports.ts";
import type { Checklist } from "../../../domain/checklist.ts";
import type { Task } from "../../../domain/task.ts";
import { newWriteId, saidCells } from "../rows.ts";
import type { Param } from "../session.ts";

export const CHECKLIST_COLUMNS =
  "id, name, created_at, updated_at, version, write_id, earlier_write_ids, deleted_at";
export const TASK_COLUMNS = `checklist_id, id, task, completed, status, priority, description, due_date, created_at,
  updated_at, version, write_id, earlier_write_ids`;

const INSERT_CHECKLIST = `INSERT INTO checklist (name, created_at, updated_at, version, write_id, id)
  VALUES (?, ?, ?, ?, ?, ?) IF NOT EXISTS`;
const UPDATE_CHECKLIST = `UPDATE checklist SET name = ?, created_at = ?, updated_at = ?, version = ?, write_id = ?
  WHERE id = ? IF version = ?`;
const DELETE_CHECKLIST = "DELETE FROM checklist WHERE id = ? IF version = ?";

const INSERT_TASK = `INSERT INTO todo (task, completed, status, priority, description, due_date, created_at, updated_at,
  version, write_id, checklist_id, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS`;
const UPDATE_TASK = `UPDATE todo SET task = ?, completed = ?, status = ?, priority = ?, description = ?, due_date = ?,
  created_at = ?, updated_at = ?, version = ?, write_id = ? WHERE checklist_id = ? AND id = ? IF version = ?`;
const DELETE_TASK = "DELETE FROM todo WHERE checklist_id = ? AND id = ? IF version = ?";

/** A lightweight transaction on one row. */
export interface Statement {
  readonly query: string;
  readonly params: readonly Param[];
}

/** What a row is on condition of: that there is none, or that its version is this one. */
export type Found = { readonly version: number | null } | undefined;

export function checklistStatement(
  { before, after }: RowChange<Checklist>,
  found: Found = before,
): Statement {
  const id = idOf(before, after);
  if (!after) return { query: DELETE_CHECKLIST, params: [id, found?.version ?? null] };
  const cells = [after.name, new Date(after.createdAt), new Date(after.updatedAt), after.version];
  const values = [...cells, newWriteId(), id];
  if (!found) return { query: INSERT_CHECKLIST, params: values };
  return { query: UPDATE_CHECKLIST, params: [...values, found.version] };
}

export function taskStatement(
  checklistId: string,
  { before, after }: RowChange<Task>,
  found: Found = before,
): Statement {
  const id = idOf(before, after);
  if (!after) return { query: DELETE_TASK, params: [checklistId, id, found?.version ?? null] };
  const values = [...taskCells(after), newWriteId(), checklistId, id];
  if (!found) return { query: INSERT_TASK, params: values };
  return { query: UPDATE_TASK, params: [...values, found.version] };
}

export function idOf(before: { readonly id: string } | undefined, after: typeof before): string {
  const row = after ?? before;
  if (!row) throw new TypeError("a change is about some row");
  return row.id;
}

function taskCells(row: Task): Param[] {
  return [...saidCells(row), new Date(row.createdAt), new Date(row.updatedAt), row.version];
}
