import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openCassandraStore } from "../../../src/adapters/cassandra/store.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { changeTask, createChecklist, createTask } from "../../../src/application/commands.ts";
import { boundedly } from "../../../src/application/copy/work.ts";
import type { Slice } from "../../../src/application/ports.ts";
import type { Store } from "../../../src/application/store.ts";
import { type Checklist, newChecklist } from "../../../src/domain/checklist.ts";
import { TodosError } from "../../../src/domain/errors.ts";
import { newTask, type Task } from "../../../src/domain/task.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedStrictCassandra } from "../../support/cassandra/shared.ts";
import { Wire } from "../../support/cassandra/wire.ts";
import { FULL_SIZE, note } from "../../support/size.ts";
import { KeptLog, KeptMeter, thrownBy } from "../sqlite/support.ts";

/** More than a node skips; Cassandra's own limits are 1,000 and 100,000. */
const DELETED = FULL_SIZE ? 100_100 : 5_000;
const PER_BATCH = 50;
const BATCHES_AT_ONCE = 8;
const DEADLINE_MS = FULL_SIZE ? 600_000 : 120_000;

let keyspace: Keyspace;
let wire: Wire;
/** Its statements pass through the proxy. */
let store: Store;
/** Another instance, without the proxy. */
let other: Store;

beforeAll(async () => {
  const cluster = await sharedStrictCassandra();
  keyspace = await freshKeyspace(cluster);
  wire = await Wire.before(cluster.node);
  store = await open(wire.port);
  other = await open(keyspace.settings.port);
}, CASSANDRA_START_DEADLINE_MS);

afterAll(async () => {
  await store?.close();
  await other?.close();
  await wire?.[Symbol.asyncDispose]();
  await keyspace?.client.shutdown();
});

function open(port: number): Promise<Store> {
  const settings = { ...keyspace.settings, port };
  return openCassandraStore({
    settings,
    log: new KeptLog(),
    meter: new KeptMeter(),
    clock: { now: Date.now },
  });
}

async function storedList(): Promise<string> {
  const list = newChecklist(Bun.randomUUIDv7(), "a list", Date.now());
  await other.write(createChecklist(ANYONE, list));
  return list.id;
}

async function storedTask(checklistId: string, id = Bun.randomUUIDv7(), change = {}): Promise<Task> {
  const task = newTask(checklistId, id, { todo: "lives on", ...change }, Date.now()) as Task;
  expect((await other.write(createTask(ANYONE, task))).outcome).toBe("created");
  return task;
}

/** Creates tasks and deletes them, without the store. @returns their ids */
async function churn(checklistId: string, count: number): Promise<readonly string[]> {
  const made: string[] = [];
  const insert = "INSERT INTO todo (checklist_id, id, task, version) VALUES (?, ?, 'x', 1)";
  const remove = "DELETE FROM todo WHERE checklist_id = ? AND id = ?";
  await boundedly(Array.from({ length: Math.ceil(count / PER_BATCH) }), BATCHES_AT_ONCE, async () => {
    const ids = Array.from({ length: Math.min(PER_BATCH, count) }, () => Bun.randomUUIDv7());
    made.push(...ids);
    for (const query of [insert, remove]) {
      const queries = ids.map((id) => ({ query, params: [checklistId, id] }));
      await keyspace.client.batch(queries, { prepare: true, logged: false });
    }
  });
  return made;
}

/** The node's warning about reading the list's first rows, like a page: none below its threshold. */
async function tombstonesOf(checklistId: string): Promise<number> {
  const { info } = await keyspace.client.execute(
    "SELECT * FROM todo WHERE checklist_id = ? LIMIT 1001",
    [checklistId],
    { prepare: true },
  );
  return Number(/ (\d+) tombstone/.exec((info.warnings ?? []).join())?.[1] ?? 0);
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const startedAt = performance.now();
  return [await work(), Math.round(performance.now() - startedAt)];
}

/** A page after many tombstones may take longer than a request's limit; cleared ranges stay cleared. */
async function eventually<T>(read: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof TodosError && error.code === "store-unavailable")) throw error;
    }
  }
}

const idsOf = async (from: Store, checklistId: string, filter = {}) =>
  (await from.listTasks(checklistId, filter, undefined, 50))?.items.map(({ id }) => id);

