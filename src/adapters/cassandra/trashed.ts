import type { Checklist } from "../../domain/checklist.ts";
import type { Task } from "../../domain/task.ts";
import type { Trashed } from "../../domain/trash.ts";
import { milliseconds, storedChecklistEvenRemoved, storedTask } from "./rows.ts";
import type { Row } from "./session.ts";

/** Whether a row is in the trash: it has a time of deletion, and names the record that says until when. */
export function isTrashed({ deleted_at, trash_record }: Row): boolean {
  if (trash_record === undefined)
    throw new TypeError("the statement does not say whether the row is in the trash");
  return deleted_at !== null && trash_record !== null;
}

export function trashedChecklist(row: Row): Trashed<Checklist> {
  return { row: storedChecklistEvenRemoved(row).value, deletedAt: milliseconds(row.deleted_at) };
}

export function trashedTask(row: Row): Trashed<Task> {
  return { row: storedTask(row).value, deletedAt: milliseconds(row.deleted_at) };
}
