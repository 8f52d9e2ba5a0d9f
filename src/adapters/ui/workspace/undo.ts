import type { Draft } from "../copy/draft.ts";
import type { RecentRecord, Step } from "../copy/records.ts";
import { same } from "../merge/merge.ts";
import { isGone, shownMembers } from "../queue/shown.ts";
import { type Act, listName } from "./planning.ts";
import { ActError, type ActKind } from "./types.ts";

/** The act that takes another one back. */
export const OPPOSITES: Readonly<Record<ActKind, ActKind>> = {
  "add-task": "delete-task",
  "change-task": "change-task",
  "complete-task": "reopen-task",
  "reopen-task": "complete-task",
  "move-task": "move-task",
  "delete-task": "restore-task",
  "restore-task": "delete-task",
  "add-list": "delete-list",
  "rename-list": "rename-list",
  "delete-list": "restore-list",
  "restore-list": "delete-list",
};

/** The newest that can be undone, or the one that is named. @throws ActError nothing-to-undo */
export function undoable(recents: Iterable<RecentRecord>, id?: string): RecentRecord {
  const found = [...recents]
    .filter((record) => !record.undone && !record.isUndo && (id === undefined || record.id === id))
    .sort((a, b) => b.at - a.at)[0];
  if (!found) throw new ActError("nothing-to-undo");
  return found;
}

/**
 * Takes back what is still as the act left it; what others have changed since stays.
 * @returns whether there was anything; if not, the act is forgotten, so that the one before it can be undone
 */
export function takeBack(draft: Draft, act: Act, record: RecentRecord): boolean {
  const done = [...record.steps].reverse().filter((step) => undoneStep(draft, act, step));
  draft.put("recent", record.id, done.length === 0 ? undefined : { ...record, undone: true });
  return done.length > 0;
}

/** @returns whether there was something to take back */
function undoneStep(draft: Draft, act: Act, step: Step): boolean {
  const { what, key } = step;
  const row = what === "task" ? draft.task(key) : draft.list(key);
  if (!row) return false;
  const isThere = !isGone(row, draft.entriesOf(key));
  if (step.did === "delete") {
    if (isThere) return false;
    act.restore(step);
    return true;
  }
  if (!isThere) return false;
  if (step.did === "create") {
    if (what === "task") act.deleteTask(key);
    else if (isEmpty(draft, key)) act.deleteList(key);
    else return false;
    return true;
  }
  return unchanged(draft, act, step);
}

/** Nothing is in the list: neither of this person nor of others. */
function isEmpty(draft: Draft, list: string): boolean {
  for (const row of draft.rows("tasks")) {
    const entries = draft.entriesOf(row.key);
    if (!isGone(row, entries) && shownMembers(row, entries).list === list) return false;
  }
  return true;
}

function unchanged(draft: Draft, act: Act, step: Extract<Step, { did: "change" }>): boolean {
  const { key, before, after, place } = step;
  if (step.what === "list") {
    const row = draft.list(key);
    if (!row || listName(row, draft) !== after.name) return false;
    act.renameList(key, String(before.name));
    return true;
  }
  const row = draft.task(key);
  const shown = row ? shownMembers(row, draft.entriesOf(key)) : {};
  const members = Object.keys(after).filter((member) => same(shown[member], after[member]));
  // A place is one of a list.
  const isThere = !("list" in after) || members.includes("list");
  const back = isThere ? place : undefined;
  if (members.length === 0 && !back) return false;
  const values = Object.fromEntries(members.map((member) => [member, before[member]]));
  act.changeTask(key, values, back && { place: back });
  return true;
}
