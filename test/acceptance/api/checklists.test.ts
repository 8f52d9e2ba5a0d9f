import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, MERGE_PATCH, problem, self } from "../../support/client.ts";
import { type Service, startService } from "../../support/service.ts";

const INBOX = "/checklists/00000000-0000-7000-8000-000000000000";
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

let service: Service;
let client: Client;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
});
afterAll(() => service[Symbol.asyncDispose]());

describe("a checklist", () => {
  test("POST creates it: 201, Location is self, and GET gives the same bytes", async () => {
    const created = await client.post("/checklists", { name: "  Groceries\n" });
    expect(created.status).toBe(201);
    const { id, name, createdAt, updatedAt, _links, ...rest } = created.json();
    expect(rest).toEqual({} as never);
    expect([id, name]).toEqual([expect.stringMatching(UUID_V7), "Groceries"]);
    expect([createdAt, updatedAt]).toEqual([expect.stringMatching(TIMESTAMP), createdAt as string]);
    expect(_links).toEqual({
      self: { href: `${service.url}/checklists/${id}` },
      tasks: { href: `${service.url}/tasks?checklist=${id}` },
      collection: { href: `${service.url}/checklists` },
    });
    const read = await client.get(created.header("location"));
    expect([read.status, read.text, read.header("etag")]).toEqual([
      200,
      created.text,
      created.header("etag"),
    ]);
  });

  test("PUT replaces, raises updatedAt and keeps the rest", async () => {
    const made = await client.checklist("Before");
    const put = await client.put(self(made), { name: "After" });
    expect([put.status, put.json().name, put.json().id]).toEqual([200, "After", made.id]);
    expect(put.json().updatedAt >= made.updatedAt).toBe(true);
    expect((await client.get(self(made))).text).toBe(put.text);
  });

  test("PATCH changes only the named members, as merge-patch and as JSON; {} is also a write", async () => {
    const made = await client.checklist("Before");
    expect((await client.patch(self(made), { name: "Merged" })).json().name).toBe("Merged");
    const asJson = await client.patch(self(made), { name: "JSON" }, { "content-type": "application/json" });
    expect(asJson.json().name).toBe("JSON");
    const before = await client.get(self(made));
    const empty = await client.patch(self(made), {});
    expect([empty.status, empty.json().name]).toEqual([200, "JSON"]);
    expect(empty.header("etag")).not.toBe(before.header("etag"));
  });

  test("PATCH with null for its name → 422", async () => {
    const made = await client.checklist();
    expect(problem(await client.patch(self(made), { name: null }))).toEqual({
      status: 422,
      code: "validation-failed",
      pointers: ["/name"],
    });
  });

  test("the body of a GET can be sent back by PUT and PATCH, in every representation", async () => {
    const made = await client.checklist("Round");
    for (const accept of ["application/hal+json", "application/json", "application/prs.hal-forms+json"]) {
      const read = await client.get(self(made), { accept });
      const put = await client.put(self(made), read.text);
      const patched = await client.patch(self(made), read.text, { "content-type": MERGE_PATCH });
      expect([put.status, patched.status, patched.json().name]).toEqual([200, 200, "Round"]);
    }
    const asHal = await client.put(self(made), { name: "HAL" }, { "content-type": "application/hal+json" });
    expect(asHal.status).toBe(200);
  });

  test("ids and times in a PUT or PATCH are ignored, other unknown members are 422, all of them named", async () => {
    const made = await client.checklist("Kept");
    const forged = {
      id: "other",
      createdAt: "2001-01-01T00:00:00.000Z",
      updatedAt: 7,
      _links: 1,
      _embedded: {},
      _templates: [],
    };
    const put = await client.put(self(made), { ...forged, name: "Kept" });
    expect([put.status, put.json().id, put.json().createdAt]).toEqual([200, made.id, made.createdAt]);
    for (const method of ["PUT", "PATCH"]) {
      const reply = await client.ask(method, self(made), { body: { name: "No", color: "red", "a/b~c": 1 } });
      expect(problem(reply)).toEqual({
        status: 422,
        code: "validation-failed",
        pointers: ["/color", "/a~1b~0c"],
      });
    }
    expect((await client.get(self(made))).json().name).toBe("Kept");
  });

  test("DELETE: 204 without a body, then 404 for it, its tasks and a second DELETE", async () => {
    const made = await client.checklist("Gone");
    const task = await client.task({ todo: "Gone too" }, made);
    const gone = await client.delete(self(made));
    expect([gone.status, gone.text, gone.headers.get("content-type")]).toEqual([204, "", null]);
    const asked = [
      await client.delete(self(made)),
      await client.get(self(made)),
      await client.put(self(made), { name: "Ghost" }),
      await client.patch(self(made), { name: "Ghost" }),
      await client.get(self(task)),
      await client.put(self(task), { todo: "Ghost" }),
      await client.patch(self(task), { todo: "Ghost" }),
      await client.delete(self(task)),
      await client.get(made._links.tasks?.href ?? ""),
      await client.post(made._links.tasks?.href ?? "", { todo: "Ghost" }),
    ];
    expect(asked.map(({ status }) => status)).toEqual(asked.map(() => 404));
  });

  test("PUT never creates", async () => {
    const free = "/checklists/0190a0b0-0000-7000-8000-00000000abcd";
    expect((await client.put(free, { name: "Born" })).status).toBe(404);
    expect((await client.get(free)).status).toBe(404);
  });

  test("an id that is malformed, too long or odd is 404, not an error", async () => {
    for (const id of [
      "1",
      "x".repeat(5_000),
      "%00",
      "%ED%A0%80",
      "%FF",
      "..%2f..",
      "%E2%98%83",
      "a%2Fb",
      "%zz",
    ]) {
      const reply = await client.get(`/checklists/${id}`);
      expect([id, ...Object.values(problem(reply))]).toEqual([id, 404, "not-found", []]);
    }
  });
});

describe("the inbox", () => {
  test("exists from the start, listed like any other", async () => {
    const inbox = await client.get(INBOX);
    expect([inbox.status, inbox.json().name]).toEqual([200, "Inbox"]);
    expect(inbox.link("tasks")).toBe(`${service.url}/tasks`);
    expect(await client.allIds("/checklists", "checklists")).toContain(inbox.json().id);
  });

  test("can be renamed", async () => {
    expect((await client.patch(INBOX, { name: "Eingang" })).json().name).toBe("Eingang");
    expect((await client.put(INBOX, { name: "Inbox" })).json().name).toBe("Inbox");
  });

  test("can't be deleted: 409, and its tasks stay", async () => {
    const task = await client.task({ todo: "Stays" });
    expect(problem(await client.delete(INBOX))).toEqual({ status: 409, code: "conflict", pointers: [] });
    expect((await client.get(self(task))).status).toBe(200);
  });
});
