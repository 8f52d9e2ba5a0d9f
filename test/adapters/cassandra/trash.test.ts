import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { CassandraChecklists } from "../../../src/adapters/cassandra/checklists.ts";
import { DueIndex } from "../../../src/adapters/cassandra/due-index.ts";
import { CassandraKeys } from "../../../src/adapters/cassandra/idempotency.ts";
import { Session } from "../../../src/adapters/cassandra/session.ts";
import { openCassandraStore } from "../../../src/adapters/cassandra/store.ts";
import { Sweeper } from "../../../src/adapters/cassandra/sweeper.ts";
import { CassandraTasks } from "../../../src/adapters/cassandra/tasks.ts";
import { TrashExpiry } from "../../../src/adapters/cassandra/trash-expiry.ts";
import { TrashQueue } from "../../../src/adapters/cassandra/trash-queue.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import {
  createChecklist,
  createTask,
  deleteChecklist,
  deleteTask,
  discardChecklist,
  discardTask,
  restoreChecklist,
  restoreTask,
} from "../../../src/application/commands.ts";
import type { Store } from "../../../src/application/store.ts";
import { newChecklist } from "../../../src/domain/checklist.ts";
import { newTask, type Task } from "../../../src/domain/task.ts";
import { type Stay, stayInTrash } from "../../../src/domain/trash.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import type { Cluster } from "../../support/cassandra/cluster.ts";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { purgeOn } from "../../support/cassandra/purging.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../../support/cassandra/shared.ts";
import { Wire } from "../../support/cassandra/wire.ts";
import { KeptLog, KeptMeter } from "../sqlite/support.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const DAYS = 3;
const MISSING = { outcome: "missing" } as const;
const DONE = { outcome: "written", row: undefined } as const;

let cluster: Cluster;
let keyspace: Keyspace;
let wire: Wire;
/** Its statements pass through the proxy. */
let store: Store;
/** Another instance, without the proxy. */
let other: Store;
let session: Session;

beforeAll(async () => {
  cluster = await sharedCassandra();
  keyspace = await freshKeyspace(cluster);
  wire = await Wire.before(cluster.node);
  store = await open(wire.port);
  other = await open(keyspace.settings.port);
  session = await Session.connect(keyspace.settings);
}, CASSANDRA_START_DEADLINE_MS);

afterAll(async () => {
  await store?.close();
  await other?.close();
  await session?.close();
  await wire?.[Symbol.asyncDispose]();
  await keyspace?.[Symbol.asyncDispose]();
});

function open(port: number): Promise<Store> {
  const settings = { ...keyspace.settings, port };
  const clock = { now: Date.now };
  return openCassandraStore({ settings, log: new KeptLog(), meter: new KeptMeter(), clock });
}

const stay = (): Stay | undefined => stayInTrash(DAYS, Date.now());
const whenOver = () => Date.now() + DAYS * DAY_MS + 1_000;
const rowsOf = async (cql: string, params: readonly unknown[] = []) =>
  (await keyspace.client.execute(cql, params as unknown[], { prepare: true })).rows;
const recordsOf = async (id: string) =>
  (await rowsOf("SELECT * FROM purge_queue")).filter((row) => row.checklist_id === id);

async function storedList(): Promise<string> {
  const id = Bun.randomUUIDv7();
  await other.write(createChecklist(ANYONE, newChecklist(id, "a list", Date.now())));
  return id;
}

async function storedTask(checklistId: string): Promise<Task> {
  const task = newTask(checklistId, Bun.randomUUIDv7(), { todo: "x" }, Date.now()) as Task;
  expect(await other.write(createTask(ANYONE, task))).toEqual({ outcome: "created" });
  return task;
}

const intoTrash = (of: Store, { checklistId, id }: Task) =>
  of.write(deleteTask(ANYONE, checklistId, id, UNGUARDED, stay()));
