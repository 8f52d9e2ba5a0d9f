import { describe, expect, test } from "bun:test";
import { NDJSON, self } from "../../support/client.ts";
import { EventReader, toldUntil, toldUntilEnd } from "../../support/events.ts";
import { RawConnection } from "../../support/raw.ts";
import { NO_SQLITE } from "../../support/service.ts";
import {
  expectStatus,
  firstAdmin,
  invited,
  type Person,
  share,
  startWithAccounts,
  unshare,
} from "./support.ts";

function streamOf(person: Person, headers: Record<string, string> = {}): Promise<EventReader> {
  return EventReader.open(person.url, { cookie: person.cookie, ...headers });
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
    expect(await toldUntil(back, self(own))).not.toContain(self(hidden));
  });

  test("without a trash, a deletion is told to those whose list it was, and to nobody else", async () => {
    await using service = await startWithAccounts({ TODOS_TRASH_DAYS: "0" });
    const root = await firstAdmin(service);
    const [ada, bob] = [await invited(root, "ada"), await invited(root, "bob")];
    const [hidden, own] = [await ada.checklist("Hidden"), await bob.checklist("Bob's")];
    await using stream = await streamOf(bob);
    expectStatus(await ada.delete(self(hidden)), 204);
    expectStatus(await bob.delete(self(own)), 204);
    const told: string[] = [];
    for (let event = ""; event !== "checklist.deleted"; ) {
      const next = await stream.nextEvent();
      event = next.event;
      told.push(JSON.parse(next.data).href);
    }
    expect(told.at(-1)).toBe(self(own));
    expect(told).not.toContain(self(hidden));
  });

  test("ends with the session, the token, or the user, before anything more is told", async () => {
    await using service = await startWithAccounts();
    const root = await firstAdmin(service);
    const ada = await invited(root, "ada");
    const { secret, id } = (await ada.post("/tokens", { name: "t", scopes: ["read"] })).json();
    const other = (await ada.post("/tokens", { name: "o", scopes: ["read", "write"] })).json();
    const by = { authorization: `Bearer ${other.secret}` };
    const write = async () =>
      expectStatus(await service.nobody.post("/checklists", { name: "After" }, by), 201).link("self");

    await using ofToken = await EventReader.open(service.url, { authorization: `Bearer ${secret}` });
    await using ofSession = await streamOf(ada);
    expectStatus(await ada.delete(`/tokens/${id}`), 204);
    expectStatus(await ada.delete("/sessions/current"), 204);
    const after = await write();
    for (const stream of [ofToken, ofSession]) {
      const told = await toldUntilEnd(stream);
      // On a cluster what was written just before may be told.
      expect(NO_SQLITE ? told.filter((href) => href === after) : told).toEqual([]);
    }

    await using ofUser = await EventReader.open(service.url, by);
    const users = (await root.get("/users")).json()._embedded as unknown as Record<
      string,
      { login: string; id: string }[]
    >;
    const user = users.users?.find(({ login }) => login === "ada");
    expectStatus(await root.patch(`/users/${user?.id}`, { disabled: true }), 200);
    await root.checklist("Something happens");
    const told = await toldUntilEnd(ofUser);
    expect(NO_SQLITE ? told.filter((href) => href !== after) : told).toEqual([]);
  });

  test("tells a removed member nothing of the list from that moment on", async () => {
    await using service = await startWithAccounts();
    const root = await firstAdmin(service);
    const [ada, bob] = [await invited(root, "ada"), await invited(root, "bob")];
    const list = await ada.checklist("Shared for a while");
    await share(ada, list, bob, "viewer");
    await using stream = await streamOf(bob);
    const seen = await ada.task({}, list);
    await stream.expectTold([{ type: "task.created", href: self(seen), version: 1 }]);
    await unshare(ada, list, bob);
    const hidden = await ada.task({}, list);
    const own = await bob.task({});
    expect(await toldUntil(stream, self(own))).not.toContain(self(hidden));
  });
});

describe("roles", () => {
  test("a viewer reads, an editor writes and renames, only the owner deletes; forms say so", async () => {
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
    await share(ada, list, bob, "viewer");
    expect([await act(), await offered()]).toEqual([[200, 403, 403, 403], ["leave"]]);
    expect((await bob.delete(self(list))).json().detail).toContain("The right that is missing: delete");
    await share(ada, list, bob, "editor");
    expect([await act(), await offered()]).toEqual([
      [200, 201, 200, 403],
      ["default", "patch", "leave", "default"],
    ]);
    expect((await bob.get("/checklists")).text).toContain(list.id);
    await unshare(ada, list, bob);
    expect(await act()).toEqual([404, 404, 404, 404]);
  });

  test("a stream of tasks breaks off once the caller may no longer read the list", async () => {
    await using service = await startWithAccounts();
    const root = await firstAdmin(service);
    const [ada, bob] = [await invited(root, "ada"), await invited(root, "bob")];
    const list = await ada.checklist("Long");
    // More than one read of the store, and more than the buffers of a connection hold.
    const description = "x".repeat(10_000);
    for (let made = 0; made < 1_000; made += 50)
      await Promise.all(Array.from({ length: 50 }, () => ada.task({ description }, list)));
    await share(ada, list, bob, "viewer");
    // A client library may take it all before anything has changed.
    using connection = await RawConnection.open(service.url);
    connection.send(
      `GET /tasks?checklist=${list.id} HTTP/1.1\r\nHost: ${new URL(service.url).host}\r\nAccept: ${NDJSON}\r\nCookie: ${bob.cookie}\r\nConnection: close\r\n\r\n`,
    );
    expect(await connection.until("\r\n\r\n")).toStartWith("HTTP/1.1 200");
    connection.socket.pause();
    await unshare(ada, list, bob);
    connection.socket.resume();
    expect((await connection.toEnd()).endsWith("\r\n0\r\n\r\n")).toBe(false);
  });
});
