import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client, type Json, type Reply, self } from "../../support/client.ts";
import { type Service, STORE, startService } from "../../support/service.ts";

const WRITERS = 20;
const PATCHES = 100;

let service: Service;
let client: Client;
let list: Json;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
  list = await client.checklist("Contended");
});
afterAll(() => service[Symbol.asyncDispose]());

async function etagOf(where: string): Promise<string> {
  return (await client.get(where)).header("etag");
}

/** The counter inside an ETag: opaque to clients, read only here. */
function versionIn(etag: string): number {
  return Number(/^"(\d+)\./.exec(etag)?.[1]);
}

/**
 * What a cluster on a busy machine may leave open: a 503, after which someone may or may not have been
 * first. SQLite leaves nothing open, so there every reply counts.
 */
function decided(replies: readonly Reply[]): readonly Reply[] {
  const open = replies.filter(({ status }) => status === 503);
  if (STORE === "sqlite") expect(open).toEqual([]);
  return replies.filter(({ status }) => status !== 503);
}

test(`of ${WRITERS} writers with one ETag exactly one wins, and its text is stored`, async () => {
  for (const method of ["PUT", "PATCH", "DELETE"]) {
    const task = await client.task({}, list);
    const etag = await etagOf(self(task));
    const replies = await Promise.all(
      Array.from({ length: WRITERS }, (_, i) =>
        client.ask(method, self(task), {
          headers: { "if-match": etag },
          ...(method === "DELETE" ? {} : { body: { todo: `Writer ${i}` } }),
        }),
      ),
    );
    const told = decided(replies);
    const won = told.filter(({ status }) => status < 300);
    const winners = told.length === replies.length ? 1 : Math.min(1, won.length);
    expect([method, won.length]).toEqual([method, winners]);
    const lost = told.filter((reply) => !won.includes(reply)).map(({ status }) => status);
    for (const status of lost) expect([method, status]).toEqual([method, method === "DELETE" ? 404 : 412]);
    if (method !== "DELETE" && won.length > 0)
      expect((await client.get(self(task))).text).toBe(won[0]?.text ?? "");
  }
});

test(`${PATCHES} PATCHes at once without If-Match are all applied, one version each`, async () => {
  const task = await client.task({}, list);
  const before = versionIn(await etagOf(self(task)));
  const members = ["todo", "description"] as const;
  const replies = await Promise.all(
    Array.from({ length: PATCHES }, (_, i) =>
      client.patch(self(task), { [members[i % 2] ?? "todo"]: `Patch ${i}` }),
    ),
  );
  const told = decided(replies);
  expect(told.map(({ status }) => status)).toEqual(told.map(() => 200));
  const after = await client.get(self(task));
  const applied = versionIn(after.header("etag")) - before;
  expect(applied).toBeGreaterThanOrEqual(told.length);
  expect(applied).toBeLessThanOrEqual(PATCHES);
  expect(new Set(told.map((reply) => reply.header("etag"))).size).toBe(told.length);
  expect(after.json().todo).toMatch(/^Patch \d*[02468]$/);
  expect(after.json().description).toMatch(/^Patch \d*[13579]$/);
});
