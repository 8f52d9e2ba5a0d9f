import type { Draft } from "../copy/draft.ts";
import type { Entry, TaskRecord } from "../copy/records.ts";
import { setUnread } from "./answers.ts";
import { dropDeleted, keepDeleted, settleChanged, settled } from "./clashes.ts";

/** What a person decides about a clash. */
export type Choice = Readonly<Record<string, "mine" | "theirs">> | "keep" | "drop";

/** Sends again what was refused; what may be done twice only if it is named. */
export function retried(draft: Draft, id: string | undefined): void {
  for (const entry of [...draft.rows("queue")]) {
    const isMeant = id === undefined ? entry.state === "stuck" : entry.id === id;
    if (!isMeant || (entry.state !== "stuck" && entry.state !== "doubtful")) continue;
    draft.putEntry({ ...settled(entry), requestKey: draft.newId(), state: "waiting" });
  }
}

/** Gives up an entry, and those that can't be without it. */
export function dropped(draft: Draft, id: string): void {
  const entry = draft.entry(id);
  if (!entry) return;
  if (entry.act === "create") {
    dropCreation(draft, entry);
    return;
  }
  draft.end(entry, "dropped");
  if (entry.act === "delete") showAgain(draft, entry);
  if (entry.act !== "change") return;
  for (const later of draft.entriesOf(entry.key)) {
    if (later.seq < entry.seq || later.act !== "change") continue;
    // It was edited on top of something that was never created.
    const shared = Object.keys(entry.base).filter((member) => member in later.base);
    const base = Object.fromEntries(shared.map((member) => [member, entry.base[member]]));
    draft.putEntry({ ...later, base: { ...later.base, ...base } });
  }
}

export function settleClash(draft: Draft, id: string, choice: Choice): void {
  const entry = draft.entry(id);
  if (!entry?.clash) return;
  const { kind } = entry.clash;
  if (kind === "changed") settleChanged(draft, entry, typeof choice === "object" ? choice : {});
  else if (typeof choice === "object") return;
  else if (kind === "deleting") settleDeleting(draft, entry, choice);
  else if (choice === "keep") keepDeleted(draft, entry);
  else dropDeleted(draft, entry);
}

/** Deleted here, changed elsewhere: as it is there, it is deleted now, or stays. */
function settleDeleting(draft: Draft, entry: Entry, choice: "keep" | "drop"): void {
  if (choice === "keep") {
    draft.end(entry, "dropped");
    return;
  }
  const { clash, ...kept } = entry;
  draft.putEntry({ ...kept, base: { ...entry.base, ...clash?.theirs }, state: "waiting" });
}

function dropCreation(draft: Draft, { what, key }: Entry): void {
  for (const entry of draft.entriesOf(key)) draft.end(entry, "dropped");
  draft.put(what === "task" ? "tasks" : "lists", key, undefined);
  if (what === "task") return;
  for (const row of [...draft.tasksOf(key)]) {
    for (const entry of draft.entriesOf(row.key)) draft.end(entry, "dropped");
    draft.put("tasks", row.key, undefined);
  }
}

function showAgain(draft: Draft, { what, key }: Entry): void {
  const store = what === "task" ? "tasks" : "lists";
  const row = draft.read(store, key);
  // What is gone elsewhere, too, stays so.
  if (row?.gone?.by !== "here") return;
  const { gone: _, ...back } = row as TaskRecord;
  draft.put(store, key, back as never);
  // It may have been gone before: better to look.
  if (row.self !== undefined) setUnread(draft, row.self);
}
