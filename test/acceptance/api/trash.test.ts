import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, HAL_FORMS, type Json, NDJSON, problem, type Reply, self } from "../../support/client.ts";
import { EventReader } from "../../support/events.ts";
import { type Service, startService } from "../../support/service.ts";

const INBOX = "00000000-0000-7000-8000-000000000000";
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

let service: Service;
let client: Client;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
});
afterAll(() => service[Symbol.asyncDispose]());

/** Where the answer to a deletion says that it went. */
function trashed(deleted: Reply): string {
  expect(deleted.status).toBe(204);
  return /^<(.+)>; rel="trash"$/.exec(deleted.header("link"))?.[1] ?? "";
}

async function restored(entry: string): Promise<Reply> {
  return client.ask("POST", (await client.get(entry)).link("restore"));
}

/** Of all pages. */
async function inTrash(of?: Json): Promise<string[]> {
  const where = of === undefined ? "/trash" : `/trash?checklist=${of.id}`;
  return client.allIds(where, of === undefined ? "checklists" : "tasks");
}

describe("DELETE", () => {
  test("of a task puts it into the trash: 404 at its address, found in the trash with deletedAt", async () => {
    const list = await client.checklist();
    const task = await client.task({ description: "oat", labels: ["shop"] }, list);
    const entry = trashed(await client.delete(self(task)));
    expect(entry).toBe(`${service.url}/trash/tasks/${task.id}?checklist=${list.id}`);
    expect((await client.get(self(task))).status).toBe(404);
    expect((await client.delete(self(task))).status).toBe(404);
    expect((await client.patch(self(task), { todo: "x" })).status).toBe(404);
    const found = await client.get(entry);
    expect(found.status).toBe(200);
    const { deletedAt, _links, ...members } = found.json();
    const { _links: itsLinks, ...before } = task;
    expect(deletedAt).toEqual(expect.stringMatching(TIMESTAMP));
    expect(members as object).toEqual(before as object);
    expect(_links).toEqual({
      self: { href: entry },
      restore: { href: `${service.url}/trash/tasks/${task.id}/restore?checklist=${list.id}` },
      checklist: { href: self(list) },
      collection: { href: `${service.url}/trash?checklist=${list.id}` },
    });
    expect(itsLinks.self?.href).toBe(self(task));
    const page = await client.get(found.link("collection"));
    expect(page.json()._embedded.tasks).toEqual([found.json()]);
    expect(page.link("self")).toBe(found.link("collection"));
  });

  test("of a list puts it into the trash with its tasks, and POST restore brings them back", async () => {
    const list = await client.checklist("Camping");
    const [task, before] = [await client.task({}, list), await client.task({}, list)];
    const entryBefore = trashed(await client.delete(self(before)));
    const entry = trashed(await client.delete(self(list)));
    expect(entry).toBe(`${service.url}/trash/checklists/${list.id}`);
    for (const gone of [self(list), self(task), list._links.tasks?.href ?? "", entryBefore]) {
      expect((await client.get(gone)).status).toBe(404);
    }
    expect((await client.get(`/trash?checklist=${list.id}`)).status).toBe(404);
    expect((await client.ask("POST", `/trash/tasks/${before.id}/restore?checklist=${list.id}`)).status).toBe(
      404,
    );
    expect(await inTrash()).toContain(list.id);
    const found = (await client.get(entry)).json();
    expect([found.name, found.deletedAt]).toEqual(["Camping", expect.stringMatching(TIMESTAMP)]);
    expect(Object.keys(found._links)).toEqual(["self", "restore", "collection"]);

    const back = await restored(entry);
    expect([back.status, back.header("content-location")]).toEqual([200, self(list)]);
    const read = await client.get(self(list));
    expect([read.text, read.header("etag")]).toEqual([back.text, back.header("etag")]);
    expect(back.json() as object).toEqual(list as object);
    expect(await client.allIds(list._links.tasks?.href ?? "", "tasks")).toEqual([task.id]);
    expect(await inTrash(list)).toEqual([before.id]);
    expect(await inTrash()).not.toContain(list.id);
    expect((await restored(entryBefore)).json() as object).toEqual(before as object);
  });
});

