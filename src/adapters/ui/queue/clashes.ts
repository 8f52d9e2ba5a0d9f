import type { Values } from "../api/types.ts";
import type { Draft } from "../copy/draft.ts";
import type { ClashRecord, Entry, TaskRecord } from "../copy/records.ts";
import { entryOf } from "./entries.ts";
import { shownMembers } from "./shown.ts";

/**
 * Takes the members in question out of an entry, into one that waits for a person; the rest of it goes on. What was
 * edited since in those members comes along.
 */
export function clashed(
  draft: Draft,
  entry: Entry,
  members: readonly string[],
  theirs: Values,
  kind: ClashRecord["kind"],
): void {
  const clash: ClashRecord = { kind, theirs: picked(theirs, members), ...timeOf(theirs) };
  if (kind === "deleting") {
    draft.putEntry({ ...settled(entry), state: "clash", clash });
    const row = entry.what === "task" ? draft.task(entry.key) : draft.list(entry.key);
    if (row) shownAgain(draft, entry, row);
    return;
  }
  const rest = without(entry.changes, members);
  const later = draft
    .entriesOf(entry.key)
    .filter(({ act, seq, state }) => act === "change" && seq > entry.seq && state === "waiting");
  let mine = picked(entry.changes, members);
  for (const next of later) {
    const shared = members.filter((member) => member in next.changes);
    if (shared.length === 0 || next.isUnsure) continue;
    mine = { ...mine, ...picked(next.changes, shared) };
    putRest(draft, next, without(next.changes, shared));
  }
  const { place: _, ...waiting } = settled(entry);
  if (Object.keys(rest).length === 0 && !entry.place)
    draft.putEntry({ ...waiting, changes: mine, state: "clash", clash });
  else {
    // The rest keeps its id and its turn: it may have been sent.
    draft.putEntry({ ...entry, changes: rest, base: without(entry.base, members) });
    const split = entryOf(draft, entry, "change", { base: picked(entry.base, members), changes: mine });
    draft.putEntry({ ...split, madeAt: entry.madeAt, day: entry.day, state: "clash", clash });
  }
}

/** What a row is owed that is deleted elsewhere: nothing if it was to be deleted here, else a decision. */
export function meetsDeleted(draft: Draft, entry: Entry): void {
  const entries = draft.entriesOf(entry.key);
  const changing = entries.filter(({ act }) => act === "change");
  const changes: Values = Object.assign({}, ...changing.map((each) => each.changes));
  const deletion = entries.findLast(({ act }) => act === "delete");
  if (deletion) {
    // What it was to become. A restoration after it still has its turn.
    for (const each of entries) {
      if (each.seq <= deletion.seq) draft.end(each, each === deletion ? "sent" : "merged");
    }
    const row = entry.what === "task" ? draft.task(entry.key) : draft.list(entry.key);
    const gone = { at: draft.nowMs, ...row?.gone, by: "here" } as const;
    if (row) draft.put(entry.what === "task" ? "tasks" : "lists", row.key, { ...row, gone } as never);
    return;
  }
  for (const { id } of entries) draft.put("queue", id, undefined);
  if (Object.keys(changes).length === 0) {
    for (const each of entries) draft.end(each, "merged");
    dropRow(draft, entry);
    return;
  }
  // What was edited first was edited on what the service had.
  const base: Values = Object.assign({}, ...changing.map((each) => each.base).reverse());
  const { place: _, ...rest } = settled(entry);
  draft.putEntry({
    ...rest,
    act: "change",
    base,
    changes,
    state: "clash",
    clash: { kind: "deleted", theirs: {} },
  });
}

