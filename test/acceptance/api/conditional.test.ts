import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Client, HAL_FORMS, type Json, problem, self } from "../../support/client.ts";
import { NO_SQLITE, runTodos, type Service, scratchData, startService } from "../../support/service.ts";

const STRONG = /^"[\x21\x23-\x7e]+"$/;

let service: Service;
let client: Client;
let list: Json;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
  list = await client.checklist("Conditional");
});
afterAll(() => service[Symbol.asyncDispose]());

async function etagOf(where: string, headers: Record<string, string> = {}): Promise<string> {
  return (await client.get(where, headers)).header("etag");
}

/** The counter inside an ETag: opaque to clients, read only here. */
function versionIn(etag: string): number {
  return Number(/^"(\d+)\./.exec(etag)?.[1]);
}

describe("an ETag", () => {
  test("is strong on every representation", async () => {
    const task = await client.task({}, list);
    for (const path of [
      "/",
      "/checklists",
      "/tasks",
      self(list),
      self(task),
      "/openapi.json",
      "/docs",
      "/problems/conflict",
    ]) {
      expect([path, await etagOf(path)]).toEqual([path, expect.stringMatching(STRONG)]);
    }
  });

  test("differs between media types, link bases and versions", async () => {
    const task = await client.task({}, list);
    for (const path of [self(task), self(list), "/checklists", "/"]) {
      const types = ["application/hal+json", "application/json", HAL_FORMS];
      const tags = await Promise.all(types.map((accept) => etagOf(path, { accept })));
      tags.push(await etagOf(path, { host: "other.example" }));
      expect([path, new Set(tags).size]).toEqual([path, 4]);
    }
    const before = await etagOf(self(task));
    expect(await etagOf(self(task))).toBe(before);
    await client.put(self(task), { todo: "A task" });
    expect(await etagOf(self(task))).not.toBe(before);
  });

  test("differs between the media types of documents too", async () => {
    const types: Readonly<Record<string, readonly string[]>> = {
      "/openapi.json": ["application/json", "application/vnd.oai.openapi+json"],
      "/problems/conflict": ["text/html", "application/hal+json", "application/json"],
      "/problems": ["text/html", "application/hal+json", "application/json"],
    };
    for (const [path, accepts] of Object.entries(types)) {
      const tags = await Promise.all(accepts.map((accept) => etagOf(path, { accept })));
      expect([path, new Set(tags).size]).toEqual([path, accepts.length]);
    }
  });

  test("differs between content codings", async () => {
    const big = await client.task({ description: "long ".repeat(1_999) }, list);
    const tags = await Promise.all(
      ["identity", "gzip", "zstd"].map((coding) => etagOf(self(big), { "accept-encoding": coding })),
    );
    expect(new Set(tags).size).toBe(3);
  });

  test("of a write is that of the next GET", async () => {
    const created = await client.post(list._links.tasks?.href ?? "", { todo: "x" });
    const where = created.link("self");
    expect(await etagOf(where)).toBe(created.header("etag"));
    expect((await client.put(where, { todo: "y" })).header("etag")).toBe(await etagOf(where));
    expect((await client.patch(where, { todo: "z" })).header("etag")).toBe(await etagOf(where));
  });

  test("of a page changes with its rows, but not with those of another list", async () => {
    const one = await client.checklist("One");
    const where = one._links.tasks?.href ?? "";
    const empty = await etagOf(where);
    await client.task({}, list);
    expect(await etagOf(where)).toBe(empty);
    await client.task({}, one);
    expect(await etagOf(where)).not.toBe(empty);
  });

  test.skipIf(NO_SQLITE)(
    "of a restored store never matches, even if the versions do (SQLite only)",
    async () => {
      using data = scratchData();
      const backup = join(data.folder, "backup.db");
      const before = await startService({ TODOS_PUBLIC_URL: "http://same.example" }, data);
      const made = await new Client(before.url).post("/checklists", { name: "Restored" });
      const path = `/checklists/${made.json().id}`;
      expect((await runTodos(["backup", backup], data)).exitCode).toBe(0);
      await before[Symbol.asyncDispose]();
      expect((await runTodos(["restore", backup, "--yes"], data)).exitCode).toBe(0);
      await using after = await startService({ TODOS_PUBLIC_URL: "http://same.example" }, data);
      const now = new Client(after.url);
      const read = await now.get(path, { "if-none-match": made.header("etag") });
      expect([read.status, read.text]).toEqual([200, made.text]);
      expect(read.header("etag")).not.toBe(made.header("etag"));
      expect(versionIn(read.header("etag"))).toBe(versionIn(made.header("etag")));
      expect((await now.patch(path, { name: "x" }, { "if-match": made.header("etag") })).status).toBe(412);
    },
  );
});

describe("If-None-Match", () => {
  test("304 for the same representation, with the headers a cache needs and no body", async () => {
    for (const path of [self(list), "/checklists", "/", "/openapi.json", "/docs/page.css"]) {
      const whole = await client.get(path);
      for (const method of ["GET", "HEAD"]) {
        const reply = await client.ask(method, path, { headers: { "if-none-match": whole.header("etag") } });
        expect([path, reply.status, reply.text]).toEqual([path, 304, ""]);
        expect(reply.header("etag")).toBe(whole.header("etag"));
        for (const name of ["vary", "cache-control", "link"])
          expect(reply.headers.get(name)).toBe(whole.headers.get(name));
        expect([reply.headers.get("content-type"), reply.headers.get("content-encoding")]).toEqual([
          null,
          null,
        ]);
      }
    }
  });

  test("takes lists, weak tags and *; another variant's tag does not match", async () => {
    const etag = await etagOf(self(list));
    const hits = [`"x", ${etag}`, `W/${etag}`, "*", `"a,b" , ${etag},"c"`];
    for (const value of hits)
      expect([value, (await client.get(self(list), { "if-none-match": value })).status]).toEqual([
        value,
        304,
      ]);
    const misses = [await etagOf(self(list), { accept: HAL_FORMS }), '"x"', etag.slice(1, -1), ""];
    for (const value of misses)
      expect([value, (await client.get(self(list), { "if-none-match": value })).status]).toEqual([
        value,
        200,
      ]);
  });

  test("304 depends on the coding that would have been sent", async () => {
    const big = await client.task({ description: "long ".repeat(1_999) }, list);
    const gzip = { "accept-encoding": "gzip" };
    const coded = await etagOf(self(big), gzip);
    expect((await client.get(self(big), { ...gzip, "if-none-match": coded })).status).toBe(304);
    expect((await client.get(self(big), { "if-none-match": coded })).status).toBe(200);
  });

  test("on a write, a tag that matches → 412", async () => {
    const task = await client.task({}, list);
    const etag = await etagOf(self(task));
    for (const value of [etag, "*"]) {
      expect((await client.put(self(task), { todo: "x" }, { "if-none-match": value })).status).toBe(412);
    }
    expect((await client.put(self(task), { todo: "x" }, { "if-none-match": '"other"' })).status).toBe(200);
  });
});

describe("If-Match", () => {
  const writes: readonly (readonly [string, unknown])[] = [
    ["PUT", { todo: "new" }],
    ["PATCH", { todo: "new" }],
    ["DELETE", undefined],
  ];

  for (const [method, body] of writes) {
    test(`${method}: the ETag of any variant is accepted`, async () => {
      const variants: Record<string, string>[] = [
        {},
        { accept: "application/json" },
        { accept: HAL_FORMS },
        { host: "other.example" },
        { "accept-encoding": "gzip" },
        { "accept-encoding": "zstd" },
      ];
      for (const variant of variants) {
        const task = await client.task({ description: "long ".repeat(1_999) }, list);
        const headers = { "if-match": await etagOf(self(task), variant) };
        const reply = await client.ask(method, self(task), { headers, ...(body ? { body } : {}) });
        expect([variant, reply.status]).toEqual([variant, method === "DELETE" ? 204 : 200]);
      }
    });

    test(`${method}: stale, weak, foreign or malformed → 412 and nothing changes; a list that contains the right one is accepted`, async () => {
      const task = await client.task({}, list);
      const stale = await etagOf(self(task));
      await client.put(self(task), { todo: "seen" });
      const etag = await etagOf(self(task));
      const foreign = etag.replace(/\.[0-9a-f]+\./, ".0123456789abcdef.");
      for (const value of [
        stale,
        `W/${etag}`,
        foreign,
        '"x"',
        etag.slice(1, -1),
        "",
        `${stale}, ${foreign}`,
      ]) {
        const reply = await client.ask(method, self(task), {
          headers: { "if-match": value },
          ...(body ? { body } : {}),
        });
        expect([value, ...Object.values(problem(reply))]).toEqual([value, 412, "precondition-failed", []]);
      }
      expect(await etagOf(self(task))).toBe(etag);
      const headers = { "if-match": `"x", ${stale},${etag}` };
      expect(
        (await client.ask(method, self(task), { headers, ...(body ? { body } : {}) })).status,
      ).toBeLessThan(300);
    });

    test(`${method}: * is accepted if the task exists; if not → 404`, async () => {
      const task = await client.task({}, list);
      const ask = () =>
        client.ask(method, self(task), { headers: { "if-match": "*" }, ...(body ? { body } : {}) });
      expect((await ask()).status).toBeLessThan(300);
      await client.delete(self(task));
      expect((await ask()).status).toBe(404);
    });
  }

  test("works the same way for checklists", async () => {
    const made = await client.checklist("Before");
    const etag = await etagOf(self(made));
    expect((await client.patch(self(made), { name: "After" }, { "if-match": etag })).status).toBe(200);
    const late = [
      await client.patch(self(made), { name: "Late" }, { "if-match": etag }),
      await client.put(self(made), { name: "Late" }, { "if-match": etag }),
      await client.delete(self(made), { "if-match": etag }),
    ];
    expect(late.map(({ status }) => status)).toEqual([412, 412, 412]);
    expect((await client.get(self(made))).json().name).toBe("After");
  });
});

test("TODOS_REQUIRE_IF_MATCH: 428 for PUT, PATCH and DELETE without it; POST does not need it", async () => {
  await using strict = await startService({ TODOS_REQUIRE_IF_MATCH: "true" });
  const careful = new Client(strict.url);
  const made = await careful.post("/checklists", { name: "Strict" });
  const task = await careful.post(made.link("tasks"), { todo: "x" });
  for (const [where, body] of [
    [made.link("self"), { name: "y" }],
    [task.link("self"), { todo: "y" }],
  ] as const) {
    const refused = [
      await careful.put(where, body),
      await careful.patch(where, body),
      await careful.delete(where),
    ];
    for (const reply of refused)
      expect(problem(reply)).toEqual({ status: 428, code: "precondition-required", pointers: [] });
    const etag = (await careful.get(where)).header("etag");
    expect((await careful.put(where, body, { "if-match": etag })).status).toBe(200);
    expect((await careful.patch(where, body, { "if-match": "*" })).status).toBe(200);
  }
  expect((await careful.delete(task.link("self"), { "if-match": "*" })).status).toBe(204);
});