describe("an entry of the trash", () => {
  test("can be restored once, at its old address with the next version; then it is 404", async () => {
    const task = await client.task({ dueDate: "2030-01-31" });
    const before = await client.get(self(task));
    const entry = trashed(await client.delete(self(task)));
    expect(entry).toBe(`${service.url}/trash/tasks/${task.id}`);
    expect(await client.allIds(`/trash?checklist=${INBOX}`, "tasks")).toContain(task.id);
    const { header } = await client.get(entry);
    const back = await restored(entry);
    expect([back.status, back.text]).toEqual([200, before.text]);
    const version = (etag: string) => Number(/^"(\d+)\./.exec(etag)?.[1]);
    expect([before.header("etag"), header("etag"), back.header("etag")].map(version)).toEqual([1, 2, 3]);
    expect((await client.get(entry)).status).toBe(404);
    expect((await client.ask("POST", `/trash/tasks/${task.id}/restore`)).status).toBe(404);
    expect((await client.delete(entry)).status).toBe(404);
  });

  test("can be deleted for good, under a condition or without one", async () => {
    const list = await client.checklist();
    const task = await client.task({}, list);
    const old = (await client.get(self(task))).header("etag");
    const ofTask = trashed(await client.delete(self(task)));
    expect(problem(await client.delete(ofTask, { "if-match": old })).status).toBe(412);
    const { header } = await client.get(ofTask);
    expect((await client.delete(ofTask, { "if-match": header("etag") })).status).toBe(204);
    expect((await client.get(ofTask)).status).toBe(404);
    const ofList = trashed(await client.delete(self(list)));
    expect((await client.delete(ofList)).status).toBe(204);
    expect((await client.get(ofList)).status).toBe(404);
    expect(await inTrash()).not.toContain(list.id);
  });

  test("has an ETag, for 304 and for If-Match of a restoration", async () => {
    const list = await client.checklist();
    const entry = trashed(await client.delete(self(list)));
    const etag = (await client.get(entry)).header("etag");
    expect((await client.get(entry, { "if-none-match": etag })).status).toBe(304);
    const { restore } = (await client.get(entry)).json()._links;
    const stale = { "if-match": etag.replace(/^"\d+/, '"1') };
    expect((await client.ask("POST", restore?.href ?? "", { headers: stale })).status).toBe(412);
    expect((await client.ask("POST", restore?.href ?? "", { headers: { "if-match": etag } })).status).toBe(
      200,
    );
  });

  test("says in HAL-FORMS how to restore it and how to delete it for good", async () => {
    const list = await client.checklist();
    const task = await client.task({}, list);
    for (const row of [task, list]) {
      const entry = trashed(await client.delete(self(row)));
      const { _templates, _links } = (await client.get(entry, { accept: HAL_FORMS })).json();
      expect(_templates.restore).toMatchObject({ method: "POST", target: _links.restore?.href });
      expect(_templates.delete).toMatchObject({ method: "DELETE", target: entry });
    }
  });
});

describe("GET /trash", () => {
  test("gives every deleted list once, page by page, the one that goes first at the beginning", async () => {
    const lists = await Promise.all([1, 2, 3].map(() => client.checklist()));
    for (const list of lists) trashed(await client.delete(self(list)));
    const ids = await client.allIds("/trash?size=1", "checklists");
    const ours = lists.map(({ id }) => id);
    expect(ids.filter((id) => ours.includes(id))).toEqual(ours);
    const lines = (await client.get("/trash", { accept: NDJSON })).text.trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as Json).id)).toEqual(ids);
  });

  test("with a checklist gives its deleted tasks in order of id, as pages and as a stream", async () => {
    const list = await client.checklist();
    const tasks: Json[] = [];
    for (let at = 0; at < 4; at++) tasks.push(await client.task({}, list));
    const ids = tasks.map(({ id }) => id);
    for (const task of tasks.toReversed()) await client.delete(self(task));
    expect(await client.allIds(`/trash?checklist=${list.id}&size=3`, "tasks")).toEqual(ids);
    const stream = await client.get(`/trash?checklist=${list.id}`, { accept: NDJSON });
    const lines = stream.text.trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as Json).id)).toEqual(ids);
    expect(await client.allIds(list._links.tasks?.href ?? "", "tasks")).toEqual([]);
  });

  test("an unknown checklist → 404; an unknown parameter or cursor → 422", async () => {
    expect((await client.get("/trash?checklist=nowhere")).status).toBe(404);
    expect(problem(await client.get("/trash?status=pending")).pointers).toEqual(["/query/status"]);
    expect(problem(await client.get("/trash?after=x")).pointers).toEqual(["/query/after"]);
    expect((await client.get("/trash/checklists/nowhere")).status).toBe(404);
    expect((await client.get("/trash/tasks/nowhere")).status).toBe(404);
  });
});

test("events tell of deletions as before, and of restorations with the new version", async () => {
  await using events = await EventReader.open(service.url);
  const list = await client.checklist();
  const task = await client.task({}, list);
  await restored(trashed(await client.delete(self(task))));
  await restored(trashed(await client.delete(self(list))));
  await events.expectTold([
    { type: "task.deleted", href: self(task) },
    { type: "task.restored", href: self(task), version: 3 },
    { type: "checklist.deleted", href: self(list) },
    { type: "checklist.restored", href: self(list), version: 3 },
  ]);
});

test("a repeated POST with a key gets its first answer while the task is in the trash, and no second task", async () => {
  const list = await client.checklist();
  const create = () =>
    client.post(list._links.tasks?.href ?? "", { todo: "once" }, { "idempotency-key": list.id });
  const first = await create();
  await client.delete(self(first.json()));
  const again = await create();
  expect([again.status, again.text]).toEqual([201, first.text]);
  expect(await client.allIds(list._links.tasks?.href ?? "", "tasks")).toEqual([]);
  expect(await inTrash(list)).toEqual([first.json().id]);
});

