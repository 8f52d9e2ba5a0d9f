import type { Answer, Problem, Values } from "../api/types.ts";
import type { Draft } from "../copy/draft.ts";
import type { Entry, ListRecord, MetaRecord, TaskRecord } from "../copy/records.ts";
import { seenIn, selfOf, takeList, takeTask } from "../copy/representations.ts";
import { settled } from "./clashes.ts";

/** So often a place is worked out again; then the row goes where the service puts it. */
const MISPLACED_MAX = 3;

/** When the request was sent. */
interface Then {
  readonly inbox: string | undefined;
  /** Generation in which the row had been taken over. */
  readonly seen: number;
  /** It may have been done by an attempt before, or be gone already: the answer does not tell. */
  readonly wasUnsure: boolean;
}

/** Names, in the copy, what is to be read again: `unread task KEY`. */
const UNREAD = "unread ";

export interface Unread {
  readonly what: "task" | "list";
  readonly key: string;
}

/** What is to be read again, so that it happens also if the page dies before. */
export function unreadIn(meta: Iterable<MetaRecord>): readonly Unread[] {
  return [...meta].flatMap(({ name, value }) => (name.startsWith(UNREAD) ? [value as Unread] : []));
}

export function setUnread(draft: Draft, { what, key }: Unread, isUnread: boolean): void {
  const name = `${UNREAD}${what} ${key}`;
  draft.put("meta", name, isUnread ? { name, value: { what, key } } : undefined);
}

/** The service has done it. The entry may have been given up meanwhile: the row is the service's all the same. */
export function done(draft: Draft, entry: Entry, answer: Answer, then: Then): void {
  const { what, act, key, id } = entry;
  const store = what === "task" ? "tasks" : "lists";
  const row = draft.read(store, key);
  if (act === "delete") deleted(draft, entry, answer);
  else {
    const seen = seenIn(answer);
    const hadTwin = act === "create" && adopt(draft, entry, selfOf(seen.body));
    const known = row === undefined ? undefined : key;
    if (what === "task") takeTask(draft, seen, known);
    else takeList(draft, seen, then.inbox, known);
    // The answer may be older than what was read meanwhile. What is in a restored list comes back with it.
    const isOld =
      hadTwin || (act !== "change" && then.wasUnsure) || (row !== undefined && row.seen !== then.seen);
    if (isOld || (what === "list" && act === "restore")) setUnread(draft, entry, true);
  }
  const current = draft.entry(id);
  if (current) draft.end(current, "sent");
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

function deleted(draft: Draft, { what, key }: Entry, { links }: Answer): void {
  const row: TaskRecord | ListRecord | undefined = what === "task" ? draft.task(key) : draft.list(key);
  if (!row) return;
  const { etag: _, forms: __, ...rest } = row;
  const gone = {
    by: "here",
    at: draft.nowMs,
    ...(links.trash === undefined ? {} : { trash: links.trash }),
  } as const;
  // Seen anew: what is being read at this moment is older.
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
export function unanswered(draft: Draft, id: string, problem: Problem): void {
  const entry = draft.entry(id);
  if (!entry) return;
  // Refused before anything was done.
  const isClear = problem.status === 429 || problem.status === 401;
  draft.putEntry({ ...(isClear ? settled(entry) : entry), problem });
}

/** The row has changed since: it is to be read again. */
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
  if (!row || (row.gone && !isOwed)) return;
  if (what === "list") forgetTasks(draft, key);
  const marked = { ...row, gone: { at: draft.nowMs, ...row.gone, by: "elsewhere" } };
  draft.put(what === "task" ? "tasks" : "lists", key, (isOwed ? marked : undefined) as never);
}
