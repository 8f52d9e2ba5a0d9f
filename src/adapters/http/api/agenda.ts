import type { DueSlice } from "../../../application/agenda.ts";
import type { Slice } from "../../../application/ports.ts";
import { isFullDate } from "../../../domain/dates.ts";
import { refuse } from "../../../domain/errors.ts";
import type { Task } from "../../../domain/task.ts";
import { decodeDueCursor, encodeDueCursor } from "../kernel/due-cursor.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { READS } from "../kernel/operation.ts";
import { possibleId } from "../kernel/query.ts";
import type { Reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { knownTasks } from "./neighbours.ts";
import { COLLECTION_OFFERS, collectionReply } from "./pages.ts";
import { taskObject } from "./representations.ts";
import type { ApiResource } from "./resource.ts";
import { createForms, namedList } from "./tasks.ts";

const agendaRoutes: readonly Route[] = [
  {
    path: "/agenda",
    methods: {
      GET: {
        ...READS,
        list: namedList,
        offers: COLLECTION_OFFERS,
        query: ["until", "size", "after", "checklist"],
        handle: list,
      },
    },
  },
];

export const agenda: ApiResource = {
  routes: agendaRoutes,
  links: (base) => ({
    agenda: { href: base.at("/agenda{?until,size,after,checklist}"), templated: true },
  }),
  templates: () => ({}),
  documentation: async () => (await import("../docs/openapi/agenda.ts")).agendaDocumentation,
};

function list(x: Exchange): Promise<Reply> {
  const until = untilOf(x);
  const given = x.query.get("checklist");
  const checklist = given === undefined ? {} : { checklistId: possibleId(given, "checklist") };
  return collectionReply(x, {
    url: agendaUrl(x, until, given),
    cursors: "own",
    read: async (after, limit) => {
      const from = after === undefined ? {} : { after: decodeDueCursor(after) };
      const slice = await x.services.tasks.due(x.caller, { until, ...checklist, ...from }, limit);
      return knownTasks(x, slice && encoded(slice));
    },
    name: "tasks",
    represent: (row: Task) => taskObject(row, x.base),
    templates: () => createForms(x, given),
  });
}

function untilOf({ query }: Exchange): string {
  const until = query.get("until");
  if (until !== undefined && isFullDate(until)) return until;
  const detail =
    until === undefined
      ? "is required: the last due date to show, such as 2026-12-24"
      : "must be a date such as 2026-12-24";
  return refuse([{ pointer: "/query/until", detail }]);
}

function agendaUrl({ base }: Exchange, until: string, checklist: string | undefined): string {
  const named = checklist === undefined ? "" : `&checklist=${encodeURIComponent(checklist)}`;
  return base.at(`/agenda?until=${until}${named}`);
}

function encoded({ items, next }: DueSlice): Slice<Task> {
  return next === undefined ? { items } : { items, next: encodeDueCursor(next) };
}