const outOfTrash = (of: Store, { checklistId, id }: Task) =>
  of.write(restoreTask(ANYONE, checklistId, id, UNGUARDED));
const listIntoTrash = (of: Store, id: string) => of.write(deleteChecklist(ANYONE, id, UNGUARDED, stay()));
const listOutOfTrash = (of: Store, id: string) => of.write(restoreChecklist(ANYONE, id, UNGUARDED));

/** Removes what is over at a time, and purges deleted lists, as a separate instance. @returns its warnings */
async function expiredAt(now: number, port = keyspace.settings.port): Promise<KeptLog> {
  const [log, clock] = [new KeptLog(), { now: () => now }];
  const own = await Session.connect({ ...keyspace.settings, port });
  const keys = new CassandraKeys(own);
  const due = new DueIndex(own, log);
  const purge = purgeOn(own, log, clock, keys, due);
  const checklists = new CassandraChecklists(own, purge, clock, log);
  const sweeper = new Sweeper(own, log);
  const tasks = new CassandraTasks(own, checklists, keys, due, purge.moves, clock, log, sweeper);
  const expiry = new TrashExpiry([checklists.trashed.expiring, tasks.trashed.expired], clock, log);
  await expiry.everything();
  await expiry.close();
  await purge.close();
  await sweeper.close();
  await own.close();
  return log;
}

const claim = (cql: string) => cql.startsWith("UPDATE checklist SET trash_record = null WHERE");
const restoration = (table: string) => (cql: string) => cql.startsWith(`UPDATE ${table} SET deleted_at = ?`);

describe("when its time in the trash is up", () => {
  test("a task goes for good, and one that was restored before stays", async () => {
    const list = await storedList();
    const [gone, back, kept] = [await storedTask(list), await storedTask(list), await storedTask(list)];
    await intoTrash(other, gone);
    await intoTrash(other, back);
    await outOfTrash(other, back);
    await expiredAt(whenOver() - HOUR_MS);
    expect(await other.findTrashedTask(list, gone.id)).toBeDefined();
    expect((await expiredAt(whenOver())).lines).toEqual([]);
    expect(await other.findTrashedTask(list, gone.id)).toBeUndefined();
    expect(await outOfTrash(other, gone)).toEqual(MISSING);
    const left = await rowsOf("SELECT id FROM todo WHERE checklist_id = ?", [list]);
    expect(left.map(({ id }) => id)).toEqual([back.id, kept.id].sort());
    await expiredAt(whenOver() + HOUR_MS);
    expect(await recordsOf(list)).toEqual([]);
  });

  test("a list goes with its tasks; one that was restored and deleted again has all of its new time", async () => {
    const [gone, again] = [await storedList(), await storedList()];
    const task = await storedTask(gone);
    const trashedBefore = await storedTask(gone);
    await intoTrash(other, trashedBefore);
    await listIntoTrash(other, gone);
    await listIntoTrash(other, again);
    await listOutOfTrash(other, again);
    await other.write(deleteChecklist(ANYONE, again, UNGUARDED, stayInTrash(DAYS + 5, Date.now())));
    await expiredAt(whenOver());
    expect(await other.findTrashedChecklist(gone)).toBeUndefined();
    expect(await listOutOfTrash(other, gone)).toEqual(MISSING);
    expect(await rowsOf("SELECT id FROM todo WHERE checklist_id = ?", [gone])).toEqual([]);
    expect(await other.findTask(gone, task.id)).toBeUndefined();
    expect(await other.findTrashedChecklist(again)).toBeDefined();
    expect(await listOutOfTrash(other, again)).toMatchObject({ outcome: "written" });
  });

  test("a record whose row was never marked is left out of the trash, and dropped", async () => {
    const list = await storedList();
    const task = await storedTask(list);
    const at = stay();
    if (!at) throw new Error("no stay");
    // What a process leaves behind that dies between its record and its mark.
    await new TrashQueue(session, "trashed lists").enter(at, list);
    await new TrashQueue(session, "trashed tasks").enter(at, list, task.id);
    const { items } = await other.listTrashedChecklists(undefined, 200);
    expect(items.map(({ row }) => row.id)).not.toContain(list);
    await expiredAt(whenOver());
    expect(await recordsOf(list)).toHaveLength(2);
    await expiredAt(whenOver() + HOUR_MS);
    expect(await recordsOf(list)).toEqual([]);
    expect(await other.findTask(list, task.id)).toStrictEqual(task);
  });
});

