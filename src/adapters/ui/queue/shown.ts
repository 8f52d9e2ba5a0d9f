import type { Values } from "../api/types.ts";
import type { Entry, ListRecord, TaskRecord } from "../copy/records.ts";
import type { TaskRow } from "../workspace/types.ts";

/** Members of a task that a person edits. */
export const TASK_MEMBERS = [
  "todo",
  "status",
  "priority",
  "description",
  "dueDate",
  "labels",
  "repeat",
  "repeatFrom",
] as const;

/** Members as shown, with `list`: the base of the next change. */
export function shownMembers(row: TaskRecord, entries: readonly Entry[]): Values {
  return Object.assign({ ...row.server, list: row.list }, ...entries.map(({ changes }) => changes));
}

/** Whether the row is deleted, as far as the person is concerned. */
export function isGone(row: TaskRecord | ListRecord, entries: readonly Entry[]): boolean {
  const last = entries.findLast(
    ({ act, state }) => (act === "delete" && state !== "clash") || act === "restore",
  );
  if (last) return last.act === "delete";
  // What was changed here and deleted elsewhere stays to be seen until somebody decides.
  if (row.gone) return row.gone.by === "here" || entries.length === 0;
  return row.server === undefined && !entries.some(({ act }) => act === "create");
}

/** @returns undefined if it is deleted */
export function shownTask(
  row: TaskRecord,
  entries: readonly Entry[],
  keyAt: (self: string) => string | undefined,
): TaskRow | undefined {
  if (isGone(row, entries)) return undefined;
  const { server } = row;
  // Of nearly all rows nothing is waiting to be sent: there may be thousands at once.
  const members: Values =
    entries.length === 0 && server ? (server as unknown as Values) : shownMembers(row, entries);
  const place = entries.findLast((entry) => entry.place !== undefined);
  const shown: Record<string, unknown> = {
    key: row.key,
    list: entries.length === 0 ? row.list : String(members.list),
    todo: String(members.todo),
    status: members.status ?? "pending",
    priority: members.priority ?? "medium",
    labels: members.labels ?? NO_LABELS,
    rank: place || !server ? row.rank : server.rank,
    pending: entries.length > 0,
  };
  const more = {
    id: row.id,
    description: members.description,
    dueDate: members.dueDate,
    repeat: members.repeat,
    repeatFrom: members.repeatFrom,
    completedAt: server?.completedAt,
    createdAt: server?.createdAt,
    updatedAt: server?.updatedAt,
    previous: server?.previous === undefined ? undefined : keyAt(server.previous),
    next: server?.next === undefined ? undefined : keyAt(server.next),
    clash: entries.find(({ state }) => state === "clash")?.id,
  };
  for (const [name, value] of Object.entries(more))
    if (value !== undefined && value !== null) shown[name] = value;
  return Object.freeze(shown) as unknown as TaskRow;
}

const NO_LABELS: readonly string[] = [];

/** Without members that are undefined or null. */
export function defined(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== null),
  );
}
