import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, problem } from "../../support/client.ts";
import { type Service, startService } from "../../support/service.ts";

const INBOX = "/checklists/00000000-0000-7000-8000-000000000000";

let service: Service;
let client: Client;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
});
afterAll(() => service[Symbol.asyncDispose]());

describe("the query", () => {
  test("a size that is not a whole number from 1 to 200 → 422", async () => {
    for (const size of [
      "0",
      "201",
      "-1",
      "1.5",
      "1e1",
      "abc",
      "",
      "%20",
      "+5",
      "0x10",
      "99999999999999999999",
      "５",
    ]) {
      expect([size, ...problem(await client.get(`/tasks?size=${size}`)).pointers]).toEqual([
        size,
        "/query/size",
      ]);
      expect([size, ...problem(await client.get(`/checklists?size=${size}`)).pointers]).toEqual([
        size,
        "/query/size",
      ]);
    }
  });

  test("an invalid filter value → 422", async () => {
    for (const [name, value] of [
      ["status", "done"],
      ["completed", "1"],
      ["completed", ""],
      ["priority", "HIGH"],
    ]) {
      expect(problem(await client.get(`/tasks?${name}=${value}`)).pointers).toEqual([`/query/${name}`]);
    }
  });

  test("repeated parameters → 422, whatever they are and even if they agree", async () => {
    for (const name of [
      "size",
      "after",
      "status",
      "completed",
      "priority",
      "labels",
      "dueBefore",
      "q",
      "checklist",
    ]) {
      expect(problem(await client.get(`/tasks?${name}=1&${name}=1`))).toEqual({
        status: 422,
        code: "validation-failed",
        pointers: [`/query/${name}`],
      });
    }
    expect((await client.post("/tasks?checklist=a&checklist=a", { todo: "x" })).status).toBe(422);
    expect((await client.delete("/tasks/x?checklist=a&checklist=a")).status).toBe(422);
  });

  test("unknown parameters → 422, each named", async () => {
    expect(problem(await client.get("/tasks?page=2&sort=name")).pointers).toEqual([
      "/query/page",
      "/query/sort",
    ]);
    expect(problem(await client.get("/checklists?status=pending")).pointers).toEqual(["/query/status"]);
    expect(problem(await client.post("/checklists?x=1", { name: "x" })).pointers).toEqual(["/query/x"]);
  });

  test("percent-encoded names and values are decoded", async () => {
    expect((await client.get("/tasks?%73ize=%31")).link("self")).toBe(`${service.url}/tasks?size=1`);
    expect(problem(await client.get("/tasks?size=1&%73ize=1")).pointers).toEqual(["/query/size"]);
  });
});

test("a trailing slash is another address: 404", async () => {
  const paths = [
    "/checklists/",
    "/tasks/",
    `${INBOX}/`,
    "/actuator/",
    "/actuator/health/",
    "/docs/",
    "/events/",
  ];
  for (const path of paths) expect([path, (await client.get(path)).status]).toEqual([path, 404]);
  expect((await client.post("/checklists/", { name: "x" })).status).toBe(404);
});