describe("a list from which many tasks were deleted", () => {
  test(
    `page one past ${DELETED} of them has the remaining ones, before, between and after them, whatever their ids`,
    async () => {
      const id = await storedList();
      const lives = [await storedTask(id, "#1 of another service"), await storedTask(id)];
      await churn(id, DELETED);
      lives.push(await storedTask(id));
      await churn(id, DELETED);
      lives.push(await storedTask(id), await storedTask(id, "zebra-of-another-service"));
      const expected = lives.map((task) => task.id);
      const [page, firstMs] = await timed(() => eventually(() => idsOf(other, id)));
      expect(page).toEqual(expected);
      const [again, nextMs] = await timed(() => idsOf(other, id));
      expect(again).toEqual(expected);
      expect(await idsOf(other, id, { completed: false })).toEqual(expected);
      const left = await tombstonesOf(id);
      // Ranges below the threshold stay unchanged.
      expect(left).toBeLessThan(DELETED / 5);
      note(
        `page one of a list on Cassandra with twice ${DELETED} tasks deleted before it: the first time ${firstMs} ms, then ${nextMs} ms, past ${left} tombstones`,
      );
    },
    DEADLINE_MS,
  );

  test("a task created late, with an id among the deleted ones, is never cleared", async () => {
    const id = await storedList();
    const [early = ""] = await churn(id, 1);
    await churn(id, DELETED);
    const clearing = wire.trap({
      fits: (cql) => cql.startsWith("DELETE FROM todo USING TIMESTAMP ? WHERE checklist_id = ? AND id >"),
      what: "hold request",
    });
    const reading = eventually(() => idsOf(store, id));
    await clearing.sprung;
    // The remaining tasks were read before: only the timestamps distinguish this one from the deleted
    // ones.
    await storedTask(id, early);
    clearing.release();
    await reading;
    expect(await idsOf(other, id)).toEqual([early]);
    expect(await other.findTask(id, early)).toBeDefined();
  }, 120_000);

  test("tasks between the fence and the read of the remaining ones are kept", async () => {
    const id = await storedList();
    const [early = ""] = await churn(id, DELETED);
    const looking = wire.trap({
      fits: (cql) => cql.startsWith("SELECT id FROM todo WHERE checklist_id = ? AND id > ?"),
      what: "hold request",
    });
    const reading = eventually(() => idsOf(store, id));
    await looking.sprung;
    await storedTask(id, early);
    looking.release();
    expect(await reading).toEqual([early]);
    expect(await idsOf(other, id)).toEqual([early]);
  }, 120_000);
});

test("tasks without description and date leave no tombstones when created, changed or replaced", async () => {
  const id = await storedList();
  const tasks = 150;
  for (let n = 0; n < tasks; n++) {
    const task = await storedTask(id);
    const edit = { change: { status: "in_progress", description: null }, pinned: false } as const;
    await other.write(changeTask(ANYONE, id, task.id, edit, UNGUARDED, Date.now()));
  }
  expect(await tombstonesOf(id)).toBe(0);
}, 120_000);

test("a filtered page reads whole rows only of tasks that match", async () => {
  const id = await storedList();
  const description = "d".repeat(10_000);
  const tasks = Array.from({ length: 300 }, () => Bun.randomUUIDv7());
  await boundedly(tasks, BATCHES_AT_ONCE, (task) => storedTask(id, task, { description }).then(() => {}));
  const [rare = ""] = tasks.slice(-1);
  await other.write(
    changeTask(ANYONE, id, rare, { change: { priority: "high" }, pinned: false }, UNGUARDED, Date.now()),
  );
  const from = wire.sent.length;
  const [page, ms] = await timed(async () => store.listTasks(id, { priority: "high" }, undefined, 50));
  expect(page?.items.map((task) => [task.id, task.description])).toEqual([[rare, description]]);
  const reads = wire.sent.slice(from).filter(({ cql }) => cql.includes("FROM todo"));
  expect(reads.map(({ cql }) => cql.replace(/ FROM .*/, ""))).toEqual([
    expect.not.stringContaining("description"),
    expect.stringContaining("description"),
  ]);
  note(
    `a filtered page over ${tasks.length} tasks of 10,000 characters on Cassandra, of which one matches: ${ms} ms`,
  );
}, 120_000);

