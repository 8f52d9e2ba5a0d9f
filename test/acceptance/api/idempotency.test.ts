import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type Json, problem, type Reply } from "../../support/client.ts";
import { type Service, scratchData, startService } from "../../support/service.ts";

const AT_ONCE = 20;
const KEY_CHARS_MAX = 255;
/** Headers of a single answer rather than of its content. */
const OF_ITS_OWN = ["date", "server-timing", "traceparent", "x-request-id", "idempotent-replayed"];

let service: Service;
let client: Client;
let list: Json;
let tasks: string;
let keys = 0;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
  list = await client.checklist("Keyed");
  tasks = list._links.tasks?.href ?? "";
});
afterAll(() => service[Symbol.asyncDispose]());

function newKey(): string {
  return `key-${++keys}`;
}

function keyed(key: string): Record<string, string> {
  return { "idempotency-key": key };
}

/** Status, headers and bytes, without what differs between any two answers. */
function said(reply: Reply): unknown {
  const headers = [...reply.headers].filter(([name]) => !OF_ITS_OWN.includes(name));
  return [reply.status, Object.fromEntries(headers), reply.text];
}

describe("a key sent again", () => {
  for (const [what, where, body] of [
    ["POST /tasks", () => "/tasks", { todo: "Once" }],
    ["POST /tasks of a list", () => tasks, { todo: "Once", priority: "high" }],
    ["POST /checklists", () => "/checklists", { name: "Once" }],
  ] as const) {
    test(`${what}: gives the first answer, byte for byte, and creates no second row`, async () => {
      const key = newKey();
      const first = await client.post(where(), body, keyed(key));
      const rows = await client.allIds(where(), where() === "/checklists" ? "checklists" : "tasks");
      const again = await client.post(where(), body, keyed(key));
      expect(first.status).toBe(201);
      expect(first.headers.get("idempotent-replayed")).toBeNull();
      expect(said(again)).toEqual(said(first));
      expect(again.header("idempotent-replayed")).toBe("true");
      expect(await client.allIds(where(), where() === "/checklists" ? "checklists" : "tasks")).toEqual(rows);
    });
  }

  test("gives the first answer even after the task was changed, and deleted", async () => {
    const key = newKey();
    const first = await client.post(tasks, { todo: "Fleeting" }, keyed(key));
    await client.patch(first.link("self"), { todo: "Changed" });
    expect(said(await client.post(tasks, { todo: "Fleeting" }, keyed(key)))).toEqual(said(first));
    await client.delete(first.link("self"));
    expect(said(await client.post(tasks, { todo: "Fleeting" }, keyed(key)))).toEqual(said(first));
    expect((await client.get(first.link("self"))).status).toBe(404);
  });

  test("gives the first answer even after the whole list was deleted", async () => {
    const gone = await client.checklist("Gone");
    const where = gone._links.tasks?.href ?? "";
    const key = newKey();
    const first = await client.post(where, { todo: "x" }, keyed(key));
    await client.delete(gone._links.self?.href ?? "");
    expect(said(await client.post(where, { todo: "x" }, keyed(key)))).toEqual(said(first));
  });

  test("bare and quoted is the same key", async () => {
    const key = newKey();
    const first = await client.post(tasks, { todo: "Quoted" }, keyed(key));
    expect(said(await client.post(tasks, { todo: "Quoted" }, keyed(`"${key}"`)))).toEqual(said(first));
    expect(said(await client.post(tasks, { todo: "Quoted" }, keyed(` "${key}" `)))).toEqual(said(first));
  });

  test("with another body → 422, and the first answer stays", async () => {
    const key = newKey();
    const first = await client.post(tasks, { todo: "One" }, keyed(key));
    const other = await client.post(tasks, { todo: "Two" }, keyed(key));
    expect(problem(other)).toEqual({ status: 422, code: "idempotency-key-reused", pointers: [] });
    expect(said(await client.post(tasks, { todo: "One" }, keyed(key)))).toEqual(said(first));
  });

  test("for another list, or another kind of row, is another request", async () => {
    const key = newKey();
    const other = await client.checklist("Other");
    const replies = [
      await client.post(tasks, { todo: "x" }, keyed(key)),
      await client.post(other._links.tasks?.href ?? "", { todo: "x" }, keyed(key)),
      await client.post("/tasks", { todo: "x" }, keyed(key)),
      await client.post("/checklists", { name: "x" }, keyed(key)),
    ];
    expect(replies.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(new Set(replies.map((reply) => reply.json().id)).size).toBe(4);
  });

  test("the list named in the body or in the URL is the same list", async () => {
    const key = newKey();
    const body = { todo: "x", checklist: list.id };
    const first = await client.post("/tasks", body, keyed(key));
    expect(said(await client.post(tasks, body, keyed(key)))).toEqual(said(first));
  });
});

describe("a request that failed releases its key", () => {
  test("after 422, 404, 415 and 406", async () => {
    const key = newKey();
    const failed = [
      await client.post(tasks, { todo: "" }, keyed(key)),
      await client.post(tasks, { todo: "x", status: "completed", completed: false }, keyed(key)),
      await client.post(tasks, { todo: "x" }, { ...keyed(key), "content-type": "text/plain" }),
      await client.post(tasks, { todo: "x" }, { ...keyed(key), accept: "text/csv" }),
      await client.post(tasks, "{", keyed(key)),
    ];
    expect(failed.map(({ status }) => status)).toEqual([422, 422, 415, 406, 400]);
    expect((await client.post(tasks, { todo: "At last" }, keyed(key))).status).toBe(201);
  });

  test("after 404 for a list that does not exist", async () => {
    const key = newKey();
    const where = "/tasks?checklist=0190a0b0-0000-7000-8000-00000000dead";
    expect((await client.post(where, { todo: "a" }, keyed(key))).status).toBe(404);
    expect((await client.post(where, { todo: "b" }, keyed(key))).status).toBe(404);
  });
});

test(`${AT_ONCE} at once: one row, and every answer is the one 201 or a 409 that says when to retry`, async () => {
  for (let round = 0; round < 10; round++) {
    const one = await client.checklist("Raced");
    const where = one._links.tasks?.href ?? "";
    const key = newKey();
    const replies = await Promise.all(
      Array.from({ length: AT_ONCE }, () => client.post(where, { todo: "Raced" }, keyed(key))),
    );
    const made = replies.filter(({ status }) => status === 201);
    expect(made.filter((reply) => reply.headers.get("idempotent-replayed") === null)).toHaveLength(1);
    expect(new Set(made.map(({ text }) => text)).size).toBe(1);
    for (const reply of replies.filter(({ status }) => status !== 201)) {
      expect(problem(reply)).toEqual({ status: 409, code: "idempotency-in-progress", pointers: [] });
      expect(Number(reply.header("retry-after"))).toBeGreaterThan(0);
    }
    expect(await client.allIds(where, "tasks")).toEqual([made[0]?.json().id ?? ""]);
  }
});

test("at once with different bodies: one row, and the others are 422", async () => {
  const one = await client.checklist("Raced");
  const where = one._links.tasks?.href ?? "";
  const key = newKey();
  const replies = await Promise.all(
    Array.from({ length: AT_ONCE }, (_, i) => client.post(where, { todo: `Racer ${i}` }, keyed(key))),
  );
  expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201, 422]));
  expect(await client.allIds(where, "tasks")).toHaveLength(1);
});

