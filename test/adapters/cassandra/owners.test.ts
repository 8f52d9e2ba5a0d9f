import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { errors } from "cassandra-driver";
import { openCassandraStore } from "../../../src/adapters/cassandra/store.ts";
import { ANYONE, type Caller } from "../../../src/application/caller.ts";
import {
  createChecklist,
  deleteChecklist,
  putRecord,
  setDefaultOwner,
  setMember,
  setOwner,
} from "../../../src/application/commands.ts";
import type { Store } from "../../../src/application/store.ts";
import { type Checklist, newChecklist } from "../../../src/domain/checklist.ts";
import type { MemberRole } from "../../../src/domain/membership.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import { NOW, newId } from "../../contract/rows.ts";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../../support/cassandra/shared.ts";
import { Statements } from "../../support/cassandra/statements.ts";
import { FULL_SIZE, note } from "../../support/size.ts";
import { KeptLog, KeptMeter } from "../sqlite/support.ts";

const ADD = "INSERT INTO checklist_by_user";
const SET = "UPDATE checklist SET owner";
const LISTS = FULL_SIZE ? 1_000_000 : 1_000;
const WRITTEN_AT_ONCE = 256;
const timedOut = () => new errors.OperationTimedOutError("lost");

let keyspace: Keyspace;
let store: Store;
let statements: Statements;
/** Another instance, whose statements nobody stops. */
let other: Store;

