import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openCassandraStore } from "../../../src/adapters/cassandra/store.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { createChecklist, setDefaultOwner, setMember } from "../../../src/application/commands.ts";
import type { Store } from "../../../src/application/store.ts";
import { type Checklist, newChecklist } from "../../../src/domain/checklist.ts";
import type { MemberRole } from "../../../src/domain/membership.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import { asUser, NOW, newId } from "../../contract/rows.ts";
import { writePartitions } from "../../support/cassandra/bulk.ts";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../../support/cassandra/shared.ts";
import { Statements } from "../../support/cassandra/statements.ts";
import { FULL_SIZE, note } from "../../support/size.ts";
import { KeptLog, KeptMeter } from "../sqlite/support.ts";
import { ownersUnderFaults } from "./owners.ts";

/** A million of them, and the service itself: adoption.test.ts. */
const LISTS = FULL_SIZE ? 20_000 : 1_000;

let keyspace: Keyspace;
let store: Store;
/** Another instance, whose statements nobody stops. */
let other: Store;

beforeAll(async () => {
  keyspace = await freshKeyspace(await sharedCassandra());
  store = await open();
  other = await open();
}, CASSANDRA_START_DEADLINE_MS);

afterAll(async () => {
  await store?.close();
  await other?.close();
  await keyspace?.[Symbol.asyncDispose]();
});

function open(now = Date.now, allKnowMs = 0): Promise<Store> {
  const { settings } = keyspace;
  const [log, meter] = [new KeptLog(), new KeptMeter()];
  return openCassandraStore({ settings, log, meter, clock: { now }, allKnowMs });
}

const create = (by: Store, userId: string, row: Checklist) => by.write(createChecklist(asUser(userId), row));
const share = (by: Store, id: string, userId: string, role?: MemberRole) =>
  by.write(setMember(ANYONE, { id, userId, guard: UNGUARDED, ...(role ? { role } : {}) }));
async function listOf(userId: string): Promise<Checklist> {
  const list = newChecklist(newId(), "Theirs", NOW);
  await create(other, userId, list);
  return list;
}

ownersUnderFaults("Cassandra", async () => freshKeyspace(await sharedCassandra()));

describe("roles", () => {
  test("that this instance changes are not remembered, nor that there is none", async () => {
    const [user, member] = [newId(), newId()];
    const list = await listOf(user);
    expect(await store.roleOn(list.id, member)).toBeUndefined();
    await share(other, list.id, member, "viewer");
    expect(await store.roleOn(list.id, member)).toBe("viewer");
    await share(store, list.id, member, "editor");
    expect(await store.roleOn(list.id, member)).toBe("editor");
    await share(store, list.id, member);
    expect(await store.roleOn(list.id, member)).toBeUndefined();
  });
});

describe("adoption", () => {
  /** Each test takes over what the last one left. */
  let owner: string | undefined;
  const setOwnerOfRest = async (by: Store, userId: string) => {
    await by.write(setDefaultOwner(ANYONE, { userId, ...(owner === undefined ? {} : { from: owner }) }));
    owner = userId;
  };
  const adopted = async (by: Store, userId: string) => {
    // Places in the order of all lists are numbers.
    for (;;) {
      const { next } = await by.listChecklistsOf(userId, undefined, 1);
      if (next !== undefined && !/^-?\d+$/.test(next)) return;
      await Bun.sleep(20);
    }
  };
  const everyId = async (by: Store, userId: string) => {
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const { items, next } = await by.listChecklistsOf(userId, after, 200);
      ids.push(...items.map(({ id }) => id));
      after = next;
    } while (after !== undefined);
    return ids;
  };
  const made: string[] = [];
  const known = new Set<string>();
  const isMade = (id: string): boolean => known.has(id);

  test(`turning accounts on over ${LISTS} lists shows all of them to their owner at once`, async () => {
    made.push(...Array.from({ length: LISTS }, newId));
    for (const id of made) known.add(id);
    const insert = "INSERT INTO checklist (id, name, version) VALUES (?, 'Before', 1)";
    await writePartitions(
      keyspace.client,
      insert,
      made.map((id) => [id]),
    );
    const user = newId();
    // None of an instance that waits for the others.
    const waiting = await open(Date.now, 3_600_000);
    const startedAt = performance.now();
    await setOwnerOfRest(waiting, user);
    const first = await waiting.listChecklistsOf(user, undefined, 50);
    const tookMs = performance.now() - startedAt;
    note(
      `Cassandra, accounts turned on over ${LISTS} lists: first page of their owner after ${tookMs.toFixed(0)} ms`,
    );
    expect(first.items).toHaveLength(50);
    expect(await waiting.roleOn(String(made[0]), user)).toBe("owner");
    expect((await everyId(waiting, user)).filter(isMade).sort()).toEqual(made);
    await waiting.close();
  }, 3_600_000);

  test("is taken up where it was left, and ends with lists in order", async () => {
    const user = newId();
    const stopped = await open();
    await setOwnerOfRest(stopped, user);
    const hooks = new Statements(stopped);
    const second = hooks.trap("UPDATE meta SET value = ? WHERE key = 'adoption'", "wait");
    const listing = stopped.listChecklistsOf(user, undefined, 1);
    await second.sprung;
    await second.release();
    await listing;
    await stopped.close();
    const startedAt = performance.now();
    const next = await open();
    await adopted(next, user);
    const tookMs = performance.now() - startedAt;
    note(`Cassandra, ${LISTS} lists adopted in ${(tookMs / 1_000).toFixed(1)} s, behind the service`);
    const ids = await everyId(next, user);
    expect(ids).toEqual(ids.toSorted());
    expect(ids.filter(isMade)).toEqual(made);
    const since = newChecklist(newId(), "Without accounts", NOW);
    await next.write(createChecklist(ANYONE, since));
    expect(await everyId(next, user)).toContain(since.id);
    await next.close();
  }, 3_600_000);
});
