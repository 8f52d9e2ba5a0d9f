import type { Answer, Problem, Values } from "../api/types.ts";
import type { Draft } from "../copy/draft.ts";
import type { Entry, ListRecord, MetaRecord, TaskRecord } from "../copy/records.ts";
import { type Seen, seenIn, selfOf, takeList, takeTask } from "../copy/representations.ts";
import { isBack, settled } from "./clashes.ts";
import { placeAgain } from "./places.ts";

/** So often a place is worked out again; then the row goes where the service puts it. */
const MISPLACED_MAX = 3;

/** What is known about the request. */
interface Then {
  readonly inbox: string | undefined;
  /** Whether the copy has been told about this address since the request was made, so that it may know better. */
  readonly isLate: (self: string) => boolean;
  /** It may have been done by an attempt before: the answer does not tell. */
  readonly wasUnsure: boolean;
}

/** Names, in the copy, an address that must be read again: `unread ADDRESS`. */
const UNREAD = "unread ";

interface Unread {
  readonly self: string;
  /** Generation in which it was last found to be in doubt. */
  readonly since: number;
}

/** Addresses that must be read again, even if the page dies before. */
export function unreadIn(meta: Iterable<MetaRecord>): readonly Unread[] {
  return [...meta].flatMap(({ name, value }) =>
    name.startsWith(UNREAD) ? [{ self: name.slice(UNREAD.length), since: Number(value) }] : [],
  );
}

export function setUnread(draft: Draft, self: string): void {
  draft.setMeta(UNREAD + self, draft.generation);
}

/** It has been read, unless it is in doubt again since. */
export function setRead(draft: Draft, { self, since }: Unread): void {
  if (draft.meta(UNREAD + self) === since) draft.put("meta", UNREAD + self, undefined);
}

/** The service has done it. The entry may have been given up meanwhile: the row is the service's all the same. */
export function done(draft: Draft, entry: Entry, answer: Answer, then: Then): void {
  if (entry.act === "delete") deleted(draft, entry, answer, then);
  else written(draft, entry, answer, then);
  const current = draft.entry(entry.id);
  if (current) draft.end(current, "sent");
}

function written(draft: Draft, entry: Entry, answer: Answer, then: Then): void {
  const { what, act, key } = entry;
  const seen = seenIn(answer);
  const self = selfOf(seen.body);
  const row: TaskRecord | ListRecord | undefined = what === "task" ? draft.task(key) : draft.list(key);
  const isLate = then.isLate(self) || (row?.self !== undefined && then.isLate(row.self));
  const hadTwin = act === "create" && adopt(draft, entry, self);
  const isDoubtful = hadTwin || isLate || (act !== "change" && then.wasUnsure);
  // What is in a restored list comes back with it.
  if (isDoubtful || (what === "list" && act === "restore")) setUnread(draft, self);
  // What has gone meanwhile does not come back because of an answer that was slow.
  if (isLate && act === "change" && (!row || row.gone?.by === "elsewhere")) return;
  const known = row === undefined ? undefined : key;
  if (what === "task") {
    if (takenTask(draft, seen, known)) placeAgain(draft, key);
    else setUnread(draft, self);
    return;
  }
  const list = takenList(draft, seen, then.inbox, known);
  // A new list has nothing in it that is not told.
  if (act === "create" && !isDoubtful) draft.putList({ ...list, isWhole: true });
}

/** Takes over a task: what was in question because the task was gone is not any more. */
export function takenTask(draft: Draft, seen: Seen, key?: string): TaskRecord | undefined {
  const row = takeTask(draft, seen, key);
  if (row) isBack(draft, row.key);
  return row;
}

/** Takes over a list, as {@link takenTask}. */
export function takenList(draft: Draft, seen: Seen, inbox: string | undefined, key?: string): ListRecord {
  const row = takeList(draft, seen, inbox, key);
  isBack(draft, row.key);
  return row;
}

/**
 * The row was seen before the answer to its making: what is known under its id becomes the row made here.
 * @returns whether it was
 */
function adopt(draft: Draft, { what, key }: Entry, self: string): boolean {
  const twin = draft.keyAt(self);
  if (twin === undefined || twin === key) return false;
  for (const entry of draft.entriesOf(twin)) draft.putEntry({ ...entry, key });
  if (what === "list") adoptTasks(draft, twin, key);
  draft.put(what === "task" ? "tasks" : "lists", twin, undefined);
  return true;
}