describe("of two that meet at a row in the trash, one wins:", () => {
  test("a list restored while its claim is on the way stays, with its tasks", async () => {
    const list = await storedList();
    const task = await storedTask(list);
    await listIntoTrash(other, list);
    const claiming = wire.trap({ fits: claim, what: "hold request" });
    const expiring = expiredAt(whenOver(), wire.port);
    await claiming.sprung;
    expect(await listOutOfTrash(other, list)).toMatchObject({ outcome: "written", row: { version: 3 } });
    claiming.release();
    await expiring;
    await expiredAt(whenOver() + HOUR_MS);
    expect(await other.findTask(list, task.id)).toStrictEqual(task);
    expect(await other.findChecklist(list)).toMatchObject({ version: 3 });
  });

  test("a list claimed while its restoration is on the way is gone", async () => {
    const list = await storedList();
    await storedTask(list);
    await listIntoTrash(other, list);
    const restoring = wire.trap({ fits: restoration("checklist"), what: "hold request" });
    const restored = listOutOfTrash(store, list);
    await restoring.sprung;
    await expiredAt(whenOver());
    restoring.release();
    expect(await restored).toEqual(MISSING);
    expect(await other.findChecklist(list)).toBeUndefined();
    expect(await rowsOf("SELECT id FROM todo WHERE checklist_id = ?", [list])).toEqual([]);
  });

  test("a claim whose answer is lost is finished by the next check", async () => {
    const list = await storedList();
    const task = await storedTask(list);
    await listIntoTrash(other, list);
    wire.trap({ fits: claim, what: "lose answer" });
    await expiredAt(whenOver(), wire.port);
    expect(await listOutOfTrash(other, list)).toEqual(MISSING);
    await expiredAt(whenOver());
    expect(await other.findTask(list, task.id)).toBeUndefined();
  });

  for (const [what, first] of [
    ["restored by another", outOfTrash],
    [
      "deleted for good by another",
      (of: Store, { checklistId, id }: Task) => of.write(discardTask(ANYONE, checklistId, id, UNGUARDED)),
    ],
  ] as const) {
    test(`a task ${what} while its restoration is on the way`, async () => {
      const list = await storedList();
      const task = await storedTask(list);
      await intoTrash(other, task);
      const restoring = wire.trap({ fits: restoration("todo"), what: "hold request" });
      const second = outOfTrash(store, task);
      await restoring.sprung;
      expect(await first(other, task)).toMatchObject({ outcome: "written" });
      restoring.release();
      expect(await second).toEqual(MISSING);
      const left = await other.findTask(list, task.id);
      expect(left?.version).toBe(first === outOfTrash ? 3 : undefined);
    });
  }

  test("a list deleted for good while its restoration is on the way", async () => {
    const list = await storedList();
    await listIntoTrash(other, list);
    const restoring = wire.trap({ fits: restoration("checklist"), what: "hold request" });
    const second = listOutOfTrash(store, list);
    await restoring.sprung;
    expect(await other.write(discardChecklist(ANYONE, list, UNGUARDED))).toEqual(DONE);
    restoring.release();
    expect(await second).toEqual(MISSING);
    expect(await other.findChecklist(list)).toBeUndefined();
    // Kept until no key can make it again.
    expect(await rowsOf("SELECT id FROM checklist WHERE id = ?", [list])).toHaveLength(1);
  });

  test("a task created while its list goes into the trash is missing, and does not come back with the list", async () => {
    const list = await storedList();
    const inserting = wire.trap({ fits: (cql) => cql.startsWith("INSERT INTO todo"), what: "hold request" });
    const task = newTask(list, Bun.randomUUIDv7(), { todo: "late" }, Date.now()) as Task;
    const created = store.write(createTask(ANYONE, task));
    await inserting.sprung;
    await listIntoTrash(other, list);
    inserting.release();
    expect(await created).toEqual(MISSING);
    await listOutOfTrash(other, list);
    expect(await other.findTask(list, task.id)).toBeUndefined();
  });
});

