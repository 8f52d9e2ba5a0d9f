import type { Kept, KeptChecklist, RowChange } from "../../../application/copy/ports.ts";
import type { Task } from "../../../domain/task.ts";
import { assignments, type Cells, insertion, newWriteId, saidCells, valuesOf } from "../rows.ts";
import type { Param } from "../session.ts";

const DELETE_CHECKLIST = "DELETE FROM checklist WHERE id = ? IF version = ?";

const DELETE_TASK = "DELETE FROM todo WHERE checklist_id = ? AND id = ? IF version = ?";

/** A lightweight transaction on one row. */
export interface Statement {
  readonly query: string;
  readonly params: readonly Param[];
}

/** A row whose record in the queue of the trash, if it is there, has this name. */
export type Recorded<T> = Kept<T> & { readonly record?: string };

/** The condition on a row: that it does not exist, or that it has this version. */
export type Found = { readonly version: number | null } | undefined;

export function checklistStatement(
  { before, after }: RowChange<Recorded<KeptChecklist>>,
  found: Found = before,
): Statement {
  const id = idOf(before, after);
  if (!after) return { query: DELETE_CHECKLIST, params: [id, found?.version ?? null] };
  const cells: Cells = [
    ["name", after.name],
    ["created_at", new Date(after.createdAt)],
    ["updated_at", new Date(after.updatedAt)],
    ["version", after.version],
    ["write_id", newWriteId()],
    ...trashCells(after, found),
    ...ownershipCells(after, found),
  ];
  if (!found) {
    const { columns, marks } = insertion([...cells, ["id", id]]);
    const query = `INSERT INTO checklist (${columns}) VALUES (${marks}) IF NOT EXISTS`;
    return { query, params: [...valuesOf(cells), id] };
  }
  const query = `UPDATE checklist SET ${assignments(cells)} WHERE id = ? IF version = ?`;
  return { query, params: [...valuesOf(cells), id, found.version] };
}

export function taskStatement(
  checklistId: string,
  { before, after }: RowChange<Recorded<Task>>,
  found: Found = before,
): Statement {
  const id = idOf(before, after);
  if (!after) return { query: DELETE_TASK, params: [checklistId, id, found?.version ?? null] };
  // A row that replaces another clears every cell that the other may have had.
  const cells = [...taskCells(after, found && "unknown"), ...trashCells(after, found)];
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

/** A new row that is not in the trash leaves them out; one that replaces another clears them. */
function trashCells({ trash, record }: Recorded<object>, found: Found): Cells {
  if (!trash && !found) return [];
  return [
    ["deleted_at", trash ? new Date(trash.deletedAt) : null],
    ["trash_record", record ?? null],
  ];
}

/** A new row without leaves them out; one that replaces another clears them. */
function ownershipCells({ owner, members }: KeptChecklist, found: Found): Cells {
  const roles =
    members && JSON.stringify(Object.fromEntries(members.map(({ userId, role }) => [userId, role])));
  const cells: Cells = [
    ["owner", owner ?? null],
    ["members", roles ?? null],
  ];
  return found ? cells : cells.filter(([, cell]) => cell !== null);
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
