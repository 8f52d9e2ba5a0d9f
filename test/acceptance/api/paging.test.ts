import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, HAL_FORMS, type Json, NDJSON, problem } from "../../support/client.ts";
import { createInOrder } from "../../support/fill.ts";
import { type Service, startService } from "../../support/service.ts";

const LISTS = 30;
const TASKS = 1_450;
/** The only matches of a rare filter: near the start, beyond the first window of 1,000 rows, and last. */
const RARE = [3, 1_200, TASKS - 1];

let service: Service;
let client: Client;
let list: Json;
let tasks: string;
let ids: string[];
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
  list = await client.checklist("Long");
  tasks = list._links.tasks?.href ?? "";
  for (let i = 0; i < LISTS; i++) await client.checklist(`List ${i}`);
  const members = (i: number) =>
    RARE.includes(i) ? { priority: "high" } : { status: i % 2 ? "completed" : "pending" };
  const todo = (i: number) => ({ todo: `Task ${i}`, ...members(i) });
  ids = await createInOrder(
    service,
    list.id,
    Array.from({ length: TASKS }, (_, i) => todo(i)),
  );
});
afterAll(() => service[Symbol.asyncDispose]());

async function pages(where: string): Promise<Json[]> {
  const found: Json[] = [];
  for (let next: string | undefined = where; next !== undefined; next = found.at(-1)?._links.next?.href) {
    found.push((await client.get(next)).json());
  }
  return found;
}

describe("every row exactly once", () => {
  for (const size of [1, 7, 200, undefined]) {
    test(`of the lists, in pages of ${size ?? "no named size"}`, async () => {
      const found = await client.allIds(`/checklists${size ? `?size=${size}` : ""}`, "checklists");
      expect(found).toHaveLength(LISTS + 2);
      expect(new Set(found).size).toBe(LISTS + 2);
    });

    test(`of a list's tasks, in order of id, in pages of ${size ?? "no named size"}`, async () => {
      expect(await client.allIds(tasks + (size ? `&size=${size}` : ""), "tasks")).toEqual(ids.toSorted());
    });
  }

  test("our ids are in order of creation", async () => {
    const short = await client.checklist("In order");
    const made: string[] = [];
    for (let i = 0; i < 20; i++) made.push((await client.task({}, short)).id);
    for (const some of [made, ids]) expect(some).toEqual(some.toSorted());
  });

  test("rows deleted in the meantime hide no other row", async () => {
    const short = await client.checklist("Short");
    const where = short._links.tasks?.href ?? "";
    const made: string[] = [];
    for (let i = 0; i < 6; i++) made.push((await client.task({}, short)).id);
    const first = (await client.get(`${where}&size=2`)).json();
    for (const { _links } of first._embedded.tasks) await client.delete(_links.self?.href ?? "");
    expect(await client.allIds(first._links.next?.href ?? "", "tasks")).toEqual(made.slice(2));
  });
});

describe("a page", () => {
  test("has 50 rows if no size is named, and links to itself, the first and the next", async () => {
    const first = await client.get(tasks);
    expect(first.json()._embedded.tasks).toHaveLength(50);
    expect([first.link("self"), first.link("first")]).toEqual([tasks, tasks]);
    const second = await client.get(first.link("next"));
    expect([second.link("self"), second.link("first")]).toEqual([first.link("next"), tasks]);
    expect(second.json()._embedded.tasks[0]?.id).toBe(ids[50] ?? "");
  });

  test("keeps size and filters in its links, and in self as they were requested", async () => {
    const asked = `${tasks}&completed=true&priority=medium&size=9`;
    const first = await client.get(asked);
    expect((await client.get(first.link("first"))).text).toBe((await client.get(first.link("self"))).text);
    const next = new URL(first.link("next")).searchParams;
    expect([next.get("completed"), next.get("priority"), next.get("size")]).toEqual(["true", "medium", "9"]);
    expect(next.get("checklist")).toBe(list.id);
  });

  test("says the same in its Link header (RFC 8288)", async () => {
    for (const where of [tasks, "/checklists?size=5", "/tasks"]) {
      const page = await client.get(where);
      const links = Object.entries(page.json()._links).map(([rel, { href }]) => `<${href}>; rel="${rel}"`);
      expect(page.header("link")).toBe(links.join(", "));
    }
  });

  test("of an empty list has no next", async () => {
    const empty = await client.checklist("Empty");
    const page = (await client.get(empty._links.tasks?.href ?? "")).json();
    expect([page._embedded.tasks, page._links.next]).toEqual([[], undefined] as never);
  });

  test("that ends exactly at the last row has no next", async () => {
    const two = await client.checklist("Two");
    await client.task({}, two);
    await client.task({}, two);
    expect((await client.get(`${two._links.tasks?.href}&size=2`)).json()._links.next).toBeUndefined();
  });

  test("has no derived members and the same rows as GET of each", async () => {
    const page = (await client.get(`${tasks}&size=3`)).json();
    expect(Object.keys(page).sort()).toEqual(["_embedded", "_links"]);
    for (const row of page._embedded.tasks)
      expect((await client.get(row._links.self?.href ?? "")).json()).toEqual(row);
  });
});

