import type { Problem, SendOptions, Template, Values } from "../api/types.ts";
import type { Draft } from "../copy/draft.ts";
import type { Entry, ListRecord, TaskRecord } from "../copy/records.ts";
import { merged, same } from "../merge/merge.ts";
import { clashed, meetsDeleted } from "./clashes.ts";
import { positionFor } from "./positions.ts";
import { TASK_MEMBERS } from "./shown.ts";

/** A key is kept so long by the service: a POST that is older and was not answered might be done twice. */
export const KEY_LIFE_MS = 24 * 60 * 60 * 1_000;

/** What the sender has to do next about an entry. */
export type Next =
  /** It ended, or was changed to something that waits for a person. */
  | { readonly do: "nothing" }
  /** It needs another entry, which comes first. */
  | { readonly do: "wait" }
  /** Its row has to be read: its ETag is not known. */
  | { readonly do: "read"; readonly self: string }
  /** How to add tasks to this list has to be read. */
  | { readonly do: "read-list"; readonly key: string }
  /** Where it is in the trash has to be found. */
  | { readonly do: "find"; readonly key: string }
  | Sending;

export interface Sending {
  readonly do: "send";
  readonly template: Template;
  readonly values?: Values;
  readonly options: SendOptions;
  /** An attempt before this one may have been done, and this one can't tell. */
  readonly wasUnsure: boolean;
}

/** What the service allows where no row is involved. */
export interface Offers {
  /** How to add a list; absent: this caller may not. */
  readonly addList?: Template;
}

const NOTHING: Next = { do: "nothing" };
const WAIT: Next = { do: "wait" };

/** Decides about an entry by what the copy knows now, and marks it as sent before it is. */
export function prepared(draft: Draft, id: string, offers: Offers): Next {
  const entry = draft.entry(id);
  if (entry?.state !== "waiting") return NOTHING;
  const isPost = entry.act === "create" || entry.act === "restore";
  if (isPost && entry.isUnsure && Math.abs(draft.nowMs - (entry.firstSentAt ?? draft.nowMs)) > KEY_LIFE_MS) {
    draft.putEntry({ ...entry, state: "doubtful" });
    return NOTHING;
  }
  if (entry.act === "create") {
    return entry.what === "list" ? createsList(draft, entry, offers) : createsTask(draft, entry);
  }
  const row = entry.what === "task" ? draft.task(entry.key) : draft.list(entry.key);
  if (!row) return over(draft, entry);
  if (row.self === undefined) return WAIT;
  if (entry.act === "restore") return restores(draft, entry, row);
  if (row.gone?.by === "elsewhere") {
    meetsDeleted(draft, entry);
    return NOTHING;
  }
  if (row.etag === undefined || row.forms === undefined) return { do: "read", self: row.self };
  return entry.act === "delete" ? deletes(draft, entry, row) : changes(draft, entry, row);
}

function createsList(draft: Draft, entry: Entry, { addList }: Offers): Next {
  if (!addList) return refused(draft, entry);
  return send(draft, entry, addList, entry.body ?? { name: entry.changes.name });
}

function createsTask(draft: Draft, entry: Entry): Next {
  const list = draft.list(String(entry.changes.list));
  if (!list) return refused(draft, entry, LIST_GONE);
  if (list.self === undefined) return WAIT;
  if (list.addTask === undefined) return { do: "read-list", key: list.key };
  if (list.addTask === null) return refused(draft, entry);
  if (entry.body) return send(draft, entry, list.addTask, entry.body);
  const { list: _, ...members } = entry.changes;
  const position = entry.place && positionFor(draft, list.key, entry.key, entry.place);
  return send(draft, entry, list.addTask, { ...members, ...(position ? { position } : {}) });
}

function restores(draft: Draft, entry: Entry, row: TaskRecord | ListRecord): Next {
  // Restored elsewhere, or by an attempt that was not answered.
  if (!row.gone) return over(draft, entry);
  const { restore } = row.gone;
  return restore ? send(draft, entry, restore) : { do: "find", key: row.key };
}

