import type { RowChange } from "../../../application/copy/ports.ts";
import type { Checklist } from "../../../domain/checklist.ts";
import type { Task } from "../../../domain/task.ts";
import { assignments, type Cells, insertion, newWriteId, saidCells, valuesOf } from "../rows.ts";
import type { Param } from "../session.ts";

const INSERT_CHECKLIST = `INSERT INTO checklist (name, created_at, updated_at, version, write_id, id)
  VALUES (?, ?, ?, ?, ?, ?) IF NOT EXISTS`;
const UPDATE_CHECKLIST = `UPDATE checklist SET name = ?, created_at = ?, updated_at = ?, version = ?, write_id = ?
  WHERE id = ? IF version = ?`;
const DELETE_CHECKLIST = "DELETE FROM checklist WHERE id = ? IF version = ?";

const DELETE_TASK = "DELETE FROM todo WHERE checklist_id = ? AND id = ? IF version = ?";

/** A lightweight transaction on one row. */
export interface Statement {
  readonly query: string;
  readonly params: readonly Param[];
}

/** The condition on a row: that it does not exist, or that it has this version. */
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
  // A row that replaces another clears every cell that the other may have had.
  const cells = taskCells(after, found && "unknown");
  if (!found) {
    const { columns, marks } = insertion([...cells, ["checklist_id", checklistId], ["id", id]]);
    const query = `INSERT INTO todo (${columns}) VALUES (${marks}) IF NOT EXISTS`;
    return { query, params: [...valuesOf(cells), checklistId, id] };
  }
  const query = `UPDATE todo SET ${assignments(cells)} WHERE checklist_id = ? AND id = ? IF version = ?`;
  return { query, params: [...valuesOf(cells), checklistId, id, found.version] };
}

export function idOf(before: { readonly id: string } | undefined, after: typeof before): string {
  const row = after ?? before;
  if (!row) throw new TypeError("a change is about some row");
  return row.id;
}

function taskCells(row: Task, before: "unknown" | undefined): Cells {
  return [
    ...saidCells(row, before),
    ["created_at", new Date(row.createdAt)],
    ["updated_at", new Date(row.updatedAt)],
    ["version", row.version],
    ["write_id", newWriteId()],
  ];
}