test("a key outlives the process, whether it is stopped or killed", async () => {
  using data = scratchData();
  let first: Reply | undefined;
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    // The link base is fixed, so that answers of two ports can be compared.
    const run = await startService({ TODOS_PUBLIC_URL: "http://same.example" }, data);
    const reply = await new Client(run.url).post("/tasks", { todo: "Durable" }, keyed("kept"));
    first ??= reply;
    expect(said(reply)).toEqual(said(first));
    await run.stop(signal);
  }
  await using last = await startService({ TODOS_PUBLIC_URL: "http://same.example" }, data);
  expect(said(await new Client(last.url).post("/tasks", { todo: "Durable" }, keyed("kept")))).toEqual(
    said(first as Reply),
  );
  expect(await new Client(last.url).allIds(`${last.url}/tasks`, "tasks")).toHaveLength(1);
});

describe("an invalid key → 422", () => {
  for (const [what, key] of [
    ["empty", ""],
    ["empty in quotes", '""'],
    ["too long", "k".repeat(KEY_CHARS_MAX + 1)],
    ["too long in quotes", `"${"k".repeat(KEY_CHARS_MAX + 1)}"`],
    ["two keys", "one, two"],
    ["with a space", "one two"],
    ["half quoted", '"half'],
    ["not ASCII", "schl\u00fcssel"],
    ["with a tab in quotes", '"a\tb"'],
    ["with parameters", '"a";b=c'],
  ] as const) {
    test(what, async () => {
      const before = await client.allIds(tasks, "tasks");
      const reply = await client.post(tasks, { todo: "Never" }, keyed(key));
      expect(problem(reply)).toEqual({
        status: 422,
        code: "validation-failed",
        pointers: ["/header/Idempotency-Key"],
      });
      expect(await client.allIds(tasks, "tasks")).toEqual(before);
    });
  }

  test(`${KEY_CHARS_MAX} characters, a space or an escaped quote in quotes are fine`, async () => {
    for (const key of [
      "k".repeat(KEY_CHARS_MAX),
      '"one two"',
      '"a\\"b\\\\c"',
      "8e03978e-40d5-43dd-bc93-6894a57f9324",
      "a/b+c==",
    ]) {
      expect([key, (await client.post(tasks, { todo: "x" }, keyed(key))).status]).toEqual([key, 201]);
    }
  });
});

test("a key on PUT, PATCH and DELETE is ignored", async () => {
  const task = await client.task({}, list);
  const where = task._links.self?.href ?? "";
  expect((await client.put(where, { todo: "a" }, keyed("same"))).json().todo).toBe("a");
  expect((await client.put(where, { todo: "b" }, keyed("same"))).json().todo).toBe("b");
  expect((await client.delete(where, keyed("same"))).status).toBe(204);
});
