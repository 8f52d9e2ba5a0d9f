import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type Json, MERGE_PATCH, problem, self } from "../../support/client.ts";
import { type Service, startService } from "../../support/service.ts";

const INBOX_ID = "00000000-0000-7000-8000-000000000000";
const NO_LIST = "0190a0b0-0000-7000-8000-00000000dead";
const FULL = {
  todo: "Buy milk",
  status: "in_progress",
  priority: "high",
  description: "Two",
  dueDate: "2028-02-29",
};

let service: Service;
let client: Client;
let list: Json;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
  list = await client.checklist("Tasks' own");
});
afterAll(() => service[Symbol.asyncDispose]());

describe("a task", () => {
  test("with only its text takes the defaults and belongs to the inbox", async () => {
    const created = await client.post("/tasks", { todo: " Call  home " });
    expect(created.status).toBe(201);
    const { id, createdAt, updatedAt, ...rest } = created.json();
    expect(rest).toEqual({
      todo: "Call  home",
      completed: false,
      status: "pending",
      priority: "medium",
      labels: [],
      rank: id,
      _links: {
        self: { href: `${service.url}/tasks/${id}` },
        checklist: { href: `${service.url}/checklists/${INBOX_ID}` },
        collection: { href: `${service.url}/tasks` },
      },
    } as never);
    expect(created.header("location")).toBe(created.link("self"));
    expect(updatedAt).toBe(createdAt as string);
    expect((await client.get(created.header("location"))).text).toBe(created.text);
  });

  test("of another list carries the list in its links", async () => {
    const created = await client.post(`/tasks?checklist=${list.id}`, FULL);
    expect(created.json()).toMatchObject({ ...FULL, completed: false } as never);
    expect(created.link("self")).toBe(`${service.url}/tasks/${created.json().id}?checklist=${list.id}`);
    expect(created.link("collection")).toBe(list._links.tasks?.href ?? "");
    expect((await client.get(created.link("self"))).text).toBe(created.text);
  });

  test("may name its list in the body or in both places, but not two lists", async () => {
    const other = await client.checklist("Other");
    const body = await client.post("/tasks", { todo: "x", checklist: list.id });
    expect([body.status, body.link("checklist")]).toEqual([201, self(list)]);
    expect((await client.post(`/tasks?checklist=${list.id}`, { todo: "x", checklist: list.id })).status).toBe(
      201,
    );
    const two = await client.post(`/tasks?checklist=${list.id}`, { todo: "x", checklist: other.id });
    expect(problem(two)).toEqual({ status: 422, code: "validation-failed", pointers: ["/checklist"] });
    const inboxed = await client.post("/tasks", { todo: "x", checklist: INBOX_ID });
    expect(inboxed.link("self")).toBe(`${service.url}/tasks/${inboxed.json().id}`);
  });

  test("of the inbox is found under the inbox too, with links that do not name it", async () => {
    const task = await client.task();
    const named = await client.get(`/tasks/${task.id}?checklist=${INBOX_ID}`);
    expect([named.status, named.json()]).toEqual([200, task]);
    expect((await client.get(`/tasks?checklist=${INBOX_ID}`)).link("self")).toBe(`${service.url}/tasks`);
    expect((await client.post(`/tasks?checklist=${INBOX_ID}`, { todo: "x" })).link("collection")).toBe(
      `${service.url}/tasks`,
    );
  });

  test("under the wrong list, an unknown one or a malformed one → 404, for every method", async () => {
    const task = await client.task({}, list);
    for (const query of [
      "",
      `?checklist=${NO_LIST}`,
      "?checklist=",
      "?checklist=nonsense",
      "?checklist=%00",
    ]) {
      const where = `/tasks/${task.id}${query}`;
      const asked = [
        await client.get(where),
        await client.put(where, { todo: "x" }),
        await client.patch(where, { todo: "x" }),
        await client.delete(where),
      ];
      expect([query, ...asked.map(({ status }) => status)]).toEqual([query, 404, 404, 404, 404]);
    }
    expect((await client.get(self(task))).json()).toEqual(task);
  });

  test("POST to a missing list → 404, in URL and in body", async () => {
    for (const id of [NO_LIST, "nonsense"]) {
      expect((await client.post(`/tasks?checklist=${id}`, { todo: "x" })).status).toBe(404);
      expect((await client.post("/tasks", { todo: "x", checklist: id })).status).toBe(404);
    }
    expect((await client.post("/tasks?checklist=", { todo: "x" })).status).toBe(404);
    expect((await client.post(`/tasks?checklist=${list.id}`, { todo: "x", checklist: NO_LIST })).status).toBe(
      404,
    );
  });

  test("PUT resets omitted members to their defaults", async () => {
    const task = await client.task(FULL, list);
    const put = await client.put(self(task), { todo: "Only text" });
    const { description, dueDate, status, priority, completed, createdAt, id } = put.json();
    expect([description, dueDate, status, priority, completed]).toEqual([
      undefined,
      undefined,
      "pending",
      "medium",
      false,
    ]);
    expect([createdAt, id]).toEqual([task.createdAt, task.id]);
    expect((await client.get(self(task))).text).toBe(put.text);
  });

  test("PUT without its text → 422", async () => {
    const task = await client.task(FULL, list);
    expect(problem(await client.put(self(task), { priority: "low" })).pointers).toEqual(["/todo"]);
    expect((await client.get(self(task))).json()).toEqual(task);
  });

  test("PATCH changes only the named members; null removes, resets or is refused", async () => {
    const task = await client.task(FULL, list);
    const renamed = await client.patch(self(task), { todo: "New text" });
    expect(renamed.json()).toEqual({ ...task, todo: "New text", updatedAt: renamed.json().updatedAt });
    const emptied = await client.patch(self(task), {
      description: null,
      dueDate: null,
      priority: null,
      status: null,
    });
    const { description, dueDate, priority, status } = emptied.json();
    expect([description, dueDate, priority, status]).toEqual([undefined, undefined, "medium", "pending"]);
    expect(problem(await client.patch(self(task), { todo: null })).pointers).toEqual(["/todo"]);
  });

  test("null for a member that is not set is no error; null in POST and PUT is", async () => {
    const task = await client.task();
    expect((await client.patch(self(task), { description: null })).status).toBe(200);
    const nulls = {
      todo: "x",
      description: null,
      dueDate: null,
      priority: null,
      status: null,
      completed: null,
    };
    const pointers = ["/description", "/dueDate", "/priority", "/status", "/completed"];
    expect(problem(await client.post("/tasks", nulls)).pointers).toEqual(pointers);
    expect(problem(await client.put(self(task), nulls)).pointers).toEqual(pointers);
  });

  test("the body of a GET can be sent back by PUT and PATCH, in every representation", async () => {
    const task = await client.task({ ...FULL, status: "completed" }, list);
    for (const accept of ["application/hal+json", "application/json", "application/prs.hal-forms+json"]) {
      const read = await client.get(self(task), { accept });
      const put = await client.put(self(task), read.text);
      const patched = await client.patch(self(task), read.text, { "content-type": MERGE_PATCH });
      expect([put.status, patched.status]).toEqual([200, 200]);
      expect({ ...patched.json(), updatedAt: task.updatedAt }).toEqual(task);
    }
  });

  test("ids and times are ignored in PUT, but are unknown members of a POST", async () => {
    const task = await client.task({}, list);
    const put = await client.put(self(task), { id: "other", createdAt: "never", _links: {}, todo: "x" });
    expect([put.status, put.json().id, put.json().createdAt]).toEqual([200, task.id, task.createdAt]);
    expect(problem(await client.post("/tasks", { todo: "x", id: task.id })).pointers).toEqual(["/id"]);
  });

  test("members of the media type are ignored in every body", async () => {
    const spring = { links: [], _links: {}, _embedded: {}, _templates: {} };
    const made = await client.post(`/tasks?checklist=${list.id}`, { todo: "x", ...spring });
    expect(made.status).toBe(201);
    expect((await client.put(made.link("self"), { todo: "y", ...spring })).status).toBe(200);
    expect((await client.patch(made.link("self"), { todo: "z", ...spring })).json().todo).toBe("z");
    expect((await client.post("/checklists", { name: "Of Spring", links: [] })).status).toBe(201);
  });

  test("an optional member sent as an empty text counts as left out; a required one is refused", async () => {
    const blank = { completed: "", status: "", priority: "", description: "", dueDate: "" };
    const made = await client.post("/tasks", { todo: "x", ...blank, checklist: "" });
    expect(made.status).toBe(201);
    expect(made.link("collection")).toBe(`${service.url}/tasks`);
    const { description, dueDate, status, priority } = made.json();
    expect([description, dueDate, status, priority]).toEqual([undefined, undefined, "pending", "medium"]);
    const full = await client.task(FULL, list);
    for (const change of [
      () => client.put(self(full), { todo: "x", ...blank }),
      () => client.patch(self(full), blank),
    ]) {
      const changed = (await change()).json();
      expect([changed.description, changed.dueDate]).toEqual([undefined, undefined]);
      expect([changed.status, changed.priority]).toEqual(["pending", "medium"]);
      await client.put(self(full), FULL);
    }
    for (const method of ["PUT", "PATCH"]) {
      expect(problem(await client.ask(method, self(full), { body: { todo: "" } })).pointers).toEqual([
        "/todo",
      ]);
    }
    expect(problem(await client.post("/checklists", { name: "" })).pointers).toEqual(["/name"]);
  });

  test("DELETE: 204, then 404", async () => {
    const task = await client.task({}, list);
    expect([(await client.delete(self(task))).status, (await client.delete(self(task))).status]).toEqual([
      204, 404,
    ]);
    expect((await client.get(self(task))).status).toBe(404);
  });

  test("all mistakes in a body are named at once", async () => {
    const bad = {
      todo: 7,
      completed: "yes",
      status: "done",
      priority: 1,
      description: [],
      dueDate: "tomorrow",
      extra: {},
    };
    const reply = await client.post("/tasks", bad);
    expect(problem(reply).pointers).toEqual(Object.keys(bad).map((name) => `/${name}`));
    expect(reply.json().errors.every(({ detail }) => detail.length > 5)).toBe(true);
  });

  test("a body that is not an object → 422 at its root", async () => {
    for (const body of ["[]", "1", '"text"', "null", "true"]) {
      expect(problem(await client.post("/tasks", body))).toEqual({
        status: 422,
        code: "validation-failed",
        pointers: [""],
      });
    }
  });
});