/** The person has decided. @param choice members not named are theirs */
export function settleChanged(
  draft: Draft,
  entry: Entry,
  choice: Readonly<Record<string, "mine" | "theirs">>,
): void {
  const mine = Object.keys(entry.changes).filter((member) => choice[member] === "mine");
  const { clash, ...kept } = entry;
  if (mine.length === 0) {
    draft.end(entry, "dropped");
    return;
  }
  draft.putEntry({
    ...kept,
    changes: picked(entry.changes, mine),
    base: Object.fromEntries(mine.map((member) => [member, clash?.theirs[member] ?? null])),
    state: "waiting",
  });
}

/** What was deleted elsewhere becomes a new row, with everything that was done to it here. */
export function keepDeleted(draft: Draft, entry: Entry): void {
  if (entry.what === "task") keepTask(draft, entry);
  else keepList(draft, entry);
}

/** As a new list: what is kept of its tasks comes into it. */
function keepList(draft: Draft, entry: Entry): void {
  const { key, madeAt, changes } = entry;
  for (const { id } of draft.entriesOf(key)) draft.put("queue", id, undefined);
  draft.putList({ key, isInbox: false, seen: draft.generation });
  draft.putEntry({ ...entryOf(draft, { ...entry, kind: "add-list" }, "create", { changes }), madeAt });
}

function keepTask(draft: Draft, entry: Entry): void {
  const { key } = entry;
  const row = draft.task(key);
  if (!row) {
    draft.end(entry, "dropped");
    return;
  }
  const entries = draft.entriesOf(key);
  const { list, ...members } = shownMembers(row, entries);
  for (const { id } of entries) draft.put("queue", id, undefined);
  draft.putTask({
    key,
    list: String(list),
    rank: row.rank || (row.server?.rank ?? ""),
    seen: draft.generation,
  });
  const made = { ...picked(members, CREATABLE), list };
  draft.putEntry({
    ...entryOf(draft, { ...entry, kind: "add-task" }, "create", { changes: present(made) }),
    madeAt: entry.madeAt,
  });
}

/** A row that was gone is there again: what waited for a decision because of that is sent as any other change. */
export function isBack(draft: Draft, key: string): void {
  for (const entry of draft.entriesOf(key)) {
    if (entry.state !== "clash" || entry.clash?.kind !== "deleted") continue;
    const { clash: _, ...rest } = entry;
    draft.putEntry({ ...rest, state: "waiting" });
  }
}

/** Lets go of a row that is deleted elsewhere. */
export function dropDeleted(draft: Draft, entry: Entry): void {
  for (const each of draft.entriesOf(entry.key)) draft.end(each, "dropped");
  dropRow(draft, entry);
}

export function dropRow(draft: Draft, { what, key }: Entry): void {
  draft.put(what === "task" ? "tasks" : "lists", key, undefined);
}

const CREATABLE = ["todo", "status", "priority", "description", "dueDate", "labels", "repeat", "repeatFrom"];

function putRest(draft: Draft, entry: Entry, changes: Values): void {
  if (Object.keys(changes).length === 0 && !entry.place) draft.put("queue", entry.id, undefined);
  else draft.putEntry({ ...entry, changes });
}

/** As if it had never been sent: what came of that is known by now. */
export function settled(entry: Entry): Entry {
  const { firstSentAt: _, body: __, isUnsure: ___, sentEtag: ____, problem: _____, ...rest } = entry;
  return rest;
}

function shownAgain(draft: Draft, { what }: Entry, row: { readonly key: string }): void {
  const { gone: _, ...back } = row as TaskRecord;
  draft.put(what === "task" ? "tasks" : "lists", row.key, back as never);
}

function picked(values: Values, members: readonly string[]): Values {
  return Object.fromEntries(
    members.filter((member) => member in values).map((member) => [member, values[member]]),
  );
}

function without(values: Values, members: readonly string[]): Values {
  return Object.fromEntries(Object.entries(values).filter(([member]) => !members.includes(member)));
}

function present(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== null && value !== undefined),
  );
}

function timeOf({ updatedAt }: Values): { readonly theirsAt?: number } {
  return typeof updatedAt === "string" ? { theirsAt: Date.parse(updatedAt) } : {};
}
