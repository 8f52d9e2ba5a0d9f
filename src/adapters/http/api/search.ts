import type { Slice } from "../../../application/ports.ts";
import { INBOX_ID } from "../../../domain/checklist.ts";
import { refuse } from "../../../domain/errors.ts";
import type { Task } from "../../../domain/task.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { NDJSON } from "../kernel/media.ts";
import { READS } from "../kernel/operation.ts";
import { cursor, pageSize, refuseSize, searchWords } from "../kernel/query.ts";
import type { Reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { decodeSearchCursor, encodeSearchCursor } from "../kernel/search-cursor.ts";
import { COLLECTION_OFFERS, pageReply, STREAM_ROWS_PER_READ, streamReply } from "./pages.ts";
import { taskObject } from "./representations.ts";
import type { ApiResource } from "./resource.ts";
import { createForm } from "./tasks.ts";

const searchRoutes: readonly Route[] = [
  {
    path: "/search",
    methods: {
      GET: { ...READS, offers: COLLECTION_OFFERS, query: ["q", "size", "after"], handle: list },
    },
  },
];

export const search: ApiResource = {
  routes: searchRoutes,
  links: (base) => ({ search: { href: base.at("/search{?q,size,after}"), templated: true } }),
  templates: () => ({}),
};

async function list(x: Exchange): Promise<Reply> {
  const words = searchWords(x.query) ?? refuse([{ pointer: "/query/q", detail: "is required" }]);
  const { order } = x.services.checklists;
  const read = async (after: string | undefined, limit: number): Promise<Slice<Task>> => {
    const place = after === undefined ? {} : decodeSearchCursor(after, order);
    const { items, next } = await x.services.tasks.search(words, place, limit);
    return next === undefined ? { items } : { items, next: encodeSearchCursor(next, order) };
  };
  const represent = (row: Task) => taskObject(row, x.base);
  const after = cursor(x.query);
  if (x.mediaType === NDJSON) {
    refuseSize(x.query);
    const first = await x.stored(() => read(after, STREAM_ROWS_PER_READ));
    return streamReply(x, first, (next) => read(next, STREAM_ROWS_PER_READ), represent);
  }
  const size = pageSize(x.query);
  return pageReply(x, {
    url: x.base.at(`/search?q=${encodeURIComponent(x.query.get("q") ?? "")}`),
    paging: { size, after },
    cursorOf: (key) => key,
    sizeGiven: x.query.has("size"),
    slice: await x.stored(() => read(after, size)),
    name: "tasks",
    represent,
    templates: () => ({ default: createForm(x.base, INBOX_ID) }),
  });
}
