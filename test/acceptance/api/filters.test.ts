import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client, type Json, NDJSON, problem } from "../../support/client.ts";
import { type Service, startService } from "../../support/service.ts";
import { note } from "../../support/size.ts";

const TASKS = [
  { todo: "Buy milk", labels: ["Errand", "food"], dueDate: "2026-02-27" },
  { todo: "Crème brûlée", description: "With milk & sugar", labels: ["food"], dueDate: "2026-02-28" },
  { todo: "Call home", labels: ["a&b=c #1", "家"], dueDate: "2026-03-01" },
  { todo: "İstanbul 東京タワー" },
] as const;

let service: Service;
let client: Client;
let list: Json;
let ids: readonly string[];
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
  list = await client.checklist();
  const made: string[] = [];
  for (const task of TASKS) made.push((await client.task(task, list)).id);
  ids = made;
});
afterAll(() => service[Symbol.asyncDispose]());

const FILTERS: readonly (readonly [Readonly<Record<string, string>>, readonly number[]])[] = [
  [{ labels: "food" }, [0, 1]],
  [{ labels: " FOOD ,errand" }, [0]],
  [{ labels: "foo" }, []],
  [{ labels: "A&B=C #1" }, [2]],
  [{ labels: "家" }, [2]],
  [{ dueBefore: "2026-02-28" }, [0]],
  [{ dueAfter: "2026-02-28" }, [2]],
  [{ dueAfter: "2026-02-26", dueBefore: "2026-03-02" }, [0, 1, 2]],
  [{ q: "MILK" }, [0, 1]],
  [{ q: "sug creme" }, [1]],
  [{ q: "errand mil" }, [0]],
  [{ q: "ilk" }, []],
  [{ q: "istanbul" }, [3]],
  [{ q: "京" }, [3]],
  [{ q: "milk", labels: "food", dueAfter: "2026-02-27", status: "pending" }, [1]],
];

function where(
  filter: Readonly<Record<string, string>>,
  more: Readonly<Record<string, string>> = {},
): string {
  return `/tasks?${new URLSearchParams({ checklist: list.id, ...filter, ...more })}`;
}

test("labels, dueBefore, dueAfter and q find what they name, page by page by following links", async () => {
  for (const [filter, found] of FILTERS) {
    const expected = found.map((index) => ids[index] ?? "");
    expect([filter, await client.allIds(where(filter), "tasks")]).toEqual([filter, expected]);
    expect([filter, await client.allIds(where(filter, { size: "1" }), "tasks")]).toEqual([filter, expected]);
  }
});

test("and so do streams", async () => {
  for (const [filter, found] of FILTERS) {
    const { text } = await client.get(where(filter), { accept: NDJSON });
    const lines = text.split("\n").filter((line) => line !== "");
    expect(lines.map((line) => (JSON.parse(line) as Json).id)).toEqual(
      found.map((index) => ids[index] ?? ""),
    );
  }
});

test("links keep the filters, so that every value means the same again", async () => {
  const filter = {
    labels: "a&b=c #1,家",
    q: "call ?#&=+%/",
    dueAfter: "2026-01-01",
    dueBefore: "2027-01-01",
  };
  const page = await client.get(where(filter, { size: "1" }));
  for (const relation of ["self", "first"]) {
    const query = Object.fromEntries(new URL(page.link(relation)).searchParams);
    expect(query).toEqual({ checklist: list.id, ...filter, size: "1" });
  }
  expect((await client.get(page.link("self"))).text).toBe(page.text);
});

test("links of very long filters are in the body only: clients refuse answers with long heads", async () => {
  const filter = { labels: Array.from({ length: 20 }, (_, index) => "家".repeat(48) + index).join(",") };
  const page = await client.get(where(filter));
  expect([page.status, page.headers.get("link")]).toEqual([200, null]);
  expect((await client.get(page.link("self"))).text).toBe(page.text);
  expect((await client.get(where({ labels: "a" }))).header("link")).toContain('rel="self"');
});

test("a filter that is empty, too long or malformed → 422 with a pointer to it", async () => {
  for (const [name, value] of [
    ["labels", ""],
    ["labels", "a,,b"],
    ["labels", "a,"],
    ["labels", "x".repeat(51)],
    ["labels", `a${" ".repeat(1_019)}`],
    ["labels", Array.from({ length: 21 }, (_, index) => index).join(",")],
    ["q", ""],
    ["q", " ?! "],
    ["q", "x".repeat(201)],
    ["q", Array.from({ length: 21 }, (_, index) => index).join(" ")],
    ["dueBefore", "2026-02-29"],
    ["dueAfter", "2026-2-1"],
    ["dueAfter", ""],
  ] as const) {
    const reply = await client.get(where({ [name]: value }));
    expect([name, value, problem(reply)]).toEqual([
      name,
      value,
      { status: 422, code: "validation-failed", pointers: [`/query/${name}`] },
    ]);
  }
});

test("words are looked for in every row up to the bound while other requests are answered", async () => {
  const long = await client.checklist("Long texts");
  const description = "lorem ipsum dolor é ".repeat(500);
  for (let index = 0; index < 200; index += 20) {
    await Promise.all(Array.from({ length: 20 }, () => client.task({ description }, long)));
  }
  const searches = Array.from({ length: 8 }, () =>
    client.get(`/tasks?checklist=${long.id}&q=nowhere`).then((reply) => ({ reply, at: performance.now() })),
  );
  const waits: number[] = [];
  let done = false;
  const ended = Promise.all(searches).then((all) => {
    done = true;
    return all;
  });
  while (!done) {
    const startedAt = performance.now();
    await client.get("/tasks?size=1");
    waits.push(performance.now() - startedAt);
  }
  for (const { reply } of await ended) expect(reply.json()._embedded.tasks).toEqual([]);
  waits.sort((a, b) => a - b);
  const median = waits[Math.floor(waits.length / 2)] ?? 0;
  note(
    `while 8 searches of 2,000,000 characters each ran, ${waits.length} other reads took ${median.toFixed(1)} ms (median) and ${waits.at(-1)?.toFixed(1)} ms at most`,
  );
  expect(waits.length).toBeGreaterThan(8);
});
