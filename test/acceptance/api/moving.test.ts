import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, HAL_FORMS, type Json, problem, self } from "../../support/client.ts";
import { EventReader } from "../../support/events.ts";
import { type Service, startService } from "../../support/service.ts";

const INBOX_ID = "00000000-0000-7000-8000-000000000000";
const NO_LIST = "0190a0b0-0000-7000-8000-00000000dead";

let service: Service;
let client: Client;
let here: Json;
let there: Json;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
  here = await client.checklist("Here");
  there = await client.checklist("There");
});
afterAll(() => service[Symbol.asyncDispose]());

const idsIn = (list: Json) => client.allIds(list._links.tasks?.href ?? "", "tasks");

describe("checklist in a PATCH", () => {
  test("moves the task: same id, new self, 404 at the old address, once in the lists", async () => {
    const task = await client.task({ todo: "Move me", labels: ["a"] }, here);
    const moved = await client.patch(self(task), { checklist: there.id });
    const address = `${service.url}/tasks/${task.id}?checklist=${there.id}`;
    expect(moved.status).toBe(200);
    expect(moved.header("content-location")).toBe(address);
    expect(moved.link("self")).toBe(address);
    expect(moved.link("checklist")).toBe(self(there));
    expect(moved.json()).toMatchObject({ id: task.id, todo: "Move me", labels: ["a"] } as never);
    expect((await client.get(address)).text).toBe(moved.text);
    expect((await client.get(self(task))).status).toBe(404);
    expect(await idsIn(here)).not.toContain(task.id);
    expect(await idsIn(there)).toContain(task.id);
    expect((await client.patch(self(task), { checklist: there.id })).status).toBe(404);
  });

  test("is applied with the other members, in one version", async () => {
    const task = await client.task({ description: "gone" }, here);
    const etag = (await client.get(self(task))).header("etag");
    const body = { checklist: there.id, completed: true, description: null, priority: "high" };
    const moved = await client.patch(self(task), body, { "If-Match": etag });
    expect(moved.json()).toMatchObject({ status: "completed", priority: "high" } as never);
    expect(moved.json().description).toBeUndefined();
    const stale = await client.patch(moved.link("self"), { todo: "x" }, { "If-Match": etag });
    expect(stale.status).toBe(412);
    const fresh = { "If-Match": moved.header("etag") };
    expect((await client.patch(moved.link("self"), { todo: "x" }, fresh)).status).toBe(200);
  });

  test("with a position takes neighbours of the new list, and without one comes last there", async () => {
    const list = await client.checklist("In order");
    const [one, two] = [await client.task({}, list), await client.task({}, list)];
    const [middle, last] = [await client.task({}, here), await client.task({}, here)];
    const position = { after: one.id, before: two.id };
    expect((await client.patch(self(middle), { checklist: list.id, position })).status).toBe(200);
    const end = await client.patch(self(last), { checklist: list.id });
    expect(end.json().rank).toBe(last.id);
    const { _embedded } = (await client.get(list._links.tasks?.href ?? "")).json();
    const order = _embedded.tasks.toSorted((a, b) => (String(a.rank) < String(b.rank) ? -1 : 1));
    expect(order.map(({ id }) => id)).toEqual([one.id, middle.id, two.id, last.id]);
    const gone = { after: here.id, before: null };
    const refused = await client.patch(self(one), { checklist: there.id, position: gone });
    expect(refused.status).toBe(404);
  });

  test("with a stale If-Match is 412 and moves nothing", async () => {
    const task = await client.task({}, here);
    const etag = (await client.get(self(task))).header("etag");
    await client.patch(self(task), { todo: "edited" });
    const late = await client.patch(self(task), { checklist: there.id }, { "If-Match": etag });
    expect(late.status).toBe(412);
    expect((await client.get(self(task))).status).toBe(200);
  });

  test("that is the task's own list, or blank, is an ordinary write without Content-Location", async () => {
    const task = await client.task({}, here);
    for (const checklist of [here.id, ""]) {
      const written = await client.patch(self(task), { checklist, todo: "same place" });
      expect(written.status).toBe(200);
      expect(written.headers.has("content-location")).toBe(false);
      expect(written.link("self")).toBe(self(task));
    }
  });

  test("moves to the inbox and from it, whose addresses name no list", async () => {
    const task = await client.task({}, here);
    const inbox = await client.patch(self(task), { checklist: INBOX_ID });
    expect(inbox.link("self")).toBe(`${service.url}/tasks/${task.id}`);
    const back = await client.patch(inbox.link("self"), { checklist: here.id });
    expect(back.link("self")).toBe(self(task));
    expect((await client.get(inbox.link("self"))).status).toBe(404);
  });

  test("is 404 for a list that is unknown, deleted or no id at all, and 422 for null or a number", async () => {
    const task = await client.task({}, here);
    const gone = await client.checklist("Gone");
    await client.delete(self(gone));
    for (const checklist of [NO_LIST, gone.id, "x".repeat(256), "a\u0000b"]) {
      const refused = problem(await client.patch(self(task), { checklist }));
      expect(refused).toMatchObject({ status: 404, code: "not-found" });
    }
    for (const checklist of [null, 7]) {
      const refused = problem(await client.patch(self(task), { checklist }));
      expect(refused).toEqual({ status: 422, code: "validation-failed", pointers: ["/checklist"] });
    }
    expect((await client.get(self(task))).status).toBe(200);
  });
});

describe("checklist in a PUT", () => {
  test("moves the task; without it, what GET gave goes back to where it was", async () => {
    const task = await client.task({ todo: "Put me", priority: "high" }, here);
    const same = await client.put(self(task), (await client.get(self(task))).json());
    expect(same.link("self")).toBe(self(task));
    const moved = await client.put(self(task), { ...same.json(), checklist: there.id });
    expect(moved.status).toBe(200);
    expect(moved.header("content-location")).toBe(moved.link("self"));
    expect(moved.link("checklist")).toBe(self(there));
    expect(moved.json()).toMatchObject({ id: task.id, todo: "Put me", priority: "high" } as never);
    expect((await client.get(self(task))).status).toBe(404);
  });
});

describe("a move", () => {
  test("is told as a deletion at the old address and a creation at the new one, with its version", async () => {
    const task = await client.task({}, here);
    await using events = await EventReader.open(service.url);
    await events.next();
    const moved = await client.patch(self(task), { checklist: there.id });
    await events.expectTold([
      { type: "task.deleted", href: self(task) },
      { type: "task.created", href: moved.link("self"), version: 2 },
    ]);
  });

  test("can be made with the forms, which show the list the task is in", async () => {
    const task = await client.task({}, here);
    const { _templates } = (await client.get(self(task), { accept: HAL_FORMS })).json();
    for (const name of ["default", "patch"]) {
      const field = _templates[name]?.properties.find((property) => property.name === "checklist");
      expect(field?.value).toBe(here.id);
    }
  });

  test("is seen by a stream of either list", async () => {
    const task = await client.task({}, here);
    await client.patch(self(task), { checklist: there.id });
    const streamed = async (list: Json) =>
      (await client.get(list._links.tasks?.href ?? "", { accept: "application/x-ndjson" })).text;
    expect(await streamed(here)).not.toContain(task.id);
    expect(await streamed(there)).toContain(task.id);
  });
});