function adoptTasks(draft: Draft, twin: string, list: string): void {
  for (const row of [...draft.tasksOf(twin)]) draft.putTask({ ...row, list });
  const renamed = (values: Values) => (values.list === twin ? { ...values, list } : values);
  for (const entry of [...draft.rows("queue")]) {
    if (entry.changes.list !== twin && entry.base.list !== twin) continue;
    draft.putEntry({ ...entry, changes: renamed(entry.changes), base: renamed(entry.base) });
  }
}

function deleted(draft: Draft, { what, key }: Entry, { links }: Answer, then: Then): void {
  const row: TaskRecord | ListRecord | undefined = what === "task" ? draft.task(key) : draft.list(key);
  if (!row) return;
  // It may have been restored elsewhere since.
  if (row.self !== undefined && (then.isLate(row.self) || then.wasUnsure)) setUnread(draft, row.self);
  const { etag: _, forms: __, ...rest } = row;
  const gone = {
    by: "here",
    at: draft.nowMs,
    ...(links.trash === undefined ? {} : { trash: links.trash }),
  } as const;
  // What is being read at this moment may be older.
  const marked = { ...rest, seen: draft.generation, gone };
  draft.put(what === "task" ? "tasks" : "lists", key, marked as never);
  if (what === "list") forgetTasks(draft, key);
}

/** Of a list that is gone. Those with changes that are not sent stay, to be looked at. */
export function forgetTasks(draft: Draft, list: string): void {
  for (const row of [...draft.tasksOf(list)]) {
    if (draft.entriesOf(row.key).length === 0) draft.put("tasks", row.key, undefined);
  }
}

/** The service has refused it for good: a person has to look. */
export function stuck(draft: Draft, id: string, problem: Problem): void {
  const entry = draft.entry(id);
  if (entry) draft.putEntry({ ...settled(entry), state: "stuck", problem });
}

/** There was no answer, or none that decides: the entry stays as it is, with why. */
export function unanswered(draft: Draft, id: string, problem: Problem, wasUnsure: boolean): void {
  const entry = draft.entry(id);
  if (!entry) return;
  // Refused before anything was done; an attempt before may have been done all the same.
  const isClear = !wasUnsure && (problem.status === 429 || problem.status === 401);
  draft.putEntry({ ...(isClear ? settled(entry) : entry), problem });
}

/** The row has changed since: it must be read again. */
export function stale(draft: Draft, { id, what, key }: Entry, wasUnsure: boolean): void {
  const entry = draft.entry(id);
  if (entry && !wasUnsure) draft.putEntry(settled(entry));
  const row: TaskRecord | ListRecord | undefined = what === "task" ? draft.task(key) : draft.list(key);
  if (!row) return;
  const { etag: _, ...rest } = row;
  draft.put(what === "task" ? "tasks" : "lists", key, rest as never);
}

/** A neighbour is gone, or has moved. @returns false if the entry has no place, so that this can't be why */
export function misplaced(draft: Draft, id: string, wasUnsure: boolean): boolean {
  const entry = draft.entry(id);
  if (!entry?.place) return false;
  const { place, ...rest } = { ...(wasUnsure ? entry : settled(entry)), place: entry.place };
  const times = (entry.misplaced ?? 0) + 1;
  draft.putEntry(times > MISPLACED_MAX ? rest : { ...rest, place, misplaced: times });
  return true;
}

/** The row is no more where it was. */
export function gone(draft: Draft, what: "task" | "list", key: string): void {
  const row: TaskRecord | ListRecord | undefined = what === "task" ? draft.task(key) : draft.list(key);
  const isOwed = draft.entriesOf(key).length > 0;
  if (!row || (row.gone && (!isOwed || row.gone.by === "elsewhere"))) return;
  if (what === "list") forgetTasks(draft, key);
  const gone = { at: draft.nowMs, ...row.gone, by: "elsewhere" };
  const marked = { ...row, seen: draft.generation, gone };
  draft.put(what === "task" ? "tasks" : "lists", key, (isOwed ? marked : undefined) as never);
}
