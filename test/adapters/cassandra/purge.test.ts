import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { MARK_KEPT_MS } from "../../../src/adapters/cassandra/purge.ts";
import { DAY_MS, PurgeQueue } from "../../../src/adapters/cassandra/purge-queue.ts";
import { Session } from "../../../src/adapters/cassandra/session.ts";
import { openCassandraStore } from "../../../src/adapters/cassandra/store.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { createChecklist, createTask, deleteChecklist } from "../../../src/application/commands.ts";
import { boundedly } from "../../../src/application/copy/work.ts";
import type { Store } from "../../../src/application/store.ts";
import { newChecklist } from "../../../src/domain/checklist.ts";
import { TodosError } from "../../../src/domain/errors.ts";
import { newTask, type Task } from "../../../src/domain/task.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { purgeAll } from "../../support/cassandra/purging.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedStrictCassandra } from "../../support/cassandra/shared.ts";
import { Wire } from "../../support/cassandra/wire.ts";
import { FULL_SIZE, note } from "../../support/size.ts";
import { KeptLog, KeptMeter, type LogLine } from "../sqlite/support.ts";

/** More than a node skips. */
const FORGOTTEN = FULL_SIZE ? 100_100 : 5_000;
const AT_ONCE = 32;
const DEADLINE_MS = FULL_SIZE ? 600_000 : 120_000;
const HOUR_MS = 3_600_000;

/** Noon of today: the queue is divided into days, and what these tests jump ahead must end on the same day at every hour. */
const NOW = Math.floor(Date.now() / DAY_MS) * DAY_MS + 12 * HOUR_MS;

let keyspace: Keyspace;
let wire: Wire;
/** Its statements pass through the proxy. */
let store: Store;
/** Another instance, without the proxy. */
let other: Store;
let session: Session;

beforeAll(async () => {
  const cluster = await sharedStrictCassandra();
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
  await keyspace?.client.shutdown();
});

function open(port: number): Promise<Store> {
  const settings = { ...keyspace.settings, port };
  return openCassandraStore({
    settings,
    log: new KeptLog(),
    meter: new KeptMeter(),
    clock: { now: () => NOW },
  });
}

async function storedList(id = Bun.randomUUIDv7()): Promise<string> {
  await other.write(createChecklist(ANYONE, newChecklist(id, "a list", Date.now())));
  return id;
}

async function storedTask(checklistId: string): Promise<string> {
  const task = newTask(checklistId, Bun.randomUUIDv7(), { todo: "x" }, Date.now()) as Task;
  expect((await other.write(createTask(ANYONE, task))).outcome).toBe("created");
  return task.id;
}

const rowsOf = async (cql: string, params: readonly unknown[] = []) =>
  (await keyspace.client.execute(cql, params as unknown[], { prepare: true })).rows;
const recordsOf = async (id: string) =>
  (await rowsOf("SELECT * FROM purge_queue")).filter((row) => row.checklist_id === id);
const tasksOf = (id: string) => rowsOf("SELECT id FROM todo WHERE checklist_id = ?", [id]);

/** A list that was marked as deleted by an instance that died before it purged the tasks. */
async function leftBehind(queue: PurgeQueue, dueAt = NOW): Promise<string> {
  const id = await storedList();
  await storedTask(id);
  await queue.add(id, dueAt);
  const mark = "UPDATE checklist SET deleted_at = ?, write_id = 'x' WHERE id = ? IF version = 1";
  await rowsOf(mark, [new Date(dueAt), id]);
  return id;
}

/** Purges everything due at a time, as a separate instance. @returns its warnings */
async function purgedAt(now: number, through = keyspace.settings.port): Promise<KeptLog> {
  const log = new KeptLog();
  await purgeAll({ ...keyspace.settings, port: through }, log, { now: () => now });
  return log;
}

describe("a deletion", () => {
  test("of an unknown list leaves no record, and a list created with that id keeps its tasks", async () => {
    const id = Bun.randomUUIDv7();
    expect(await store.write(deleteChecklist(ANYONE, id, UNGUARDED))).toEqual({ outcome: "missing" });
    expect(await recordsOf(id)).toEqual([]);
    await purgedAt(NOW + HOUR_MS);
    await storedList(id);
    const task = await storedTask(id);
    expect(await other.findTask(id, task)).toBeDefined();
  });

  test("recorded for a missing list removes no task of a list created since", async () => {
    const id = Bun.randomUUIDv7();
    await new PurgeQueue(session).add(id, NOW);
    await purgedAt(NOW + HOUR_MS);
    expect(await recordsOf(id)).toEqual([]);
    await storedList(id);
    const task = await storedTask(id);
    expect(await other.findTask(id, task)).toBeDefined();
  });

  test("that is refused leaves no record; the record of one that never happened is dropped after a while", async () => {
    const id = await storedList();
    expect((await store.write(deleteChecklist(ANYONE, id, { anyOf: [7] }))).outcome).toBe("stale");
    expect(await recordsOf(id)).toEqual([]);
    await new PurgeQueue(session).add(id, NOW);
    await purgedAt(NOW + 60_000);
    expect(await recordsOf(id)).toHaveLength(1);
    await purgedAt(NOW + HOUR_MS);
    expect(await recordsOf(id)).toEqual([]);
    expect(await other.findChecklist(id)).toBeDefined();
  });

  test("recorded again while an earlier record is being dropped keeps its own", async () => {
    const id = await storedList();
    const task = await storedTask(id);
    await new PurgeQueue(session).add(id, NOW - HOUR_MS);
    const forgetting = wire.trap({
      fits: (cql) => cql.startsWith("DELETE FROM purge_queue"),
      what: "hold request",
    });
    const purging = purgedAt(NOW, wire.port);
    await forgetting.sprung;
    await new PurgeQueue(session).add(id, NOW);
    forgetting.release();
    await purging;
    expect(await recordsOf(id)).toHaveLength(1);
    await rowsOf("UPDATE checklist SET deleted_at = ? WHERE id = ? IF version = 1", [new Date(NOW), id]);
    await purgedAt(NOW);
    expect(await tasksOf(id)).toEqual([]);
    expect(await other.findTask(id, task)).toBeUndefined();
  });

  test("whose last step gets no answer keeps its record until it is known to be done", async () => {
    const later = NOW + MARK_KEPT_MS + HOUR_MS;
    // Purges what other tests left, so that the trap catches this list.
    await purgedAt(later);
    const id = await leftBehind(new PurgeQueue(session));
    await purgedAt(NOW);
    wire.trap({ fits: (cql) => cql.startsWith("DELETE FROM checklist"), what: "lose request" });
    await purgedAt(later, wire.port);
    expect(await recordsOf(id)).toHaveLength(1);
    expect(await rowsOf("SELECT id FROM checklist WHERE id = ?", [id])).toHaveLength(1);
    await purgedAt(later);
    expect(await recordsOf(id)).toEqual([]);
    expect(await rowsOf("SELECT id FROM checklist WHERE id = ?", [id])).toEqual([]);
  });
});

