import type { Values } from "../api/types.ts";
import type { Draft } from "../copy/draft.ts";
import type { Entry } from "../copy/records.ts";
import { same } from "../merge/merge.ts";
import type { ActKind, Place } from "../workspace/types.ts";

/** What a person does to one row. */
export interface Edit {
  readonly what: "task" | "list";
  readonly kind: ActKind;
  readonly key: string;
  /** Text or name of the row. */
  readonly name: string;
  readonly day: string;
}

/** An entry at the queue's end. */
export function entryOf(
  draft: Draft,
  { what, kind, key, name, day }: Edit,
  act: Entry["act"],
  facts: { readonly base?: Values; readonly changes?: Values; readonly place?: Place } = {},
): Entry {
  return {
    // An entry may be given as the edit: nothing else of it comes along.
    what,
    kind,
    key,
    name,
    day,
    id: draft.newId(),
    seq: draft.nextSeq(),
    act,
    madeAt: draft.nowMs,
    base: facts.base ?? {},
    changes: facts.changes ?? {},
    ...(facts.place ? { place: facts.place } : {}),
    requestKey: draft.newId(),
    attempts: 0,
    state: "waiting",
  };
}

/**
 * Queues a change of a row, joined with the one before where nothing of that one has been sent.
 * @param shown the row's members as shown before
 */
export function queueChange(draft: Draft, edit: Edit, shown: Values, changes: Values, place?: Place): void {
  const rest = intoClash(draft, edit.key, changes);
  if (Object.keys(rest).length === 0 && !place) return;
  const last = draft.entriesOf(edit.key).at(-1);
  // Edited on something else, in another tab: then it is compared with what the last one makes.
  const isOnTop = Object.keys(rest).every(
    (name) => !last || !(name in last.changes) || same(last.changes[name], shown[name]),
  );
  if (last && isOnTop && isJoinable(last)) {
    join(draft, last, edit, shown, rest, place);
    return;
  }
  const base = Object.fromEntries(Object.keys(rest).map((member) => [member, shown[member] ?? null]));
  draft.putEntry(entryOf(draft, edit, "change", { base, changes: rest, ...(place ? { place } : {}) }));
}

/** Nothing of it has been sent, so that it may still become another request. */
export function isJoinable({ act, state, firstSentAt }: Entry): boolean {
  return (act === "create" || act === "change") && firstSentAt === undefined && state !== "clash";
}

/** @returns the changes that are about no member in a clash: those become "mine" there */
function intoClash(draft: Draft, key: string, changes: Values): Values {
  const rest = { ...changes };
  for (const entry of draft.entriesOf(key)) {
    if (entry.state !== "clash" || entry.act !== "change") continue;
    const shared = Object.keys(rest).filter((member) => member in entry.changes);
    if (shared.length === 0) continue;
    const mine = Object.fromEntries(shared.map((member) => [member, rest[member]]));
    draft.putEntry({ ...entry, changes: { ...entry.changes, ...mine }, madeAt: draft.nowMs });
    for (const member of shared) delete rest[member];
  }
  return rest;
}

function join(draft: Draft, last: Entry, edit: Edit, shown: Values, changes: Values, place?: Place): void {
  const base: Record<string, unknown> = { ...last.base };
  const joined: Record<string, unknown> = { ...last.changes, ...changes };
  if (last.act === "change") {
    for (const member of Object.keys(changes)) {
      if (!(member in base)) base[member] = shown[member] ?? null;
      if (!same(base[member], joined[member])) continue;
      delete base[member];
      delete joined[member];
    }
  }
  const { problem: _, ...entry } = last;
  const kept = place ?? last.place;
  if (last.act === "change" && !kept && Object.keys(joined).length === 0) {
    draft.put("queue", last.id, undefined);
    return;
  }
  const kind = last.act === "create" ? last.kind : edit.kind;
  // When a task is completed is what the day says.
  const day = "status" in changes ? edit.day : last.day;
  const facts = { base, changes: joined, kind, name: edit.name, day, state: "waiting" } as const;
  draft.putEntry({ ...entry, ...facts, ...(kept ? { place: kept } : {}) });
}
