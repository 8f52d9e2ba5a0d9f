import { refuse } from "../../../domain/errors.ts";
import type { Task } from "../../../domain/task.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { READS } from "../kernel/operation.ts";
import { searchWords } from "../kernel/query.ts";
import type { Reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { decodeSearchCursor, encodeSearchCursor } from "../kernel/search-cursor.ts";
import { knownTasks } from "./neighbours.ts";
import { COLLECTION_OFFERS, collectionReply } from "./pages.ts";
import { taskObject } from "./representations.ts";
import type { ApiResource } from "./resource.ts";
import { createForms } from "./tasks.ts";

const searchRoutes: readonly Route[] = [
  {
    path: "/search",
    methods: {
      GET: { ...READS, right: "own", offers: COLLECTION_OFFERS, query: ["q", "size", "after"], handle: list },
    },
  },
];

export const search: ApiResource = {
  routes: searchRoutes,
  links: (base) => ({ search: { href: base.at("/search{?q,size,after}"), templated: true } }),
  templates: () => ({}),
  documentation: async () => (await import("../docs/openapi/search.ts")).searchDocumentation,
};

function list(x: Exchange): Promise<Reply> {
  const words = searchWords(x.query) ?? refuse([{ pointer: "/query/q", detail: "is required" }]);
  const { order } = x.services.checklists;
  return collectionReply(x, {
    url: x.base.at(`/search?q=${encodeURIComponent(x.query.get("q") ?? "")}`),
    cursors: "own",
    read: async (after, limit) => {
      const place = after === undefined ? {} : decodeSearchCursor(after, order);
      const { items, next } = await x.services.tasks.search(x.caller, words, place, limit);
      return knownTasks(x, next === undefined ? { items } : { items, next: encodeSearchCursor(next, order) });
    },
    name: "tasks",
    represent: (row: Task) => taskObject(row, x.base),
    templates: () => createForms(x),
  });
}