beforeAll(async () => {
  keyspace = await freshKeyspace(await sharedCassandra());
  store = await open();
  statements = new Statements(store);
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

function asUser(id: string): Caller {
  return { kind: "user", id, login: id, name: id, role: "user", inboxId: id, way: "session" };
}

const create = (by: Store, userId: string, row: Checklist) => by.write(createChecklist(asUser(userId), row));
const share = (by: Store, id: string, userId: string, role?: MemberRole) =>
  by.write(setMember(ANYONE, { id, userId, guard: UNGUARDED, ...(role ? { role } : {}) }));
const idsOf = async (by: Store, userId: string) =>
  (await by.listChecklistsOf(userId, undefined, 200)).items.map(({ id }) => id);

async function listOf(userId: string): Promise<Checklist> {
  const list = newChecklist(newId(), "Theirs", NOW);
  await create(other, userId, list);
  return list;
}

/** As `list@version`. */
async function entriesOf(userId: string): Promise<string[]> {
  const query = "SELECT checklist_id, version FROM checklist_by_user WHERE user_id = ?";
  const { rows } = await keyspace.client.execute(query, [userId], { prepare: true });
  return rows.map(({ checklist_id, version }) => `${checklist_id}@${version}`);
}

describe("the table of lists by user", () => {
  test("has the entry before the list has the user: one that can't be written stops the write", async () => {
    const [user, member] = [newId(), newId()];
    const list = newChecklist(newId(), "Theirs", NOW);
    for (let attempt = 0; attempt < 3; attempt++) statements.trap(ADD, { fails: timedOut, sent: "never" });
    expect(await create(store, user, list).catch(({ code, undecided }) => [code, undecided])).toEqual([
      "store-unavailable",
      false,
    ]);
    expect(await other.findChecklist(list.id)).toBeUndefined();
    await create(store, user, list);
    for (let attempt = 0; attempt < 3; attempt++) statements.trap(ADD, { fails: timedOut, sent: "never" });
    expect(await share(store, list.id, member, "viewer").catch(({ code }) => code)).toBe("store-unavailable");
    expect(await other.roleOn(list.id, member)).toBeUndefined();
  });

  test("of a writer that dies before the list exists, the entry shows nothing, and goes once the list can't come", async () => {
    const user = newId();
    const ids = { old: "01800000-0000-7000-8000-000000000000", young: newId() };
    for (const id of Object.values(ids))
      await keyspace.client.execute(`${ADD} (user_id, checklist_id, version) VALUES (?, ?, 1)`, [user, id], {
        prepare: true,
      });
    expect(await other.listChecklistsOf(user, undefined, 5)).toEqual({ items: [] });
    expect(await entriesOf(user)).toEqual([`${ids.young}@1`]);
    const list = newChecklist(ids.young, "Late", NOW);
    await create(other, user, list);
    expect(await idsOf(other, user)).toEqual([list.id]);
  });

  test("of a writer that dies after it, the old entry shows nothing, and its reader removes it", async () => {
    const [user, member] = [newId(), newId()];
    const list = await listOf(user);
    await share(store, list.id, member, "viewer");
    for (let attempt = 0; attempt < 3; attempt++)
      statements.trap("SELECT version FROM checklist_by_user", { fails: timedOut, sent: "never" });
    expect(await share(store, list.id, member)).toMatchObject({ outcome: "written" });
    expect(await entriesOf(member)).toEqual([`${list.id}@2`]);
    expect(await idsOf(other, member)).toEqual([]);
    expect(await entriesOf(member)).toEqual([]);
  });

  test("keeps the entry of a write in progress, whoever reads meanwhile", async () => {
    const [user, member] = [newId(), newId()];
    const list = await listOf(user);
    const trap = statements.trap(SET, "wait");
    const shared = share(store, list.id, member, "editor");
    await trap.sprung;
    expect(await idsOf(other, member)).toEqual([]);
    expect(await entriesOf(member)).toEqual([`${list.id}@2`]);
    await trap.release();
    expect(await shared).toMatchObject({ outcome: "written" });
    expect(await idsOf(other, member)).toEqual([list.id]);
  });

  test("a change that was not answered is settled by reading", async () => {
    const [user, member, heir] = [newId(), newId(), newId()];
    const list = await listOf(user);
    statements.trap(SET, { fails: timedOut, sent: "before" });
    expect(await share(store, list.id, member, "editor")).toMatchObject({ outcome: "written" });
    statements.trap(SET, { fails: timedOut, sent: "before" });
    const change = { id: list.id, from: user, userId: heir, guard: UNGUARDED };
    expect(await store.write(setOwner(ANYONE, change))).toEqual({
      outcome: "written",
      row: { ...list, version: 3 },
    });
    expect(await other.listMembers(list.id)).toEqual([
      { userId: heir, role: "owner" },
      { userId: member, role: "editor" },
    ]);
    expect([await entriesOf(user), await entriesOf(heir)]).toEqual([[], [`${list.id}@3`]]);
  });

  test("a list that is purged leaves no entry of anybody, and no link", async () => {
    const [user, member] = [newId(), newId()];
    const list = await listOf(user);
    await share(store, list.id, member, "viewer");
    const link = {
      id: newId(),
      checklistId: list.id,
      role: "viewer",
      createdBy: user,
      createdAt: NOW,
    } as const;
    const put = { kind: "link", key: newId(), owner: list.id, value: link, expect: "absent" } as const;
    expect(await other.write(putRecord(ANYONE, put))).toMatchObject({ outcome: "written" });
    const links = async () => (await other.listRecords("link", list.id, undefined, 9)).items.length;
    await other.write(deleteChecklist(ANYONE, list.id, UNGUARDED));
    while ((await entriesOf(user)).length + (await entriesOf(member)).length > 0) await Bun.sleep(20);
    while ((await links()) > 0) await Bun.sleep(20);
    expect(await other.listMembers(list.id)).toBeUndefined();
  });

  test("its row tells for a day whose it was at its end, which gives no access", async () => {
    const [user, member, left] = [newId(), newId(), newId()];
    const list = await listOf(user);
    await share(other, list.id, member, "viewer");
    await share(other, list.id, left, "editor");
    await share(other, list.id, left);
    await other.write(deleteChecklist(ANYONE, list.id, UNGUARDED));
    while ((await entriesOf(user)).length + (await entriesOf(member)).length > 0) await Bun.sleep(20);
    const people = [user, member, left, newId()];
    const rolesBy = (ask: "roleOn" | "lastRoleOn") =>
      Promise.all(people.map((person) => store[ask](list.id, person)));
    expect(await rolesBy("lastRoleOn")).toEqual(["owner", "viewer", undefined, undefined]);
    expect(await rolesBy("roleOn")).toEqual([undefined, undefined, undefined, undefined]);
  });
});

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

  test(`turning accounts on over ${LISTS} lists shows all of them to their owner at once`, async () => {
    for (let at = 0; at < LISTS; at += WRITTEN_AT_ONCE) {
      const ids = Array.from({ length: Math.min(WRITTEN_AT_ONCE, LISTS - at) }, () => newId());
      const insert = "INSERT INTO checklist (id, name, version) VALUES (?, 'Before', 1)";
      await Promise.all(ids.map((id) => keyspace.client.execute(insert, [id], { prepare: true })));
      made.push(...ids);
    }
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
    if (!FULL_SIZE)
      expect((await everyId(waiting, user)).filter((id) => made.includes(id)).sort()).toEqual(made);
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
    expect(ids.filter((id) => made.includes(id))).toEqual(made);
    const since = newChecklist(newId(), "Without accounts", NOW);
    await next.write(createChecklist(ANYONE, since));
    expect(await everyId(next, user)).toContain(since.id);
    await next.close();
  }, 3_600_000);
});
