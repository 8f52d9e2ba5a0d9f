import { notFound } from "../../../application/written.ts";
import type { ListRight } from "../../../domain/access.ts";
import type { Checklist } from "../../../domain/checklist.ts";
import type { Task } from "../../../domain/task.ts";
import type { Trashed } from "../../../domain/trash.ts";
import { precondition } from "../kernel/etag.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { type Asked, READS, WRITES } from "../kernel/operation.ts";
import { possibleId } from "../kernel/query.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { readBytes } from "./body.ts";
import { representedChecklist } from "./checklists.ts";
import { offered, template } from "./forms.ts";
import { knownTask, knownTrash, variantOf } from "./neighbours.ts";
import { COLLECTION_OFFERS, collectionReply, RESOURCE_OFFERS, rowReply } from "./pages.ts";
import { link, trashedChecklistObject, trashedTaskObject } from "./representations.ts";
import type { ApiResource } from "./resource.ts";
import { checklistOf, namedList, newTaskReply } from "./tasks.ts";
import { keyed, replayed, writeCondition } from "./writes.ts";

/** Who may delete a checklist may take that back, or make it final. */
const DELETES = { right: "delete", list: pathList } as const;

const trashRoutes: readonly Route[] = [
  {
    path: "/trash",
    methods: {
      GET: {
        ...READS,
        list: namedList,
        offers: COLLECTION_OFFERS,
        query: ["checklist", "size", "after"],
        handle: list,
      },
    },
  },
  {
    path: "/trash/checklists/{id}",
    methods: {
      GET: { ...READS, list: pathList, offers: RESOURCE_OFFERS, query: [], handle: readChecklist },
      DELETE: { ...WRITES, ...DELETES, query: [], handle: discardChecklist },
    },
  },
  {
    path: "/trash/checklists/{id}/restore",
    methods: {
      POST: { ...WRITES, ...DELETES, offers: RESOURCE_OFFERS, query: [], handle: restoreChecklist },
    },
  },
  {
    path: "/trash/tasks/{id}",
    methods: {
      GET: { ...READS, list: checklistOf, offers: RESOURCE_OFFERS, query: ["checklist"], handle: readTask },
      DELETE: { ...WRITES, list: checklistOf, query: ["checklist"], handle: discardTask },
    },
  },
  {
    path: "/trash/tasks/{id}/restore",
    methods: {
      POST: {
        ...WRITES,
        list: checklistOf,
        offers: RESOURCE_OFFERS,
        query: ["checklist"],
        handle: restoreTask,
      },
    },
  },
];

export const trash: ApiResource = {
  routes: trashRoutes,
  links: (base) => ({
    trash: link(base.trash()),
    "find-trash": { href: base.at("/trash{?checklist,size,after}"), templated: true },
  }),
  templates: () => ({}),
  documentation: async () => (await import("../docs/openapi/trash.ts")).trashDocumentation,
};

function list(x: Exchange): Promise<Reply> {
  const given = x.query.get("checklist");
  return given === undefined ? listChecklists(x) : listTasks(x, possibleId(given, "checklist"));
}

function listChecklists(x: Exchange): Promise<Reply> {
  return collectionReply(x, {
    url: x.base.trash(),
    read: (after, limit) => x.services.trash.checklists(x.caller, after, limit),
    name: "checklists",
    represent: (entry: Trashed<Checklist>) => trashedChecklistObject(entry, x.base),
    templates: () => ({}),
  });
}

function listTasks(x: Exchange, checklistId: string): Promise<Reply> {
  return collectionReply(x, {
    url: x.base.trash(checklistId),
    read: async (after, limit) => knownTrash(x, await x.services.trash.tasks(checklistId, after, limit)),
    name: "tasks",
    represent: (entry: Trashed<Task>) => trashedTaskObject(entry, x.base),
    templates: () => ({}),
  });
}

async function readChecklist(x: Exchange): Promise<Reply> {
  const id = pathList(x);
  const entry = await x.stored(() => x.services.trash.findChecklist(id));
  if (!entry) throw notFound("checklist");
  const object = trashedChecklistObject(entry, x.base);
  return rowReply(x, entry.row.version, JSON.stringify(object), () =>
    forms(x, object, "checklist", "delete"),
  );
}

async function restoreChecklist(x: Exchange): Promise<Reply> {
  const { guard } = precondition(x.headers, x.services.epoch);
  const id = pathList(x);
  const answer = (row: Checklist) => at(representedChecklist(x, row), x.base.checklist(id));
  const key = await keyOf(x, `POST /trash/checklists/${id}/restore`, answer);
  const end = await x.stored(() => x.services.trash.restoreChecklist(x.caller, id, guard, key));
  return end.outcome === "restored" ? answer(end.row) : replayed(end.answer);
}

async function discardChecklist(x: Exchange): Promise<Reply> {
  const { guard } = writeCondition(x);
  const id = pathList(x);
  await x.stored(() => x.services.trash.discardChecklist(x.caller, id, guard));
  return reply(204, {});
}

async function readTask(x: Exchange): Promise<Reply> {
  const checklistId = checklistOf(x);
  const id = idOf(x, "task");
  const entry = await x.stored(() => x.services.trash.findTask(checklistId, id));
  if (!entry) throw notFound("task");
  const row = await knownTask(x, entry.row);
  const object = trashedTaskObject({ ...entry, row }, x.base);
  const templates = () => forms(x, object, "task", "write");
  return rowReply(x, row.version, JSON.stringify(object), templates, variantOf(entry.row, row));
}

async function restoreTask(x: Exchange): Promise<Reply> {
  const { guard } = precondition(x.headers, x.services.epoch);
  const checklistId = checklistOf(x);
  const id = idOf(x, "task");
  const answer = (row: Task) => at(newTaskReply(x, row), x.base.task(checklistId, id));
  const key = await keyOf(x, `POST /trash/tasks/${id}/restore ${checklistId}`, answer);
  const end = await x.stored(() => x.services.trash.restoreTask(x.caller, checklistId, id, guard, key));
  return end.outcome === "restored" ? answer(end.row) : replayed(end.answer);
}

async function discardTask(x: Exchange): Promise<Reply> {
  const { guard } = writeCondition(x);
  const checklistId = checklistOf(x);
  const id = idOf(x, "task");
  await x.stored(() => x.services.trash.discardTask(x.caller, checklistId, id, guard));
  return reply(204, {});
}

/** A body is not needed, but one key with two bodies is a mistake. */
async function keyOf<T>(x: Exchange, scope: string, answerFor: (row: T) => Reply) {
  if (!x.headers.has("idempotency-key")) return undefined;
  return keyed(x, scope, await readBytes(x), answerFor);
}

/** The answer is about the resource at this address, not about the one that was asked. */
function at({ status, headers, body }: Reply, url: string): Reply {
  return reply(status, { ...headers, "content-location": url }, body);
}

function forms(x: Exchange, { _links }: Entry, what: "checklist" | "task", right: ListRight): object {
  return offered(x, right, {
    restore: template(`Restore the ${what}`, "POST", _links.restore.href),
    delete: template(`Delete the ${what} for good`, "DELETE", _links.self.href),
  });
}

/** Of its representation. */
interface Entry {
  readonly _links: Readonly<Record<"self" | "restore", { readonly href: string }>>;
}

function pathList(x: Asked): string {
  return idOf(x, "checklist");
}

function idOf(x: Asked, what: "checklist" | "task"): string {
  return possibleId(x.params.id ?? "", what);
}
