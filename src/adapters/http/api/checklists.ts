import type { SeenChecklist } from "../../../application/visible.ts";
import { notFound } from "../../../application/written.ts";
import type { Checklist, ChecklistChange } from "../../../domain/checklist.ts";
import type { Guard } from "../../../domain/version.ts";
import { then } from "../../../lib/then.ts";
import type { Exchange } from "../kernel/exchange.ts";
import type { LinkBase } from "../kernel/links.ts";
import { type Asked, READS, READS_ROW, WRITES } from "../kernel/operation.ts";
import { possibleId } from "../kernel/query.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { BODY_TYPES, PATCH_TYPES, readJson } from "./body.ts";
import { offered, type Template, template } from "./forms.ts";
import { COLLECTION_OFFERS, collectionReply, RESOURCE_OFFERS, rowReply } from "./pages.ts";
import { checklistFor } from "./remembered-checklists.ts";
import { checklistObject, link } from "./representations.ts";
import type { ApiResource } from "./resource.ts";
import {
  CHECKLIST_CREATE,
  CHECKLIST_PATCH,
  CHECKLIST_REPLACE,
  checklistChange,
  checklistName,
} from "./schemas.ts";
import { sharingForms, sharingLinks } from "./sharing.ts";
import { deleted, keyed, replayed, writeCondition } from "./writes.ts";

const checklistRoutes: readonly Route[] = [
  {
    path: "/checklists",
    methods: {
      GET: { ...READS, right: "own", offers: COLLECTION_OFFERS, query: ["size", "after"], handle: list },
      POST: { ...WRITES, right: "create-list", offers: RESOURCE_OFFERS, query: [], handle: create },
    },
  },
  {
    path: "/checklists/{id}",
    acceptPatch: PATCH_TYPES,
    methods: {
      GET: { ...READS_ROW, list: idOf, offers: RESOURCE_OFFERS, query: [], handle: read },
      PUT: { ...WRITES, right: "rename", list: idOf, offers: RESOURCE_OFFERS, query: [], handle: replace },
      PATCH: { ...WRITES, right: "rename", list: idOf, offers: RESOURCE_OFFERS, query: [], handle: patch },
      DELETE: { ...WRITES, right: "delete", list: idOf, query: [], handle: remove },
    },
  },
];

export const checklists: ApiResource = {
  routes: checklistRoutes,
  links: (base) => ({ checklists: link(base.checklists()) }),
  templates: (x) => offered(x, "create-list", { default: createForm(x.base) }),
  documentation: async () => (await import("../docs/openapi/checklists.ts")).checklistDocumentation,
};

function list(x: Exchange): Promise<Reply> {
  const { base } = x;
  const { checklists: lists } = x.services;
  return collectionReply(x, {
    url: base.checklists(),
    cursors: lists.order,
    read: (after, limit) => lists.list(x.caller, after, limit),
    name: "checklists",
    represent: (row: SeenChecklist) => checklistObject(row, base, sharingLinks(x, row.id, row.role)),
    templates: () => offered(x, "create-list", { default: createForm(base) }),
  });
}

function createForm(base: LinkBase): Template {
  return template("Create a checklist", "POST", base.checklists(), CHECKLIST_CREATE);
}

async function create(x: Exchange): Promise<Reply> {
  const body = await readJson(x, BODY_TYPES);
  const name = checklistName(CHECKLIST_CREATE, body.value);
  const creation = await x.stored(() =>
    x.services.checklists.create(
      x.caller,
      name,
      keyed(x, "POST /checklists", body.text, (row) => created(x, row)),
    ),
  );
  return creation.outcome === "created" ? created(x, creation.row) : replayed(creation.answer);
}

function created(x: Exchange, row: Checklist): Reply {
  x.role = "owner";
  const { headers, body } = representedChecklist(x, row);
  headers.location = x.base.checklist(row.id);
  return reply(201, headers, body);
}

function read(x: Exchange): Reply | Promise<Reply> {
  const id = idOf(x);
  return then(
    x.stored(() => x.services.checklists.find(id)),
    (row) => {
      if (!row) throw notFound("checklist");
      return representedChecklist(x, row);
    },
  );
}

async function replace(x: Exchange): Promise<Reply> {
  const { guard } = writeCondition(x);
  const name = checklistName(CHECKLIST_REPLACE, (await readJson(x, BODY_TYPES)).value);
  return changed(x, { name }, guard);
}

async function patch(x: Exchange): Promise<Reply> {
  const { guard } = writeCondition(x);
  return changed(x, checklistChange((await readJson(x, PATCH_TYPES)).value), guard);
}

async function changed(x: Exchange, change: ChecklistChange, guard: Guard): Promise<Reply> {
  const id = idOf(x);
  return representedChecklist(
    x,
    await x.stored(() => x.services.checklists.change(x.caller, id, change, guard)),
  );
}

async function remove(x: Exchange): Promise<Reply> {
  const { guard } = writeCondition(x);
  const id = idOf(x);
  await x.stored(() => x.services.checklists.remove(x.caller, id, guard));
  return deleted(x, x.base.trashedChecklist(id));
}

function idOf(x: Asked): string {
  return possibleId(x.params.id ?? "", "checklist");
}

/** The row, as GET of its own address answers it. */
export function representedChecklist(x: Exchange, row: Checklist): Reply {
  const forms = () => templates(x, row);
  if (!x.services.callers)
    return rowReply(x, row.version, JSON.stringify(checklistObject(row, x.base)), forms);
  const { json, variant } = checklistFor(x, row);
  return rowReply(x, row.version, json, forms, variant);
}

function templates(x: Exchange, row: Checklist): object {
  const target = x.base.checklist(row.id);
  const values = { name: row.name };
  return {
    ...offered(x, "rename", {
      default: template("Replace the checklist", "PUT", target, CHECKLIST_REPLACE, values),
      patch: template("Change the checklist", "PATCH", target, CHECKLIST_PATCH, values),
    }),
    ...offered(x, "delete", { delete: template("Delete the checklist and its tasks", "DELETE", target) }),
    ...sharingForms(x, row.id),
  };
}
