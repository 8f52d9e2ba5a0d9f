import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Client, types } from "cassandra-driver";
import { BUCKETS, dayOfName, QUEUES } from "../../../src/adapters/cassandra/purge-queue.ts";
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
import { comparedWaits, expectNotHeldUp, type Waits } from "../../support/waits.ts";
import { KeptLog, KeptMeter } from "../sqlite/support.ts";

/** Quiet and busy times take turns, so that a busy moment of the machine meets both. */
const TURNS = FULL_SIZE ? 5 : 2;
const TRASHED_EACH = FULL_SIZE ? 20_000 : 100;
const TRASHED = TURNS * TRASHED_EACH;
/** Of each writer after each expiry, if that was over too soon to write as many beside it. */
const QUIET_WRITES_MIN = 40;
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
  // For the other one nothing is due yet.
  const early = { now: () => Date.now() - 40 * DAY_MS };
  const open = (by = clock) =>
    openCassandraStore({ settings, log: new KeptLog(), meter: new KeptMeter(), clock: by });
  [store, other] = [await open(), await open(early)];
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

/** The first and the last record of what was filled in. */
type Ends = readonly [first: string, last: string];

/** What deletions a month ago leave in the trash of one list, all of it due by default. */
async function fillTrash(list: string, count: number, until = Date.now() - MINUTE_MS): Promise<Ends> {
  const stay = { deletedAt: Date.now() - 30 * DAY_MS, until };
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
  const names = rows.map((row) => String(row.at(-1))).sort();
  return [String(names[0]), String(names.at(-1))];
}

function expire(): Promise<void> {
  const expiry = Reflect.get(store, "expiry") as { everything(): Promise<void> };
  return expiry.everything();
}

const { firstBucket } = QUEUES["trashed tasks"];
const IN_QUEUE = `FROM purge_queue WHERE day = ? AND bucket IN (${Array.from({ length: BUCKETS }, (_, index) => firstBucket + index)})`;

async function isThere(record: string, compared: "=" | ">="): Promise<boolean> {
  const select = `SELECT record ${IN_QUEUE} AND record ${compared} ? LIMIT 1`;
  const found = await keyspace.client.execute(select, [dayOfName(record), record], { prepare: true });
  return found.rowLength > 0;
}

/** Goes on where a step of unknown outcome has ended it: in the service the next look does, within a minute. */
async function expireToTheEnd([, last]: Ends): Promise<void> {
  // Looking for all that is left, past what was deleted, would hold up the node itself.
  do await expire();
  while (await isThere(last, "="));
}

/** What could not be removed in time, on a busy machine, is removed the next time. */
async function expireAll(ends: Ends): Promise<void> {
  do await expireToTheEnd(ends);
  while (await isThere(ends[0], ">="));
}

/** What the store sends about tasks while it works: settled reads, writes on a condition, and removals. */
async function statements(
  work: () => Promise<void>,
): Promise<{ readonly settledReads: number; readonly conditional: number; readonly removals: number }> {
  const { client } = Reflect.get(store, "session") as { client: Client };
  const [execute, batch] = [client.execute.bind(client), client.batch.bind(client)];
  let [settledReads, conditional, removals] = [0, 0, 0];
  const passed = (query: string, consistency?: number) => {
    if (consistency === types.consistencies.localSerial && query.includes("FROM todo WHERE")) settledReads++;
    if (query.includes("todo") && query.includes(" IF ")) conditional++;
    if (query.startsWith("DELETE FROM todo")) removals++;
  };
  client.execute = ((query: string, params: unknown[], options: { consistency?: number }) => {
    passed(query, options.consistency);
    return execute(query, params, options);
  }) as Client["execute"];
  client.batch = ((queries: { query: string }[], options: object) => {
    passed(queries[0]?.query ?? "");
    return batch(queries, options);
  }) as Client["batch"];
  try {
    await work();
  } finally {
    client.execute = execute;
    client.batch = batch;
  }
  return { settledReads, conditional, removals };
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
    const writers = {
      "to the list": () => write(store, list),
      "to the list by another instance": () => write(other, list),
      "to another list": () => write(store, another),
    };
    const quiet: Readonly<Record<string, Waits>>[] = [];
    const busy: Readonly<Record<string, Waits>>[] = [];
    let tookMs = 0;
    for (let turn = 0; turn < TURNS; turn++) {
      const ends = await fillTrash(list, TRASHED_EACH);
      let expiring = true;
      const startedAt = performance.now();
      const expired = expireToTheEnd(ends).finally(() => {
        expiring = false;
      });
      const during = await waits(writers, () => expiring);
      await expired;
      const turnMs = performance.now() - startedAt;
      tookMs += turnMs;
      busy.push(during);
      await expireAll(ends);
      // A node is busy for a while with what was filled in: that counts for both.
      await fillTrash(another, TRASHED_EACH, Date.now() + DAY_MS);
      const until = performance.now() + turnMs;
      quiet.push(await waits(writers, (count) => count < QUIET_WRITES_MIN || performance.now() < until));
    }
    const perSecond = (TRASHED * 1_000) / tookMs;
    note(
      `${TRASHED} tasks of a list expire on Cassandra in ${(tookMs / 1_000).toFixed(0)} s, ${perSecond.toFixed(0)} a second, beside writes`,
    );
    for (const name of Object.keys(writers)) {
      const during = busy.map((turn) => turn[name] ?? []);
      const without = quiet.map((turn) => turn[name] ?? []);
      note(`${name}, ${comparedWaits(during, without)}`);
      expectNotHeldUp(during.flat(), without.flat());
    }
    expect((await store.listTrashedTasks(list, undefined, 1))?.items).toEqual([]);
  },
  DEADLINE_MS,
);

test("tasks that expire are removed without a transaction, which would hold up those who write to their list", async () => {
  const [list, count] = [await storedList(), 400];
  const ends = await fillTrash(list, count);
  const { settledReads, conditional, removals } = await statements(() => expireAll(ends));
  expect((await store.listTrashedTasks(list, undefined, 1))?.items).toEqual([]);
  expect(conditional).toBe(0);
  expect(removals).toBeGreaterThan(0);
  // One at the beginning, whose first attempts may fail on a busy machine.
  expect(settledReads).toBeGreaterThan(0);
  expect(settledReads).toBeLessThanOrEqual(3);
});

test("begun twice at once, expiry is done once: two in one instance would take the lease from each other", async () => {
  const [list, count] = [await storedList(), 40];
  await fillTrash(list, count);
  const { removals } = await statements(async () => void (await Promise.all([expire(), expire()])));
  expect((await store.listTrashedTasks(list, undefined, 1))?.items).toEqual([]);
  expect(removals).toBe(1);
});