describe("a filter", () => {
  test("finds rare rows beyond 1,000 others; pages may be short or empty, and only a missing next ends the listing", async () => {
    for (const size of [1, 2, 200]) {
      const found = await pages(`${tasks}&priority=high&size=${size}`);
      expect(found.flatMap((page) => page._embedded.tasks.map(({ id }) => id))).toEqual(
        RARE.map((i) => ids[i] ?? ""),
      );
      const short = found.slice(0, -1).some((page) => page._embedded.tasks.length < size);
      expect([size, short]).toEqual([size, size > 1]);
    }
  });

  test("that matches nothing gives an empty page with a next, and ends", async () => {
    const found = await pages(`${tasks}&status=in_progress`);
    expect(found.flatMap((page) => page._embedded.tasks)).toEqual([]);
    expect(found.map((page) => page._links.next !== undefined)).toEqual([true, false]);
  });

  test("by completed is the same as by status, and filters combine", async () => {
    const done = await client.allIds(`${tasks}&completed=true&size=200`, "tasks");
    expect(done).toEqual(await client.allIds(`${tasks}&status=completed&size=200`, "tasks"));
    expect(done.length).toBe(ids.filter((_, i) => i % 2 === 1 && !RARE.includes(i)).length);
    expect(await client.allIds(`${tasks}&status=completed&priority=high`, "tasks")).toEqual([]);
    expect(await client.allIds(`${tasks}&status=completed&completed=false`, "tasks")).toEqual([]);
  });
});

describe("a cursor", () => {
  test("from another instance is accepted", async () => {
    const next = new URL((await client.get(`${tasks}&size=7`)).link("next"));
    await using other = await startService();
    const reply = await new Client(other.url).get(`/tasks?after=${next.searchParams.get("after")}`);
    expect([reply.status, reply.json()._embedded.tasks]).toEqual([200, []] as never);
  });

  test("that is truncated, foreign or empty → 422", async () => {
    const after = new URL((await client.get(`${tasks}&size=7`)).link("next")).searchParams.get("after") ?? "";
    const foreign = [
      "",
      "x",
      after.slice(0, -1),
      after.slice(1),
      `${after}0`,
      after.toUpperCase(),
      "%00",
      "k00",
      "keda080",
      "Zm9v",
    ];
    for (const cursor of foreign) {
      for (const where of [`${tasks}&after=${cursor}`, `/checklists?after=${cursor}`]) {
        const reply = await client.get(where);
        expect([cursor, ...Object.values(problem(reply))]).toEqual([
          cursor,
          422,
          "validation-failed",
          ["/query/after"],
        ]);
      }
    }
  });
});

describe("a stream (NDJSON)", () => {
  const asStream = { accept: NDJSON };
  const rowsOf = (text: string): Json[] =>
    text
      .trimEnd()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));

  test("returns all of a collection, one representation per line, as in pages", async () => {
    const stream = await client.get(tasks, asStream);
    expect([stream.status, stream.header("content-type")]).toEqual([200, NDJSON]);
    expect(stream.header("vary")).toContain("Accept");
    expect(stream.text.endsWith("\n")).toBe(true);
    expect(rowsOf(stream.text)).toEqual(
      (await pages(`${tasks}&size=200`)).flatMap((page) => page._embedded.tasks),
    );
    const lists = await client.get("/checklists", asStream);
    expect(rowsOf(lists.text)).toEqual(
      (await pages("/checklists")).flatMap((page) => page._embedded.checklists),
    );
  });

  test("takes filters and after", async () => {
    expect(rowsOf((await client.get(`${tasks}&priority=high`, asStream)).text).map(({ id }) => id)).toEqual(
      RARE.map((i) => ids[i] ?? ""),
    );
    const after = new URL((await client.get(`${tasks}&size=200`)).link("next")).searchParams.get("after");
    const rest = rowsOf((await client.get(`${tasks}&after=${after}`, asStream)).text);
    expect(rest.map(({ id }) => id)).toEqual(ids.slice(200));
  });

  test("of an empty list is empty, and of a missing list 404", async () => {
    const none = await client.get(`${tasks}&status=in_progress`, asStream);
    expect([none.status, none.text]).toEqual([200, ""]);
    expect((await client.get("/tasks?checklist=none", asStream)).status).toBe(404);
  });

  test("size → 422", async () => {
    for (const where of ["/tasks?size=10", "/checklists?size=10"]) {
      expect(problem(await client.get(where, asStream)).pointers).toEqual(["/query/size"]);
    }
  });

  test("is not offered for a single resource, and hal-forms is not offered for a stream", async () => {
    expect((await client.get(`/checklists/${list.id}`, asStream)).status).toBe(406);
    expect(
      (await client.get("/tasks", { accept: `${NDJSON};q=0.5, ${HAL_FORMS}` })).header("content-type"),
    ).toBe(HAL_FORMS);
  });
});