describe("POST restore with an Idempotency-Key", () => {
  const key = () => ({ "idempotency-key": crypto.randomUUID() });
  /** Status, text and the headers that say what it is about. */
  const said = (reply: Reply) => [
    reply.status,
    reply.text,
    ...["content-type", "content-location", "etag", "vary"].map((name) => reply.header(name)),
  ];
  const withKey = (where: string, headers: Record<string, string>, body?: unknown) =>
    client.ask("POST", where, { headers, body });

  for (const what of ["task", "list"] as const) {
    test(`of a ${what}, sent again: the first answer, byte for byte, whatever has become of it; a new key restores it again`, async () => {
      const list = await client.checklist("Keyed");
      const row = what === "list" ? list : await client.task({ dueDate: "2030-01-31" }, list);
      const entry = trashed(await client.delete(self(row)));
      const [once, restore] = [key(), (await client.get(entry)).link("restore")];
      const first = await withKey(restore, once);
      expect([first.status, first.headers.get("idempotent-replayed")]).toEqual([200, null]);
      expect(first.text).toBe((await client.get(self(row))).text);
      const again = async () => {
        const reply = await withKey(restore, once);
        expect(said(reply)).toEqual(said(first));
        expect(reply.header("idempotent-replayed")).toBe("true");
      };
      await again();
      await client.patch(self(row), what === "list" ? { name: "Changed" } : { todo: "Changed" });
      await again();
      trashed(await client.delete(self(row)));
      await again();
      expect((await client.get(self(row))).status).toBe(404);
      expect((await withKey(restore, key())).status).toBe(200);
      expect((await client.get(self(row))).status).toBe(200);
      trashed(await client.delete(self(row)));
      expect((await client.delete(entry)).status).toBe(204);
      await again();
      expect((await withKey(restore, key())).status).toBe(404);
    });
  }

  test("with another body → 422; for another row it is another request", async () => {
    const list = await client.checklist();
    const [one, two] = [await client.task({}, list), await client.task({}, list)];
    const [of, ofTwo] = [trashed(await client.delete(self(one))), trashed(await client.delete(self(two)))];
    const once = key();
    const at = async (entry: string) => (await client.get(entry)).link("restore");
    const [restore, other] = [await at(of), await at(ofTwo)];
    const first = await withKey(restore, once);
    const reused = problem(await withKey(restore, once, { todo: "x" }));
    expect(reused).toEqual({ status: 422, code: "idempotency-key-reused", pointers: [] });
    expect(said(await withKey(restore, once))).toEqual(said(first));
    expect((await withKey(other, once)).json().id).toBe(two.id);
    expect(problem(await withKey(restore, { "idempotency-key": "" })).pointers).toEqual([
      "/header/Idempotency-Key",
    ]);
  });

  test("a request that failed frees it: 404, and 412", async () => {
    const task = await client.task();
    const entry = `/trash/tasks/${task.id}`;
    const once = key();
    expect((await withKey(`${entry}/restore`, once)).status).toBe(404);
    trashed(await client.delete(self(task)));
    const stale = (await client.get(entry)).header("etag").replace(/^"\d+/, '"1');
    expect((await withKey(`${entry}/restore`, { ...once, "if-match": stale })).status).toBe(412);
    expect((await withKey(`${entry}/restore`, once, { any: "body" })).status).toBe(200);
  });

  test("many at once: one restores it, and each other gets its answer or a 409 that says when to retry", async () => {
    const task = await client.task({}, await client.checklist());
    const restore = (await client.get(trashed(await client.delete(self(task))))).link("restore");
    const once = key();
    const replies = await Promise.all(Array.from({ length: 10 }, () => withKey(restore, once)));
    const done = replies.filter(({ status }) => status === 200);
    expect(done.filter(({ headers }) => headers.get("idempotent-replayed") === null)).toHaveLength(1);
    expect(new Set(done.map(({ text }) => text)).size).toBe(1);
    for (const reply of replies.filter(({ status }) => status !== 200)) {
      expect(problem(reply).code).toBe("idempotency-in-progress");
      expect(Number(reply.header("retry-after"))).toBeGreaterThan(0);
    }
    expect((await client.get(self(task))).header("etag")).toStartWith('"3.');
  });
});

test("TODOS_TRASH_DAYS=0: what is deleted is gone at once, and no trash is named", async () => {
  await using without = await startService({ TODOS_TRASH_DAYS: "0" });
  const other = new Client(without.url);
  const list = await other.checklist();
  const task = await other.task({}, list);
  for (const row of [task, list]) {
    const deleted = await other.delete(self(row));
    expect([deleted.status, deleted.headers.get("link")]).toEqual([204, null]);
  }
  expect((await other.get(`/trash/checklists/${list.id}`)).status).toBe(404);
  expect((await other.get(`/trash/tasks/${task.id}?checklist=${list.id}`)).status).toBe(404);
});
