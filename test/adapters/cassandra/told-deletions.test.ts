import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AccountService,
  expectStatus,
  firstAdmin,
  invited,
  type Person,
  share,
  startWithAccounts,
  unshare,
} from "../../acceptance/accounts/support.ts";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../../support/cassandra/shared.ts";
import { type Json, self } from "../../support/client.ts";
import { EventReader, toldUntil } from "../../support/events.ts";
import type { Data } from "../../support/service.ts";

let keyspace: Keyspace;
let data: Data;

beforeAll(async () => {
  const cluster = await sharedCassandra();
  keyspace = await freshKeyspace(cluster);
  const folder = mkdtempSync(join(tmpdir(), "todos-told-"));
  const settings = { ...cluster.environment, CASSANDRA_KEYSPACE: keyspace.settings.keyspace };
  data = { folder, settings, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}, CASSANDRA_START_DEADLINE_MS);

afterAll(async () => {
  data?.[Symbol.dispose]();
  await keyspace?.[Symbol.asyncDispose]();
});

/** Its links are those of the person's own instance. */
function streamOf(person: Person, at: AccountService, more: Record<string, string> = {}) {
  return EventReader.open(at.url, { cookie: person.cookie, host: new URL(person.url).host, ...more });
}

async function positionOf(person: Person, at: AccountService): Promise<string> {
  await using stream = await streamOf(person, at);
  for (;;) {
    const { id } = (await stream.next()) ?? {};
    if (id !== undefined) return id;
  }
}

async function purged(list: Json, users: readonly string[]): Promise<void> {
  const query = "SELECT version FROM checklist_by_user WHERE user_id = ? AND checklist_id = ?";
  const left = async () => {
    const found = users.map((id) => keyspace.client.execute(query, [id, list.id], { prepare: true }));
    return (await Promise.all(found)).flatMap(({ rows }) => rows).length;
  };
  while ((await left()) > 0) await Bun.sleep(20);
}

const idOf = async (person: Person) => String((await person.get("/me")).json().id);

test("without a trash, another instance tells those whose list it was of its deletion, live and after the purge", async () => {
  const settings = { TODOS_TRASH_DAYS: "0" };
  await using here = await startWithAccounts(settings, data);
  await using there = await startWithAccounts(settings, data);
  const root = await firstAdmin(here);
  const logins = ["ada", "bob", "left", "stranger"] as const;
  const people: Person[] = [];
  for (const login of logins) people.push(await invited(root, login));
  const [ada, bob, left, stranger] = people as [Person, Person, Person, Person];
  const list = await ada.checklist("Short-lived");
  await share(ada, list, bob, "viewer");
  await share(ada, list, left, "editor");
  await unshare(ada, list, left);
  const from = await Promise.all(people.map((person) => positionOf(person, there)));
  await using live = await streamOf(bob, there);

  expectStatus(await ada.delete(self(list)), 204);
  const told = { type: "checklist.deleted", href: self(list) };
  await live.expectTold([told]);
  await purged(list, [await idOf(ada), await idOf(bob)]);

  const back = (person: Person) =>
    streamOf(person, there, { "last-event-id": from[people.indexOf(person)] ?? "" });
  for (const person of [ada, bob]) {
    await using stream = await back(person);
    expect(await stream.nextEvent()).toMatchObject({ event: told.type, data: JSON.stringify(told) });
  }
  for (const person of [left, stranger]) {
    await using stream = await back(person);
    const own = await person.checklist("Own");
    expect(await toldUntil(stream, self(own))).toEqual([self(own)]);
  }
});
