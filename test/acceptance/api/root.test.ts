import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, HAL, HAL_FORMS, PROBLEM, problem } from "../../support/client.ts";
import { type Service, startService } from "../../support/service.ts";

let service: Service;
let client: Client;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
});
afterAll(() => service[Symbol.asyncDispose]());

describe("GET /", () => {
  test("links to everything, with absolute URLs, and every plain link works", async () => {
    const root = await client.get("/");
    expect(root.status).toBe(200);
    expect(root.header("content-type")).toBe(HAL);
    const links = root.json()._links;
    expect(Object.keys(links).sort()).toEqual(
      [
        "actuator",
        "agenda",
        "checklists",
        "events",
        "find-tasks",
        "find-trash",
        "health",
        "search",
        "self",
        "service-desc",
        "service-doc",
        "tasks",
        "trash",
      ].sort(),
    );
    expect(links.self?.href).toBe(`${service.url}/`);
    expect(links.tasks?.href).toBe(`${service.url}/tasks`);
    expect(links.checklists?.href).toBe(`${service.url}/checklists`);
    for (const { href, templated } of Object.values(links)) {
      if (!templated) expect([href, (await client.ask("HEAD", href)).status]).toEqual([href, 200]);
    }
  });

  test("the templated search names every filter of the collection", async () => {
    const found = (await client.get("/")).json()._links["find-tasks"];
    expect(found?.templated).toBe(true);
    const names = /\{\?(.*)\}$/.exec(found?.href ?? "")?.[1]?.split(",") ?? [];
    const values: Record<string, string> = {
      status: "pending",
      completed: "false",
      priority: "low",
      labels: "a,b",
      dueBefore: "2026-12-24",
      dueAfter: "2026-01-01",
      q: "milk",
      size: "3",
    };
    const query = names.filter((name) => values[name]).map((name) => `${name}=${values[name]}`);
    expect(query).toHaveLength(8);
    expect((await client.get(`/tasks?${query.join("&")}`)).status).toBe(200);
  });

  test("is HTML for a browser", async () => {
    const page = await client.get("/", { accept: "text/html,application/xhtml+xml,*/*;q=0.8" });
    expect(page.header("content-type")).toBe("text/html; charset=utf-8");
    expect(page.header("vary")).toContain("Accept");
  });
});

const NEGOTIATION = [
  ["no Accept", undefined, HAL],
  ["*/*", "*/*", HAL],
  ["application/*", "application/*", HAL],
  ["application/json", "application/json", "application/json"],
  ["hal-forms", HAL_FORMS, HAL_FORMS],
  ["the higher q", `${HAL};q=0.4, application/json;q=0.5`, "application/json"],
  ["a specific q=0 beats a wildcard", `${HAL};q=0, */*;q=0.1`, "application/json"],
  ["capitals and spaces", " Application/JSON ; Q=0.3 ", "application/json"],
  ["the more specific range of two", `application/*;q=0.9, application/json;q=0.1`, HAL],
  ["a quoted parameter full of separators", `${HAL};profile="a,b;q=0"`, HAL],
  ["q with three decimals", `${HAL};q=0.001, application/json;q=0.002`, "application/json"],
] as const;

const REFUSED = [
  "text/plain",
  "image/*",
  `${HAL};q=0`,
  "*/*;q=0",
  "nonsense",
  "application/xml, text/csv;q=0.5",
];

describe("Accept", () => {
  for (const [what, accept, type] of NEGOTIATION) {
    test(`${what} → ${type}`, async () => {
      for (const path of ["/", "/checklists", "/tasks", "/checklists/00000000-0000-7000-8000-000000000000"]) {
        const reply = await client.get(path, accept === undefined ? {} : { accept });
        expect([path, reply.status, reply.header("content-type")]).toEqual([path, 200, type]);
        expect(reply.header("vary")).toMatch(/(^|, )Accept(,|$)/);
      }
    });
  }

  test("application/json has the same bytes as application/hal+json", async () => {
    for (const path of ["/", "/checklists", "/tasks", "/checklists/00000000-0000-7000-8000-000000000000"]) {
      const hal = await client.get(path, { accept: HAL });
      const json = await client.get(path, { accept: "application/json" });
      expect(json.text).toBe(hal.text);
    }
  });

  for (const accept of REFUSED) {
    test(`${accept} → 406, still as problem details`, async () => {
      for (const path of ["/", "/checklists", "/tasks", "/openapi.json", "/events", "/actuator/health"]) {
        const reply = await client.get(path, { accept });
        expect([path, ...Object.values(problem(reply))]).toEqual([path, 406, "not-acceptable", []]);
        expect(reply.header("content-type")).toBe(PROBLEM);
      }
    });
  }

  test("406 comes before anything is written", async () => {
    const list = await client.checklist("Untouched");
    const task = await client.task({ todo: "Untouched" }, list);
    const [listUrl, taskUrl] = [list._links.self?.href ?? "", task._links.self?.href ?? ""];
    const names = await client.allIds("/checklists", "checklists");
    const accept = { accept: "text/csv" };
    const replies = [
      await client.post("/checklists", { name: "Never stored" }, accept),
      await client.post(list._links.tasks?.href ?? "", { todo: "Never stored" }, accept),
      await client.put(listUrl, { name: "Changed" }, accept),
      await client.patch(listUrl, { name: "Changed" }, accept),
      await client.put(taskUrl, { todo: "Changed" }, accept),
      await client.patch(taskUrl, { todo: "Changed" }, accept),
    ];
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 406));
    expect(await client.allIds("/checklists", "checklists")).toEqual(names);
    expect(await client.allIds(list._links.tasks?.href ?? "", "tasks")).toEqual([task.id]);
    expect((await client.get(listUrl)).json()).toEqual(list);
    expect((await client.get(taskUrl)).json()).toEqual(task);
  });
});