const isUnanswered = ({ fields }: LogLine): boolean => {
  const error = fields?.error;
  return error instanceof TodosError && error.code === "store-unavailable";
};

describe("the check for unfinished deletions", () => {
  test("continues past a list whose purge fails, and purges that one the next time", async () => {
    const queue = new PurgeQueue(session);
    const ids = await Promise.all(Array.from({ length: 6 }, () => leftBehind(queue)));
    for (let n = 0; n < 3; n++) {
      wire.trap({ fits: (cql) => cql.startsWith("DELETE FROM todo USING"), what: "lose request" });
    }
    const log = await purgedAt(NOW, wire.port);
    expect(log.lines).toHaveLength(1);
    const left = (await Promise.all(ids.map(tasksOf))).filter((tasks) => tasks.length > 0);
    // Another instance may have checked in the meantime.
    expect(left.length).toBeLessThan(2);
    await purgedAt(NOW);
    expect((await Promise.all(ids.map(tasksOf))).flat()).toEqual([]);
  }, 120_000);

  test("continues deletions from days ago, and then stops checking those days", async () => {
    const first = async () =>
      Number((await rowsOf("SELECT value FROM meta WHERE key = 'purge-from'"))[0]?.value);
    const today = Math.floor(NOW / DAY_MS);
    await rowsOf("UPDATE meta SET value = ? WHERE key = 'purge-from' IF EXISTS", [String(today - 30)]);
    const id = await leftBehind(new PurgeQueue(session), NOW - 20 * DAY_MS);
    await purgedAt(NOW);
    expect(await rowsOf("SELECT id FROM checklist WHERE id = ?", [id])).toEqual([]);
    expect(await tasksOf(id)).toEqual([]);
    expect(await recordsOf(id)).toEqual([]);
    expect(await first()).toBe(today - 1);
  });

  test(
    `finds everything, even in a part of the queue with ${FORGOTTEN} dropped records, and even if some fail`,
    async () => {
      const queue = new PurgeQueue(session);
      const ids = await Promise.all(Array.from({ length: 8 }, () => leftBehind(queue)));
      const places = (await rowsOf("SELECT day, bucket FROM purge_queue")).map(({ day, bucket }) => [
        day,
        bucket,
      ]);
      const [day, bucket] = places[0] ?? [];
      // All of one part, spread over its day as time would spread them.
      const first = day * DAY_MS;
      await boundedly(Array.from({ length: FORGOTTEN }), AT_ONCE, async () => {
        const at = Math.floor(first + Math.random() * (NOW - first));
        const name = `${at.toString(16).padStart(12, "0")} ${Bun.randomUUIDv7()}`;
        await rowsOf("INSERT INTO purge_queue (day, bucket, record, checklist_id) VALUES (?, ?, ?, 'x')", [
          day,
          bucket,
          name,
        ]);
        await rowsOf("DELETE FROM purge_queue WHERE day = ? AND bucket = ? AND record = ?", [
          day,
          bucket,
          name,
        ]);
      });
      // An unreadable one, before all others: it used to end every check.
      const wrong = `${(first + 1).toString(16).padStart(12, "0")} wrong`;
      await rowsOf("INSERT INTO purge_queue (day, bucket, record) VALUES (?, 0, ?)", [day, wrong]);
      await rowsOf("INSERT INTO purge (bucket, checklist_id, recorded_at) VALUES (15, ?, ?)", [
        ids[0],
        new Date(),
      ]);
      const startedAt = performance.now();
      let log = await purgedAt(NOW);
      // What a busy node does not answer in time is left for the next check.
      while (log.lines.some(isUnanswered)) log = await purgedAt(NOW);
      const ms = Math.round(performance.now() - startedAt);
      for (const id of ids) {
        expect(await tasksOf(id)).toEqual([]);
      }
      const due: string[] = [];
      for await (const found of queue.due(day, NOW)) {
        if (!("error" in found)) due.push(found[0].checklistId);
      }
      expect(due).toEqual([]);
      expect(log.lines).toHaveLength(1);
      expect(await rowsOf("SELECT * FROM purge")).toEqual([]);
      await rowsOf("DELETE FROM purge_queue WHERE day = ? AND bucket = 0 AND record = ?", [day, wrong]);
      note(
        `purge queue on Cassandra past ${FORGOTTEN} forgotten records in one part of it: all found in ${ms} ms`,
      );
    },
    DEADLINE_MS,
  );
});