function changes(draft: Draft, entry: Entry, row: TaskRecord | ListRecord): Next {
  const form = row.forms?.patch;
  if (!form) return refused(draft, entry);
  const theirs: Values = {
    ...row.server,
    ...(entry.what === "task" ? { list: (row as TaskRecord).list } : {}),
  };
  const { send: toSend, clash } = mergedSafely(entry, theirs, row.etag);
  if (clash.length > 0) {
    clashed(draft, entry, clash, theirs, "changed");
    return NOTHING;
  }
  const { list, ...members } = toSend;
  const target = list === undefined ? undefined : draft.list(String(list));
  if (list !== undefined && !target) return refused(draft, entry, LIST_GONE);
  if (target && target.id === undefined) return WAIT;
  const inList = String(list ?? theirs.list);
  const position = entry.place && positionFor(draft, inList, entry.key, entry.place);
  const values = {
    ...members,
    ...(target ? { checklist: target.id } : {}),
    ...(position ? { position } : {}),
  };
  if (Object.keys(values).length === 0) return over(draft, entry);
  return send(draft, entry, form, values, row.etag);
}

/** Of what may have been done already, nothing is done again over what others did since. */
function mergedSafely(entry: Entry, theirs: Values, etag: string | undefined) {
  const result = merged(entry.base, entry.changes, theirs);
  if (!entry.isUnsure || entry.sentEtag === etag) return result;
  const undone = Object.keys(result.send).filter((member) => same(theirs[member], entry.base[member]));
  return { send: result.send, clash: [...result.clash, ...undone] };
}

function deletes(draft: Draft, entry: Entry, row: TaskRecord | ListRecord): Next {
  const form = row.forms?.delete;
  if (!form) return refused(draft, entry);
  const theirs: Values = {
    ...row.server,
    ...(entry.what === "task" ? { list: (row as TaskRecord).list } : {}),
  };
  const differing = changedSince(entry, theirs);
  if (differing.length === 0) return send(draft, entry, form, undefined, row.etag);
  clashed(draft, entry, differing, theirs, "deleting");
  return NOTHING;
}

/** Members that are not what the person saw when deleting. */
function changedSince({ what, base }: Entry, theirs: Values): readonly string[] {
  if (what === "list") return same(base.name, theirs.name) ? [] : ["name"];
  // The service takes the rule away from what is completed.
  const isDone = base.status === "completed" && theirs.status === "completed";
  return [...TASK_MEMBERS, "list"].filter(
    (member) => !same(base[member], theirs[member]) && !(isDone && member.startsWith("repeat")),
  );
}

function over(draft: Draft, entry: Entry): Next {
  draft.end(entry, entry.isUnsure ? "sent" : "merged");
  return NOTHING;
}

const FORBIDDEN: Problem = {
  status: 403,
  code: "forbidden",
  title: "You are no longer allowed to do this here",
};
const LIST_GONE: Problem = { status: 404, code: "not-found", title: "Its list no longer exists" };

function refused(draft: Draft, entry: Entry, problem = FORBIDDEN): Next {
  draft.putEntry({ ...entry, state: "stuck", problem });
  return NOTHING;
}

function send(draft: Draft, entry: Entry, template: Template, values?: Values, etag?: string): Next {
  const { act, requestKey, day } = entry;
  draft.putEntry({
    ...entry,
    attempts: entry.attempts + 1,
    firstSentAt: entry.firstSentAt ?? draft.nowMs,
    isUnsure: true,
    ...(act === "create" && values ? { body: values } : {}),
    ...(etag === undefined ? {} : { sentEtag: etag }),
  });
  const isPost = act === "create" || act === "restore";
  return {
    do: "send",
    template,
    wasUnsure: entry.isUnsure === true && entry.sentEtag === etag,
    ...(values ? { values } : {}),
    options: {
      ...(isPost ? { idempotencyKey: requestKey } : {}),
      ...(etag === undefined ? {} : { ifMatch: etag }),
      headers: { "todos-day": day },
    },
  };
}