describe("an answer that is lost", () => {
  test("of a deletion: the row is in the trash once, and the deletion is answered", async () => {
    const list = await storedList();
    const task = await storedTask(list);
    wire.trap({ fits: (cql) => cql.startsWith("UPDATE todo SET deleted_at = ?"), what: "lose answer" });
    expect(await intoTrash(store, task)).toEqual(DONE);
    expect(await other.findTrashedTask(list, task.id)).toMatchObject({ row: { version: 2 } });
    wire.trap({ fits: (cql) => cql.startsWith("UPDATE checklist SET deleted_at = ?"), what: "lose answer" });
    expect(await listIntoTrash(store, list)).toEqual(DONE);
    expect(await recordsOf(list)).toHaveLength(2);
  }, 60_000);

  test("of a restoration: it is answered with the row", async () => {
    const list = await storedList();
    const task = await storedTask(list);
    await intoTrash(other, task);
    wire.trap({ fits: restoration("todo"), what: "lose answer" });
    expect(await outOfTrash(store, task)).toEqual({ outcome: "written", row: { ...task, version: 3 } });
    await listIntoTrash(other, list);
    wire.trap({ fits: restoration("checklist"), what: "lose answer" });
    expect(await listOutOfTrash(store, list)).toMatchObject({ outcome: "written", row: { version: 3 } });
  }, 60_000);
});

test("pages of a list read past 1,100 tasks in its trash, 1,000 rows at most each, and show every other one once", async () => {
  const list = await storedList();
  const first = await storedTask(list);
  const query =
    "INSERT INTO todo (checklist_id, id, version, deleted_at, trash_record) VALUES (?, ?, 2, ?, 'r')";
  const trashed = Array.from({ length: 1_100 }, () => Bun.randomUUIDv7());
  for (let at = 0; at < trashed.length; at += 100) {
    const rows = trashed.slice(at, at + 100).map((id) => ({ query, params: [list, id, new Date()] }));
    await keyspace.client.batch(rows, { prepare: true, logged: false });
  }
  const last = await storedTask(list);
  const [found, pages]: [string[], number[]] = [[], []];
  let after: string | undefined;
  do {
    const page = await other.listTasks(list, {}, after, 10);
    found.push(...(page?.items ?? []).map(({ id }) => id));
    pages.push(page?.items.length ?? 0);
    after = page?.next;
  } while (after !== undefined);
  expect(found).toEqual([first.id, last.id]);
  expect(pages).toEqual([1, 1]);
});

test("64 lists deleted at once ask once how long anything may stay, instead of hindering each other", async () => {
  const lists = await Promise.all(Array.from({ length: 64 }, storedList));
  const longer = stayInTrash(DAYS + 10, Date.now());
  const before = wire.sent.length;
  for (const answer of await Promise.all(
    lists.map((id) => store.write(deleteChecklist(ANYONE, id, UNGUARDED, longer))),
  ))
    expect(answer).toEqual(DONE);
  const asked = wire.sent.slice(before).filter(({ cql }) => cql.includes("trash-days"));
  expect(asked.map(({ cql }) => cql.split(" ")[0])).toEqual(["SELECT", "UPDATE", "SELECT"]);
});
