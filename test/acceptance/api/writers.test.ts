import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client, type Json, self } from "../../support/client.ts";
import { type Service, startService } from "../../support/service.ts";

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

/** The counter inside an ETag: opaque to clients, looked at here alone. */
function versionIn(etag: string): number {
  return Number(/^"(\d+)\./.exec(etag)?.[1]);
}

test(`of ${WRITERS} writers with one ETag exactly one wins, and its text is what is stored`, async () => {
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
    const won = replies.filter(({ status }) => status < 300);
    expect([method, won.length]).toEqual([method, 1]);
    const lost = replies.filter((reply) => !won.includes(reply)).map(({ status }) => status);
    expect(new Set(lost)).toEqual(new Set([method === "DELETE" ? 404 : 412]));
    if (method !== "DELETE") expect((await client.get(self(task))).text).toBe(won[0]?.text ?? "");
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
  expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
  const after = await client.get(self(task));
  expect(versionIn(after.header("etag"))).toBe(before + PATCHES);
  expect(new Set(replies.map((reply) => reply.header("etag"))).size).toBe(PATCHES);
  expect(after.json().todo).toMatch(/^Patch \d*[02468]$/);
  expect(after.json().description).toMatch(/^Patch \d*[13579]$/);
});