describe("the listing of checklists", () => {
  const BY_TOKEN = "SELECT id FROM checklist";

  /** Follows `next` to the end, as a client does. */
  async function listed(size: number) {
    const ids: string[] = [];
    let [pages, slowestMs, after]: [number, number, string | undefined] = [0, 0, undefined];
    do {
      const [slice, ms]: [Slice<Checklist>, number] = await timed(() =>
        eventually(async () => other.listChecklists(after, size)),
      );
      expect(slice.items.length).toBeLessThanOrEqual(size);
      ids.push(...slice.items.map(({ id }) => id));
      pages++;
      slowestMs = Math.max(slowestMs, ms);
      after = slice.next;
    } while (after !== undefined);
    return { ids, pages, slowestMs };
  }

  async function living(): Promise<readonly string[]> {
    const rows = await keyspace.client.execute(`${BY_TOKEN} LIMIT 100000`, [], { fetchSize: 100 });
    const ids: string[] = [];
    for await (const row of rows) ids.push(row.id);
    return ids;
  }

  const isStretch = (cql: string) => cql.includes("token(id) AS place");

  test("reads a shorter range if all attempts at the whole one take too long, and is not refused", async () => {
    const list = await storedList();
    const slow = Array.from({ length: 3 }, () => wire.trap({ fits: isStretch, what: "lose request" }));
    const from = wire.sent.length;
    let after: string | undefined;
    const ids: string[] = [];
    do {
      const slice: Slice<Checklist> = await store.listChecklists(after, 200);
      ids.push(...slice.items.map(({ id }) => id));
      after = slice.next;
    } while (after !== undefined);
    await Promise.all(slow.map(({ sprung }) => sprung));
    expect(ids).toContain(list);
    const reads = wire.sent.slice(from).filter(({ cql }) => isStretch(cql));
    expect(reads.map(({ cql }) => cql.includes("token(id) <= ?")).slice(0, 4)).toEqual([
      ...[false, false, false],
      true,
    ]);
  }, 30_000);

  test("is refused, not empty, if no range at all is answered", async () => {
    const unanswered = await open(wire.port);
    const traps = Array.from({ length: 10 }, () => wire.trap({ fits: isStretch, what: "lose request" }));
    const fault = await thrownBy(async () => unanswered.listChecklists(undefined, 50));
    expect(fault).toMatchObject({ code: "store-unavailable" });
    await traps[1]?.sprung;
    wire.untrap();
    await unanswered.close();
  }, 30_000);

  test(
    "skips marked rows, a limited number per page",
    async () => {
      const before = await listed(50);
      const marked = Array.from({ length: 1_500 }, () => Bun.randomUUIDv7());
      const insert = "INSERT INTO checklist (id, name, version, deleted_at) VALUES (?, 'x', 1, ?)";
      await boundedly(marked, BATCHES_AT_ONCE, async (id) => {
        await keyspace.client.execute(insert, [id, new Date()], { prepare: true });
      });
      const { ids, pages } = await listed(50);
      expect(ids).toEqual(before.ids);
      expect(ids.length).toBeGreaterThan(1);
      expect(pages).toBeLessThan(5);
      await boundedly(marked, BATCHES_AT_ONCE, async (id) => {
        await keyspace.client.execute("DELETE FROM checklist WHERE id = ?", [id], { prepare: true });
      });
    },
    DEADLINE_MS,
  );

  test(
    `past ${2 * DELETED} deleted ones has every existing list once, each page in limited time`,
    async () => {
      const lives = [await storedList(), await storedList(), await storedList()];
      const expected = await living();
      const gone = Array.from({ length: 2 * DELETED }, () => Bun.randomUUIDv7());
      await boundedly(gone, 32, async (id) => {
        const values = "INSERT INTO checklist (id, name, version) VALUES (?, 'x', 1)";
        await keyspace.client.execute(values, [id], { prepare: true });
        await keyspace.client.execute("DELETE FROM checklist WHERE id = ?", [id], { prepare: true });
      });
      const first = await listed(50);
      expect(first.ids).toEqual([...expected]);
      expect(first.ids).toEqual(expect.arrayContaining(lives));
      const then = await listed(50);
      expect(then.ids).toEqual([...expected]);
      note(
        `GET /checklists on Cassandra past ${2 * DELETED} deleted lists: at first ${first.pages} pages of ${first.slowestMs} ms at most, then ${then.pages} of ${then.slowestMs} ms`,
      );
    },
    DEADLINE_MS,
  );
});
