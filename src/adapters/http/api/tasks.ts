import { inboxOf, inboxRoleOf } from "../../../application/caller.ts";
import type { Awaitable } from "../../../application/ports.ts";
import { notFound } from "../../../application/written.ts";
import { refuse } from "../../../domain/errors.ts";
import { replacement, type Task, type TaskEdit } from "../../../domain/task.ts";
import type { Guard } from "../../../domain/version.ts";
import { then } from "../../../lib/then.ts";
import type { Exchange } from "../kernel/exchange.ts";
import type { LinkBase } from "../kernel/links.ts";
import { type Asked, READS, READS_ROW, WRITES } from "../kernel/operation.ts";
import { possibleId, taskFilter } from "../kernel/query.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { BODY_TYPES, PATCH_TYPES, readJson } from "./body.ts";
import { dayOf } from "./day.ts";
import { offered, type Template, template } from "./forms.ts";
import { knownTask, knownTasks, nearTask, variantOf } from "./neighbours.ts";
import { COLLECTION_OFFERS, collectionReply, RESOURCE_OFFERS, rowReply } from "./pages.ts";
import { taskText } from "./remembered-tasks.ts";
import { link, taskObject } from "./representations.ts";
import type { ApiResource } from "./resource.ts";
import { newTaskBody, TASK_CREATE, TASK_PATCH, TASK_REPLACE, taskPatch, taskReplacement } from "./schemas.ts";
import { deleted, keyed, replayed, writeCondition } from "./writes.ts";

const FILTERS = ["status", "completed", "priority", "labels", "dueBefore", "dueAfter", "q"] as const;

const taskRoutes: readonly Route[] = [
  {
    path: "/tasks",
    methods: {
      GET: {
        ...READS,
        list: checklistOf,
        offers: COLLECTION_OFFERS,
        query: ["checklist", ...FILTERS, "size", "after"],
        handle: list,
      },
      POST: { ...WRITES, list: namedList, offers: RESOURCE_OFFERS, query: ["checklist"], handle: create },
    },
  },
  {
    path: "/tasks/{id}",
    acceptPatch: PATCH_TYPES,
    methods: {
      GET: { ...READS_ROW, list: checklistOf, offers: RESOURCE_OFFERS, query: ["checklist"], handle: read },
      PUT: { ...WRITES, list: checklistOf, offers: RESOURCE_OFFERS, query: ["checklist"], handle: replace },
      PATCH: { ...WRITES, list: checklistOf, offers: RESOURCE_OFFERS, query: ["checklist"], handle: patch },
      DELETE: { ...WRITES, list: checklistOf, query: ["checklist"], handle: remove },
    },
  },
];

export const tasks: ApiResource = {
  routes: taskRoutes,
  links: (base) => ({
    tasks: link(base.at("/tasks")),
    "find-tasks": {
      href: base.at(`/tasks{?checklist,${FILTERS.join(",")},size,after}`),
      templated: true,
    },
  }),
  templates: (x) =>
    offered(x, "write", { "create-task": createForm(x.base, inboxOf(x.caller)) }, inboxRoleOf(x.caller)),
  documentation: async () => (await import("../docs/openapi/tasks.ts")).taskDocumentation,
};

function list(x: Exchange): Promise<Reply> {
  const { base } = x;
  const filter = taskFilter(x.query);
  const checklistId = checklistOf(x);
  return collectionReply(x, {
    url: filteredUrl(x, checklistId),
    read: (after, limit) =>
      then(x.services.tasks.list(checklistId, filter, after, limit), (slice) => knownTasks(x, slice)),
    name: "tasks",
    represent: (row: Task) => taskObject(row, base),
    templates: () => offered(x, "write", { default: createForm(base, checklistId) }),
  });
}

/** The form for a new task in a checklist, or in the inbox. */
export function createForms(x: Exchange, checklistId?: string): object {
  const form = { default: createForm(x.base, checklistId ?? inboxOf(x.caller)) };
  return checklistId === undefined
    ? offered(x, "write", form, inboxRoleOf(x.caller))
    : offered(x, "write", form);
}

function createForm(base: LinkBase, checklistId: string): Template {
  return template("Create a task", "POST", base.tasks(checklistId), TASK_CREATE);
}

function filteredUrl(x: Exchange, checklistId: string): string {
  const url = x.base.tasks(checklistId);
  const filters = FILTERS.filter((name) => x.query.has(name)).map(
    (name) => `${name}=${encodeURIComponent(x.query.get(name) ?? "")}`,
  );
  return filters.length === 0 ? url : `${url}${url.includes("?") ? "&" : "?"}${filters.join("&")}`;
}

