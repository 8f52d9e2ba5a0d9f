import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client, type Json, NDJSON, problem, self } from "../../support/client.ts";
import { type Service, startService } from "../../support/service.ts";

let service: Service;
let client: Client;
let lists: readonly Json[];
/** Of those that say milk, in the order of creation. */
let found: readonly Json[];
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
  lists = [await client.checklist("One"), await client.checklist("Empty"), await client.checklist("Two")];
  const made: Json[] = [await client.task({ todo: "Milk in the inbox" })];
  for (const list of [lists[0], lists[2]]) {
    made.push(await client.task({ todo: "Buy MÍLK, 2 l" }, list));
    await client.task({ todo: "Something else" }, list);
    made.push(await client.task({ todo: "x", description: "with milkshake" }, list));
    made.push(await client.task({ todo: "y", labels: ["milk"] }, list));
  }
  found = made;
});
afterAll(() => service[Symbol.asyncDispose]());

async function pages(where: string): Promise<Json[]> {
  const tasks: Json[] = [];
  for (let next: string | undefined = where; next !== undefined; ) {
    const page: Json = (await client.get(next)).json();
    tasks.push(...page._embedded.tasks);
    next = page._links.next?.href;
  }
  return tasks;
}

function byId(tasks: readonly Json[]): Json[] {
  return [...tasks].sort((a, b) => (a.id < b.id ? -1 : 1));
}

test("every matching task of every list is found once, list by list in the order of the lists, with its own links", async () => {
  const order = await client.allIds("/checklists", "checklists");
  for (const size of ["", "&size=1", "&size=2", "&size=3", "&size=200"]) {
    const tasks = await pages(`/search?q=milk${size}`);
    expect([size, byId(tasks)]).toEqual([size, byId(found)]);
    const places = tasks.map((task) =>
      order.indexOf((task._links.checklist?.href ?? "").split("/").at(-1) ?? ""),
    );
    expect([size, places]).toEqual([size, [...places].sort((a, b) => a - b)]);
  }
  for (const task of await pages("/search?q=milk")) {
    expect((await client.get(self(task))).json()).toEqual(task);
  }
});

test("all words must be there; what is found is gone once it is deleted, with its list too", async () => {
  expect(await pages("/search?q=2+milk+b")).toHaveLength(2);
  expect(await pages("/search?q=milk+nowhere")).toEqual([]);
  const list = await client.checklist("Doomed");
  const task = await client.task({ todo: "zebra" }, list);
  await client.task({ todo: "zebra" }, list);
  expect(await pages("/search?q=ZEB")).toHaveLength(2);
  await client.delete(self(task));
  expect(await pages("/search?q=zebra")).toHaveLength(1);
  await client.delete(self(list));
  expect(await pages("/search?q=zebra")).toEqual([]);
});

test("as a stream, one task a line", async () => {
  const { status, text } = await client.get("/search?q=milk", { accept: NDJSON });
  const lines = text.split("\n").filter((line) => line !== "");
  expect([status, byId(lines.map((line) => JSON.parse(line) as Json))]).toEqual([200, byId(found)]);
});

test("the root links it by a template, and pages link themselves", async () => {
  const { search } = (await client.get("/")).json()._links;
  expect(search).toEqual({ href: `${service.url}/search{?q,size,after}`, templated: true });
  const page = await client.get("/search?q=m%C3%ADlk%20%26&size=2");
  for (const relation of ["self", "first"]) {
    expect(page.link(relation)).toBe(`${service.url}/search?q=m%C3%ADlk%20%26&size=2`);
  }
  const next = await client.get(page.link("next"));
  expect([next.status, next.link("self")]).toEqual([200, page.link("next")]);
  expect((await client.get(page.link("self"), { "if-none-match": page.header("etag") })).status).toBe(304);
});

test("no q, a bad one, a size out of range, a size for a stream, or a cursor that is none → 422", async () => {
  for (const [query, pointer, accept] of [
    ["", "q"],
    ["?q=", "q"],
    ["?q=%20", "q"],
    ["?q=a&size=201", "size"],
    ["?q=a&size=2", "size", NDJSON],
    ["?q=a&checklist=b", "checklist"],
    ["?q=a&after=", "after"],
    ["?q=a&after=sk-", "after"],
    ["?q=a&after=sk41-42", "after"],
    ["?q=a&after=sk41-42-4", "after"],
    ["?q=a&after=sk41-4A-43", "after"],
    ["?q=a&after=k41", "after"],
    ["?q=a&after=sx41-42-43", "after"],
    ["?q=a&after=sk00", "after"],
  ] as const) {
    const reply = await client.get(`/search${query}`, accept ? { accept } : {});
    expect([query, problem(reply)]).toEqual([
      query,
      { status: 422, code: "validation-failed", pointers: [`/query/${pointer}`] },
    ]);
  }
});
