import { expect, test } from "bun:test";
import { collectionReply } from "../../../src/adapters/http/api/pages.ts";
import type { Exchange } from "../../../src/adapters/http/kernel/exchange.ts";
import { NDJSON } from "../../../src/adapters/http/kernel/media.ts";

const exchange = {
  mediaType: NDJSON,
  query: new Map(),
  stored: <T>(ask: () => T) => ask(),
  recheck: async () => undefined,
} as unknown as Exchange;

test("a stream holds no rows while its client does not read", async () => {
  const rows: WeakRef<object>[] = [];
  const row = () => {
    const made = { todo: "A task" };
    rows.push(new WeakRef(made));
    return made;
  };
  const { body } = await collectionReply(exchange, {
    url: "/tasks",
    name: "tasks",
    read: (_after, limit) => ({ items: Array.from({ length: limit }, row), next: "more" }),
    represent: (made) => made,
    templates: () => ({}),
  });
  if (!(body instanceof ReadableStream)) throw new Error("the answer is no stream");
  const reader = body.getReader();
  await reader.read();
  const rowsPerRead = rows.length;
  await reader.read();
  // A WeakRef keeps its object until the turn that made it has ended.
  await new Promise((resolve) => setImmediate(resolve));
  Bun.gc(true);
  expect(rows).toHaveLength(2 * rowsPerRead);
  // The collector takes any word on the stack that looks like an address for one: a few rows may survive by chance.
  expect(rows.filter((held) => held.deref()).length).toBeLessThan(rowsPerRead / 10);
});
