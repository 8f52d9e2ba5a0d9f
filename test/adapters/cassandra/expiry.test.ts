import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Client, types } from "cassandra-driver";
import { Session } from "../../../src/adapters/cassandra/session.ts";
import { type CassandraStore, openCassandraStore } from "../../../src/adapters/cassandra/store.ts";
import { TrashQueue } from "../../../src/adapters/cassandra/trash-queue.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { createChecklist, createTask } from "../../../src/application/commands.ts";
import { boundedly } from "../../../src/application/copy/work.ts";
import type { Store } from "../../../src/application/store.ts";
import { newChecklist } from "../../../src/domain/checklist.ts";
import { newTask, type Task } from "../../../src/domain/task.ts";
import { writeRows } from "../../support/cassandra/bulk.ts";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../../support/cassandra/shared.ts";
import { FULL_SIZE, note } from "../../support/size.ts";
import { describedWaits, expectNotHeldUp, longestOf, type Waits } from "../../support/waits.ts";
import { KeptLog, KeptMeter } from "../sqlite/support.ts";

const TRASHED = FULL_SIZE ? 100_000 : 200;
/** Of each writer before and after; during the expiry they write until its end. */
const QUIET_WRITES = FULL_SIZE ? 2_000 : 40;
/** The pause of a writer between two writes, ms: a steady load, not the most that is possible. */
const PAUSE_MS = 25;
const DEADLINE_MS = FULL_SIZE ? 3_600_000 : 240_000;
const RECORDED_AT_ONCE = 64;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

let keyspace: Keyspace;
/** This one removes what is over. */
let store: CassandraStore;
let other: CassandraStore;

beforeAll(async () => {
  keyspace = await freshKeyspace(await sharedCassandra());
  const { settings } = keyspace;
  const clock = { now: Date.now };
  const open = () => openCassandraStore({ settings, log: new KeptLog(), meter: new KeptMeter(), clock });
  [store, other] = [await open(), await open()];
}, CASSANDRA_START_DEADLINE_MS);
afterAll(async () => {
  await store?.close();
  await other?.close();
  await keyspace?.[Symbol.asyncDispose]();
});

async function storedList(): Promise<string> {
  const list = newChecklist(Bun.randomUUIDv7(), "a list", Date.now());
  await store.write(createChecklist(ANYONE, list));
  return list.id;
}

/** What deletions a month ago leave in the trash of one list, all of it due. */
async function fillTrash(list: string, count: number): Promise<void> {
  const stay = { deletedAt: Date.now() - 30 * DAY_MS, until: Date.now() - MINUTE_MS };
  const at = new Date(stay.deletedAt);
  const session = await Session.connect(keyspace.settings);
  const queue = new TrashQueue(session, "trashed tasks");
  const rows: unknown[][] = [];
  const record = async () => {
    const id = Bun.randomUUIDv7();
    const { name } = await queue.enter(stay, list, id);
    rows.push([list, id, at, at, at, name]);
  };
  // Only the first reads how long anything may stay.
  await record();
  await boundedly(Array.from({ length: count - 1 }), RECORDED_AT_ONCE, record);
  await session.close();
  await writeRows(
    keyspace.client,
    `INSERT INTO todo (checklist_id, id, task, status, created_at, updated_at, version, write_id, deleted_at,
     trash_record) VALUES (?, ?, 'x', 'pending', ?, ?, 2, 'x', ?, ?)`,
    [rows],
  );
}

/** What could not be removed in time, on a busy machine, is removed the next time. */
async function expireAll(): Promise<void> {
  const expiry = Reflect.get(store, "expiry") as { everything(): Promise<void> };
  const left = "SELECT count(*) FROM purge_queue";
  do await expiry.everything();
  while (Number((await keyspace.client.execute(left)).first()?.count) > 0);
}

/** Reads of tasks by the store that are transactions, while it works. */
async function settledReads(work: () => Promise<void>): Promise<number> {
  const { client } = Reflect.get(store, "session") as { client: Client };
  const execute = client.execute.bind(client);
  let count = 0;
  client.execute = ((query: string, params: unknown[], options: { consistency?: number }) => {
    const isSettled = options.consistency === types.consistencies.localSerial;
    if (isSettled && query.includes("FROM todo WHERE")) count++;
    return execute(query, params, options);
  }) as Client["execute"];
  try {
    await work();
  } finally {
    client.execute = execute;
  }
  return count;
}

async function write(by: Store, list: string): Promise<number> {
  const task = newTask(list, Bun.randomUUIDv7(), { todo: "x" }, Date.now()) as Task;
  const startedAt = performance.now();
  expect((await by.write(createTask(ANYONE, task))).outcome).toBe("created");
  return performance.now() - startedAt;
}

/** Writers side by side, one write after another each, while `goesOn`. */
async function waits(
  writers: Readonly<Record<string, () => Promise<number>>>,
  goesOn: (written: number) => boolean,
): Promise<Readonly<Record<string, Waits>>> {
  const all = Object.entries(writers).map(async ([name, writeOne]) => {
    const took: number[] = [];
    while (goesOn(took.length)) {
      took.push(await writeOne());
      await Bun.sleep(PAUSE_MS);
    }
    return [name, took] as const;
  });
  return Object.fromEntries(await Promise.all(all));
}

test(
  `while ${TRASHED} tasks in the trash of a list expire, writes to it and to others are not held up`,
  async () => {
    const [list, another] = [await storedList(), await storedList()];
    await fillTrash(list, TRASHED);
    const writers = {
      "to the list": () => write(store, list),
      "to the list by another instance": () => write(other, list),
      "to another list": () => write(store, another),
    };
    const someWrites = (written: number) => written < QUIET_WRITES;
    const before = await waits(writers, someWrites);
    let expiring = true;
    const startedAt = performance.now();
    const expired = expireAll().finally(() => {
      expiring = false;
    });
    const during = await waits(writers, () => expiring);
    await expired;
    const seconds = (performance.now() - startedAt) / 1_000;
    const after = await waits(writers, someWrites);
    expect((await store.listTrashedTasks(list, undefined, 1))?.items).toEqual([]);
    for (const name of Object.keys(writers)) {
      const without = [...(before[name] ?? []), ...(after[name] ?? [])];
      note(
        `${TRASHED} tasks of a list expire on Cassandra in ${seconds.toFixed(0)} s, ${name}: ${describedWaits(during[name] ?? [])}; without that ${describedWaits(without)}: ${(longestOf(during[name] ?? []) - longestOf(without)).toFixed(0)} ms more`,
      );
      expectNotHeldUp(during[name] ?? [], without);
    }
  },
  DEADLINE_MS,
);

test("what expires is read without a transaction, which would hinder those who write to the list", async () => {
  const [list, count] = [await storedList(), 10];
  await fillTrash(list, count);
  const reads = await settledReads(expireAll);
  expect((await store.listTrashedTasks(list, undefined, 1))?.items).toEqual([]);
  // One follows each removal of unknown outcome, of which a busy machine may have a few.
  expect(reads).toBeLessThan(count);
});
