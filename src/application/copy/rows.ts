import type { Task } from "../../domain/task.ts";
import type { Stay } from "../../domain/trash.ts";
import type { Kept, KeptChecklist, KeptRecord } from "./ports.ts";

/** Everything stored about a checklist, as text: the same for the same row in any store. */
export function checklistText(list: KeptChecklist): string {
  const { id, name, createdAt, updatedAt, version, trash, owner, members = [] } = list;
  const roles = members.map(({ userId, role }) => [userId, role]);
  const ownership = owner === undefined && roles.length === 0 ? [] : [{ owner: owner ?? null, roles }];
  return JSON.stringify([id, name, createdAt, updatedAt, version, ...stayCells(trash), ...ownership]);
}

/** Everything stored about a record of accounts. */
export function recordText({ kind, key, owner, value, version, expiresAt }: KeptRecord): string {
  return JSON.stringify([kind, key, owner, value, version, expiresAt ?? null]);
}

/** Everything stored about a task. */
export function taskText(task: Kept<Task>): string {
  const { checklistId, id, todo, status, priority, createdAt, updatedAt, version } = task;
  const { labels, rank, repeat, repeatFrom, completedAt, previous, next } = task;
  const optional = [
    task.description,
    task.dueDate,
    labels,
    rank,
    repeat,
    repeatFrom,
    completedAt,
    previous,
    next,
  ];
  return JSON.stringify([
    checklistId,
    id,
    todo,
    status,
    priority,
    ...optional.map((member) => member ?? null),
    createdAt,
    updatedAt,
    version,
    ...stayCells(task.trash),
  ]);
}

function stayCells(trash: Stay | undefined): readonly number[] {
  return trash ? [trash.deletedAt, trash.until] : [];
}

/** Order of the stores, by code points: UTF-16 would put U+FFFD after U+1F600. Negative if `a` is first. */
export function byCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const [one, other] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (one !== other) return rank(one) - rank(other);
  }
  return a.length - b.length;
}

/** A surrogate represents a code point above every other unit's. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
