import type { Kept, KeptChecklist } from "../../../application/copy/ports.ts";
import { byCodePoints } from "../../../application/copy/rows.ts";
import type { Task } from "../../../domain/task.ts";
import type { Stay } from "../../../domain/trash.ts";
import { ownershipFrom } from "../list-owners.ts";
import { timeOfName } from "../purge-queue.ts";
import { isLive, milliseconds, storedChecklistEvenRemoved, storedTask, text } from "../rows.ts";
import type { Row } from "../session.ts";
import { isTrashed } from "../trashed.ts";

/** @returns undefined for a list that is gone for good */
export function keptChecklist(row: Row): KeptChecklist | undefined {
  const { value, removed } = storedChecklistEvenRemoved(row);
  const list = { ...value, ...ownershipOf(row) };
  if (!removed) return list;
  return isTrashed(row) ? { ...list, trash: stayOf(row) } : undefined;
}

function ownershipOf(row: Row): Pick<KeptChecklist, "owner" | "members"> {
  const { owner, members } = ownershipFrom(row);
  const inOrder = [...members].map(([userId, role]) => ({ userId, role }));
  inOrder.sort((one, other) => byCodePoints(one.userId, other.userId));
  return { ...(owner === null ? {} : { owner }), ...(inOrder.length === 0 ? {} : { members: inOrder }) };
}

/** @returns undefined for a row that is neither live nor in the trash */
export function keptTask(row: Row): Kept<Task> | undefined {
  if (isLive(row)) return storedTask(row).value;
  return isTrashed(row) ? { ...storedTask(row).value, trash: stayOf(row) } : undefined;
}

function stayOf({ deleted_at, trash_record }: Row): Stay {
  return { deletedAt: milliseconds(deleted_at), until: timeOfName(text(trash_record)) };
}
