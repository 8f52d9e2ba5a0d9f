import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { NDJSON, self } from "../../support/client.ts";
import { EventReader } from "../../support/events.ts";
import { NO_SQLITE } from "../../support/service.ts";
import {
  type AccountService,
  expectStatus,
  firstAdmin,
  invited,
  type Person,
  startWithAccounts,
} from "./support.ts";

function streamOf(person: Person, headers: Record<string, string> = {}): Promise<EventReader> {
  return EventReader.open(person.url, { cookie: person.cookie, ...headers });
}

/** Beside the service, as another process may. @param role absent: none any more */
function share(
  service: AccountService,
  checklistId: string,
  userId: string,
  role?: "viewer" | "editor",
): void {
  using db = new Database(join(service.data.folder, "todos.db"));
  db.run("PRAGMA busy_timeout = 10000");
  if (role === undefined)
    db.run("DELETE FROM member WHERE checklist_id = ? AND user_id = ?", [checklistId, userId]);
  else
    db.run("INSERT OR REPLACE INTO member (checklist_id, user_id, role) VALUES (?, ?, ?)", [
      checklistId,
      userId,
      role,
    ]);
}

async function idOf(person: Person): Promise<string> {
  return String((await person.get("/me")).json().id);
}

describe("GET /events", () => {
  test("tells each what is theirs, live and after coming back", async () => {
    await using service = await startWithAccounts();
    const root = await firstAdmin(service);
    const [ada, bob] = [await invited(root, "ada"), await invited(root, "bob")];
    await using stream = await streamOf(bob);
    const start = await stream.next();
    const position = (await stream.next())?.id ?? start?.id ?? "";
    const [hidden, own] = [await ada.checklist("Hidden"), await bob.checklist("Bob's")];
    expectStatus(await ada.delete(self(hidden)), 204);
    await stream.expectTold([{ type: "checklist.created", href: self(own), version: 1 }]);
    await using back = await streamOf(bob, { "last-event-id": position });
    const first = await back.nextEvent();
    expect(JSON.parse(first.data).href).toBe(self(own));
  });

  test("without a trash, a deletion is told to those whose list it was, and to nobody else", async () => {
    await using service = await startWithAccounts({ TODOS_TRASH_DAYS: "0" });
    const root = await firstAdmin(service);
    const [ada, bob] = [await invited(root, "ada"), await invited(root, "bob")];
    const [hidden, own] = [await ada.checklist("Hidden"), await bob.checklist("Bob's")];
    await using stream = await streamOf(bob);
    expectStatus(await ada.delete(self(hidden)), 204);
    expectStatus(await bob.delete(self(own)), 204);
    const { event, data } = await stream.nextEvent();
    expect([event, JSON.parse(data).href]).toEqual(["checklist.deleted", self(own)]);
  });

  test("ends with the session, the token, or the user, before anything more is told", async () => {
    await using service = await startWithAccounts();
    const root = await firstAdmin(service);
    const ada = await invited(root, "ada");
    const { secret, id } = (await ada.post("/tokens", { name: "t", scopes: ["read"] })).json();
    const other = (await ada.post("/tokens", { name: "o", scopes: ["read", "write"] })).json();
    const by = { authorization: `Bearer ${other.secret}` };
    const write = async () =>
      expectStatus(await service.nobody.post("/checklists", { name: "After" }, by), 201);

    await using ofToken = await EventReader.open(service.url, { authorization: `Bearer ${secret}` });
    await using ofSession = await streamOf(ada);
    expectStatus(await ada.delete(`/tokens/${id}`), 204);
    expectStatus(await ada.delete("/sessions/current"), 204);
    await write();
    for (const stream of [ofToken, ofSession]) await expect(stream.nextEvent()).rejects.toThrow("ended");

    await using ofUser = await EventReader.open(service.url, by);
    const users = (await root.get("/users")).json()._embedded as unknown as Record<
      string,
      { login: string; id: string }[]
    >;
    const user = users.users?.find(({ login }) => login === "ada");
    expectStatus(await root.patch(`/users/${user?.id}`, { disabled: true }), 200);
    await root.checklist("Something happens");
    await expect(ofUser.nextEvent()).rejects.toThrow("ended");
  });

  test.skipIf(NO_SQLITE)(
    "tells nothing of a list from the moment on at which one is removed from it",
    async () => {
      await using service = await startWithAccounts();
      const root = await firstAdmin(service);
      const [ada, bob] = [await invited(root, "ada"), await invited(root, "bob")];
      const list = await ada.checklist("Shared for a while");
      share(service, list.id, await idOf(bob), "viewer");
      await using stream = await streamOf(bob);
      const seen = await ada.task({}, list);
      await stream.expectTold([{ type: "task.created", href: self(seen), version: 1 }]);
      share(service, list.id, await idOf(bob));
      await ada.task({}, list);
      const own = await bob.task({});
      const { data } = await stream.nextEvent();
      expect(JSON.parse(data).href).toBe(self(own));
    },
  );
});

describe("roles", () => {
  test.skipIf(NO_SQLITE)(
    "a viewer reads, an editor writes and renames, only the owner deletes; forms say so",
    async () => {
      await using service = await startWithAccounts();
      const root = await firstAdmin(service);
      const [ada, bob] = [await invited(root, "ada"), await invited(root, "bob")];
      const list = await ada.checklist("Shared");
      const act = async () => [
        (await bob.get(self(list))).status,
        (await bob.post(`/tasks?checklist=${list.id}`, { todo: "x" })).status,
        (await bob.patch(self(list), { name: "Renamed" })).status,
        (await bob.delete(self(list))).status,
      ];
      const offered = async () => {
        const forms = { accept: "application/prs.hal-forms+json" };
        const [one, tasks] = [
          await bob.get(self(list), forms),
          await bob.get(`/tasks?checklist=${list.id}`, forms),
        ];
        return [...Object.keys(one.json()._templates), ...Object.keys(tasks.json()._templates)];
      };
      share(service, list.id, await idOf(bob), "viewer");
      expect([await act(), await offered()]).toEqual([[200, 403, 403, 403], []]);
      expect((await bob.delete(self(list))).json().detail).toContain("The right that is missing: delete");
      share(service, list.id, await idOf(bob), "editor");
      expect([await act(), await offered()]).toEqual([
        [200, 201, 200, 403],
        ["default", "patch", "default"],
      ]);
      expect((await bob.get("/checklists")).text).toContain(list.id);
      share(service, list.id, await idOf(bob));
      expect(await act()).toEqual([404, 404, 404, 404]);
    },
  );

  test.skipIf(NO_SQLITE)("a stream of tasks breaks off once one may not read the list any more", async () => {
    await using service = await startWithAccounts();
    const root = await firstAdmin(service);
    const [ada, bob] = [await invited(root, "ada"), await invited(root, "bob")];
    const list = await ada.checklist("Long");
    // More than one read of the store, and more than the buffers of a connection hold.
    const description = "x".repeat(10_000);
    for (let made = 0; made < 1_000; made += 50)
      await Promise.all(Array.from({ length: 50 }, () => ada.task({ description }, list)));
    share(service, list.id, await idOf(bob), "viewer");
    const answer = await fetch(`${service.url}/tasks?checklist=${list.id}`, {
      headers: { accept: NDJSON, cookie: bob.cookie, "accept-encoding": "identity" },
    });
    const reader = answer.body?.getReader();
    await reader?.read();
    share(service, list.id, await idOf(bob));
    const rest = async () => {
      for (let read = await reader?.read(); read?.done === false; read = await reader?.read());
    };
    await expect(rest()).rejects.toThrow();
  });
});
