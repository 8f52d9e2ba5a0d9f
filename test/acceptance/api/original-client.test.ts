// What the acceptance client of the Java service sends, as recorded: Spring HATEOAS on both sides of the wire. It
// serialises its RepresentationModels whole, so every body has an empty list `links`.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type Reply } from "../../support/client.ts";
import { type Service, startService } from "../../support/service.ts";

const SPRING = { accept: "application/hal+json, application/json", "user-agent": "ReactorNetty/1.1.13" };
const JSON_BODY = { "content-type": "application/json" };

let service: Service;
let client: Client;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
});
afterAll(() => service[Symbol.asyncDispose]());

async function follow(relation: string): Promise<string> {
  return (await client.get("/", SPRING)).link(relation);
}

function post(where: string, body: string): Promise<Reply> {
  return client.ask("POST", where, { headers: { ...SPRING, ...JSON_BODY }, body });
}

describe("a client of the Java service", () => {
  test("finds its collections at the root", async () => {
    const root = await client.get("/", SPRING);
    expect([root.status, root.header("content-type")]).toEqual([200, "application/hal+json"]);
    expect([root.link("checklists"), root.link("tasks")]).toEqual([
      `${service.url}/checklists`,
      `${service.url}/tasks`,
    ]);
  });

  test("creates a checklist, and finds it at its Location and self", async () => {
    const created = await post(await follow("checklists"), '{"name":"Groceries","links":[]}');
    expect([created.status, created.json().name]).toEqual([201, "Groceries"]);
    expect(created.header("location")).toBe(created.link("self"));
    expect((await client.get(created.header("location"), SPRING)).json().name).toBe("Groceries");
  });

  test("creates a task, whose todo is echoed; self is the task, where the original has the collection", async () => {
    const created = await post(await follow("tasks"), '{"todo":"Buy milk","links":[]}');
    expect([created.status, created.json().todo]).toEqual([201, "Buy milk"]);
    expect(created.link("self")).toBe(`${service.url}/tasks/${created.json().id}`);
    expect((await client.get(created.link("self"), SPRING)).json().todo).toBe("Buy milk");
  });

  test("reads from health exactly that the service is up", async () => {
    const health = await client.get("/actuator/health", { accept: "application/json, */*" });
    expect([health.status, health.text]).toEqual([200, '{"status":"UP"}']);
  });

  test("lists what it created", async () => {
    const lists = (await client.get(await follow("checklists"), SPRING)).json()._embedded.checklists;
    expect(lists.map(({ name }) => name)).toContain("Groceries");
    const tasks = (await client.get(await follow("tasks"), SPRING)).json()._embedded.tasks;
    expect(tasks.map(({ todo }) => todo)).toEqual(["Buy milk"]);
  });

  test("gets an error that names an unknown member", async () => {
    expect((await post("/checklists", '{"name":"Groceries","links":[],"owner":"me"}')).status).toBe(422);
  });
});
