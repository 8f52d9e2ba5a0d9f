import type { Answer, Resource } from "../api/types.ts";
import { same } from "../merge/merge.ts";
import type { Draft } from "./draft.ts";
import type { Forms, ListRecord, ServerTask, TaskRecord } from "./records.ts";

/** What the service says about a row, with its ETag where it came alone. */
export interface Seen {
  readonly body: Resource;
  readonly etag?: string;
}

/** @throws Error if the answer has no body: it is about a row */
export function seenIn({ body, etag }: Answer): Seen {
  if (!body) throw new Error("the answer has no body");
  return { body, ...(etag === undefined ? {} : { etag }) };
}

export function selfOf(body: Resource): string {
  return linkOf(body, "self") ?? "";
}

export function linkOf(body: Resource, relation: string): string | undefined {
  return body._links[relation]?.href;
}

/**
 * Takes over a task. Of one that is not known under this address, a new row is made.
 * @param key of the row, if that is known
 * @returns undefined if its list is not known
 */
export function takeTask(draft: Draft, seen: Seen, key?: string): TaskRecord | undefined {
  const { body } = seen;
  const list = draft.keyAt(linkOf(body, "checklist") ?? "");
  if (list === undefined) return undefined;
  const known = key ?? draft.keyAt(selfOf(body)) ?? freeKey(draft, "task", String(body.id));
  const old = draft.task(known);
  const record: TaskRecord = {
    ...located(draft, seen, known),
    list,
    rank: old?.rank ?? "",
    server: taskIn(body),
  };
  draft.putTask(record);
  return record;
}

export function takeList(draft: Draft, seen: Seen, inbox: string | undefined, key?: string): ListRecord {
  const { body } = seen;
  const known = key ?? draft.keyAt(selfOf(body)) ?? freeKey(draft, "list", String(body.id));
  const old = draft.list(known);
  const tasks = linkOf(body, "tasks");
  const updatedAt = textOf(body.updatedAt);
  const record: ListRecord = {
    ...located(draft, seen, known),
    server: { name: String(body.name), ...(updatedAt === undefined ? {} : { updatedAt }) },
    isInbox: tasks !== undefined && tasks === inbox,
    ...(tasks === undefined ? {} : { tasks }),
    // Links show what this caller may do: as long as they are the same, so are the rights.
    ...(old?.addTask !== undefined && same(old.resource?._links, body._links)
      ? { addTask: old.addTask }
      : {}),
    ...(old?.isWhole && !old.gone ? { isWhole: true } : {}),
    resource: seen.etag === undefined && old?.resource ? { ...old.resource, ...body } : body,
  };
  draft.putList(record);
  return record;
}

/** A row's id is its key, unless another row has that already: ids are unique in their list only. */
function freeKey(draft: Draft, what: "task" | "list", id: string): string {
  const taken = what === "task" ? draft.task(id) : draft.list(id);
  return taken ? draft.newId() : id;
}

function located(draft: Draft, { body, etag }: Seen, key: string) {
  const forms = formsIn(body);
  return {
    key,
    id: String(body.id),
    self: selfOf(body),
    seen: draft.generation,
    ...(etag === undefined ? {} : { etag, forms }),
  };
}

function formsIn({ _templates }: Resource): Forms {
  const { patch, delete: remove } = _templates ?? {};
  // Their properties repeat the row; what is sent is known.
  return {
    ...(patch ? { patch: { ...patch, properties: [] } } : {}),
    ...(remove ? { delete: { ...remove, properties: [] } } : {}),
  };
}

export function taskIn(body: Resource): ServerTask {
  const { todo, status, priority, labels, rank, id } = body;
  const task: Record<string, unknown> = {
    todo: String(todo),
    status,
    priority,
    labels: Array.isArray(labels) ? labels : [],
    rank: String(rank ?? id),
  };
  for (const name of OPTIONAL) if (body[name] !== undefined) task[name] = body[name];
  for (const relation of ["previous", "next"]) {
    const href = linkOf(body, relation);
    if (href !== undefined) task[relation] = href;
  }
  return task as unknown as ServerTask;
}

const OPTIONAL = [
  "description",
  "dueDate",
  "repeat",
  "repeatFrom",
  "completedAt",
  "createdAt",
  "updatedAt",
] as const;

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