async function create(x: Exchange): Promise<Reply> {
  const body = await readJson(x, BODY_TYPES);
  const { change, checklist } = newTaskBody(body.value);
  const checklistId = await checklistFor(x, checklist);
  const scope = `POST /tasks ${checklistId}`;
  const creation = await x.stored(() =>
    x.services.tasks.create(
      x.caller,
      checklistId,
      change,
      keyed(x, scope, body.text, (row) => created(x, row)),
    ),
  );
  return creation.outcome === "created" ? created(x, creation.row) : replayed(creation.answer);
}

/** The checklist named by the URL or the body, which must agree; with neither, the inbox. */
async function checklistFor(x: Exchange, named: string | undefined): Promise<string> {
  const given = x.query.get("checklist");
  for (const id of [named, given]) if (id !== undefined) possibleId(id, "checklist");
  const checklistId = named ?? given ?? inboxOf(x.caller);
  // Before any word about how the two fit together, which would tell that there is such a list.
  await x.demand("write", checklistId);
  if (named !== undefined && given !== undefined && named !== given) {
    const both = await Promise.all(
      [named, given].map((id) => x.stored(() => x.services.checklists.find(id))),
    );
    if (both.includes(undefined)) throw notFound("checklist");
    refuse([{ pointer: "/checklist", detail: "must match the checklist in the URL; leave one of them out" }]);
  }
  return checklistId;
}

function created(x: Exchange, row: Task): Reply {
  const { headers, body } = newTaskReply(x, row);
  headers.location = x.base.task(row.checklistId, row.id);
  return reply(201, headers, body);
}

function read(x: Exchange): Reply | Promise<Reply> {
  const checklistId = checklistOf(x);
  const id = idOf(x);
  return then(
    x.stored(() => x.services.tasks.find(checklistId, id)),
    (row) => {
      if (!row) throw notFound("task");
      return representedTask(x, row);
    },
  );
}

async function replace(x: Exchange): Promise<Reply> {
  const { guard, pinned } = writeCondition(x);
  const { change, checklist } = taskReplacement((await readJson(x, BODY_TYPES)).value);
  return changed(x, { change: replacement(change), pinned, ...target(checklist) }, guard);
}

async function patch(x: Exchange): Promise<Reply> {
  const { guard, pinned } = writeCondition(x);
  const { change, checklist } = taskPatch((await readJson(x, PATCH_TYPES)).value);
  return changed(x, { change, pinned, ...target(checklist) }, guard);
}

async function changed(x: Exchange, edit: TaskEdit, guard: Guard): Promise<Reply> {
  if (edit.to !== undefined) await x.demand("write", edit.to);
  const checklistId = checklistOf(x);
  const id = idOf(x);
  const today = dayOf(x);
  const row = await x.stored(() => x.services.tasks.change(x.caller, checklistId, id, edit, guard, today));
  const answer = await representedTask(x, row);
  if (row.checklistId !== checklistId) answer.headers["content-location"] = x.base.task(row.checklistId, id);
  return answer;
}

/** Where a body moves the task. */
function target(checklist: string | undefined): Pick<TaskEdit, "to"> {
  return checklist === undefined ? {} : { to: possibleId(checklist, "checklist") };
}

async function remove(x: Exchange): Promise<Reply> {
  const { guard } = writeCondition(x);
  const checklistId = checklistOf(x);
  const id = idOf(x);
  await x.stored(() => x.services.tasks.remove(x.caller, checklistId, id, guard));
  return deleted(x, x.base.trashedTask(checklistId, id));
}

function idOf(x: Exchange): string {
  return possibleId(x.params.id ?? "", "task");
}

/** The one that the URL names, or the inbox. @throws TodosError not-found */
export function checklistOf(x: Asked): string {
  return namedList(x) ?? inboxOf(x.caller);
}

/** The one that the URL names. @throws TodosError not-found */
export function namedList({ query }: Asked): string | undefined {
  const given = query.get("checklist");
  return given === undefined ? undefined : possibleId(given, "checklist");
}

/** The row, as GET of its own address answers it. */
function representedTask(x: Exchange, row: Task): Awaitable<Reply> {
  return then(knownTask(x, row), (known) => taskReply(x, row, known));
}

/** A row that has just come to be, or back. */
export function newTaskReply(x: Exchange, row: Task): Reply {
  return taskReply(x, row, nearTask(x, row));
}

function taskReply(x: Exchange, row: Task, known: Task): Reply {
  const isShared = x.services.callers !== undefined && known === row;
  const json = isShared ? taskText(row, x.base) : JSON.stringify(taskObject(known, x.base));
  return rowReply(x, row.version, json, () => templates(x, known), variantOf(row, known));
}

function templates(x: Exchange, row: Task): object {
  const target = x.base.task(row.checklistId, row.id);
  const values = { ...taskObject(row, x.base), checklist: row.checklistId };
  return offered(x, "write", {
    default: template("Replace the task", "PUT", target, TASK_REPLACE, values),
    patch: template("Change the task", "PATCH", target, TASK_PATCH, values),
    delete: template("Delete the task", "DELETE", target),
  });
}
