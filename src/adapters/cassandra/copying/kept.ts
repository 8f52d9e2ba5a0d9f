import type { Kept } from "../../../application/copy/ports.ts";
import type { Checklist } from "../../../domain/checklist.ts";
import type { Task } from "../../../domain/task.ts";
import type { Stay } from "../../../domain/trash.ts";
import { timeOfName } from "../purge-queue.ts";
import { isLive, milliseconds, storedChecklistEvenRemoved, storedTask, text } from "../rows.ts";
import type { Row } from "../session.ts";
import { isTrashed } from "../trashed.ts";

/** @returns undefined for a list that is gone for good */
export function keptChecklist(row: Row): Kept<Checklist> | undefined {
  const { value, removed } = storedChecklistEvenRemoved(row);
  if (!removed) return value;
  return isTrashed(row) ? { ...value, trash: stayOf(row) } : undefined;
}

/** @returns undefined for a row that is neither live nor in the trash */
export function keptTask(row: Row): Kept<Task> | undefined {
  if (isLive(row)) return storedTask(row).value;
  return isTrashed(row) ? { ...storedTask(row).value, trash: stayOf(row) } : undefined;
}

function stayOf({ deleted_at, trash_record }: Row): Stay {
  return { deletedAt: milliseconds(deleted_at), until: timeOfName(text(trash_record)) };
}
