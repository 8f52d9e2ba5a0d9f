import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { RETRIES_SAVED_MAX, RetryBudget } from "../../../src/adapters/cassandra/retry-budget.ts";
import { Rounds } from "../../../src/adapters/cassandra/rounds.ts";
import { OPERATION_DEADLINE_MS } from "../../../src/adapters/cassandra/settings.ts";
import { openCassandraStore } from "../../../src/adapters/cassandra/store.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import {
  changeChecklist,
  changeTask,
  createChecklist,
  deleteChecklist,
  deleteTask,
} from "../../../src/application/commands.ts";
import type { Store } from "../../../src/application/store.ts";
import { newChecklist } from "../../../src/domain/checklist.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../../support/cassandra/shared.ts";
import { Wire } from "../../support/cassandra/wire.ts";
import { Client } from "../../support/client.ts";
import { scratchData, startService } from "../../support/service.ts";
import { note } from "../../support/size.ts";
import { KeptLog, KeptMeter, thrownBy } from "../sqlite/support.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const OVERTAKE = "UPDATE checklist SET name = 'theirs', version = ? WHERE id = ? IF version = ?";
/** Each overtaken try takes a few statements of two stores. */
const TEST_DEADLINE_MS = 60_000;

let keyspace: Keyspace;
let wire: Wire;
/** Its statements pass through the proxy. */
let store: Store;
/** Another instance, without the proxy. */
let other: Store;
const meter = new KeptMeter();

beforeAll(async () => {
  const cluster = await sharedCassandra();
  keyspace = await freshKeyspace(cluster);
  wire = await Wire.before(cluster.node);
  store = await open(wire.port, meter);
  other = await open(keyspace.settings.port);
}, CASSANDRA_START_DEADLINE_MS);

afterAll(async () => {
  await store?.close();
  await other?.close();
  await wire?.[Symbol.asyncDispose]();
  await keyspace?.[Symbol.asyncDispose]();
});

function open(port: number, toMeter = new KeptMeter()): Promise<Store> {
  const settings = { ...keyspace.settings, port };
  return openCassandraStore({ settings, log: new KeptLog(), meter: toMeter, clock: { now: Date.now } });
}

const written = (cql: string, params: readonly unknown[]) =>
  keyspace.client.execute(cql, params as unknown[], { prepare: true });
const newId = () => `old-${Bun.randomUUIDv7()}`;

describe("a row that another service wrote without times", () => {
  const edit = { change: { todo: "new" }, pinned: false } as const;

  test("is changed and deleted by a handful of statements", async () => {
    const id = newId();
    await written("INSERT INTO checklist (id, name) VALUES (?, 'Old')", [id]);
    await written("INSERT INTO todo (checklist_id, id, task) VALUES (?, 't1', 'Old task')", [id]);
    const before = meter.statements.first + meter.statements.retry;
    expect(
      await store.write(changeChecklist(ANYONE, id, { name: "New" }, { anyOf: [1] }, NOW)),
    ).toMatchObject({
      outcome: "written",
      row: { name: "New", version: 2, createdAt: 0, updatedAt: NOW },
    });
    const statements = meter.statements.first + meter.statements.retry - before;
    expect(statements).toBeLessThan(5);
    expect(await store.write(changeTask(ANYONE, id, "t1", edit, { anyOf: [1] }, NOW))).toMatchObject({
      outcome: "written",
      row: { todo: "new", version: 2, createdAt: 0, updatedAt: NOW },
    });
    expect((await store.write(deleteTask(ANYONE, id, "t1", UNGUARDED))).outcome).toBe("written");
    expect((await store.write(deleteChecklist(ANYONE, id, UNGUARDED))).outcome).toBe("written");
    note(`a change of a row on Cassandra without created_at: ${statements} statements`);
  });

  test("and has nothing but its key is changed by exactly one of two writers", async () => {
    const id = newId();
    await written("INSERT INTO checklist (id) VALUES (?)", [id]);
    await written("INSERT INTO todo (checklist_id, id) VALUES (?, 't1')", [id]);
    expect(await store.findChecklist(id)).toMatchObject({ name: "Untitled", version: 1 });
    const changes = await Promise.all(
      [store, other].map((each) => each.write(changeTask(ANYONE, id, "t1", edit, { anyOf: [1] }, NOW))),
    );
    expect(changes.map(({ outcome }) => outcome).sort()).toEqual(["stale", "written"]);
    expect(await other.findTask(id, "t1")).toMatchObject({ todo: "new", version: 2 });
    expect((await store.write(deleteTask(ANYONE, id, "t1", UNGUARDED))).outcome).toBe("written");
  });

  test("and disappears between the read and the write is not recreated as an empty row", async () => {
    for (const columns of ["checklist_id, id, task", "checklist_id, id"]) {
      const id = newId();
      await written("INSERT INTO checklist (id, name) VALUES (?, 'Old')", [id]);
      const values = columns.includes("task") ? "(?, 't1', 'x')" : "(?, 't1')";
      await written(`INSERT INTO todo (${columns}) VALUES ${values}`, [id]);
      const trap = wire.trap({ fits: (cql) => cql.startsWith("UPDATE todo SET"), what: "hold request" });
      const changing = store.write(changeTask(ANYONE, id, "t1", edit, UNGUARDED, NOW));
      await trap.sprung;
      expect((await other.write(deleteTask(ANYONE, id, "t1", UNGUARDED))).outcome).toBe("written");
      trap.release();
      expect(await changing).toEqual({ outcome: "missing" });
      const { rows } = await written("SELECT id FROM todo WHERE checklist_id = ?", [id]);
      expect(rows).toEqual([]);
    }
  });

  test(
    "is shown without them, and as Untitled if it has no text",
    async () => {
      const id = newId();
      await written("INSERT INTO checklist (id) VALUES (?)", [id]);
      await written("INSERT INTO todo (checklist_id, id, completed) VALUES (?, 't1', true)", [id]);
      using data = scratchData();
      const { endpoints, port, keyspace: name } = keyspace.settings;
      const environment = {
        CASSANDRA_ENDPOINTS: endpoints.join(),
        CASSANDRA_PORT: String(port),
        CASSANDRA_KEYSPACE: name,
      };
      await using service = await startService(environment, data);
      const client = new Client(service.url);
      const list = (await client.get(`/checklists/${id}`)).json();
      expect(Object.keys(list)).toEqual(["id", "name", "_links"]);
      expect(list.name).toBe("Untitled");
      const path = `/tasks/t1?checklist=${id}`;
      const task = (await client.get(path)).json();
      expect(task).toMatchObject({ todo: "Untitled", completed: true });
      expect([task.createdAt, task.updatedAt]).toEqual([undefined, undefined]);
      const put = await client.put(path, task);
      expect([put.status, typeof put.json().updatedAt, put.json().createdAt]).toEqual([
        200,
        "string",
        undefined,
      ]);
    },
    CASSANDRA_START_DEADLINE_MS,
  );
});

describe("a write that other writers overtake", () => {
  test(
    "each time is given up after a limited number of attempts, which count as retries, and says so",
    async () => {
      const list = newChecklist(Bun.randomUUIDv7(), "a list", NOW);
      await other.write(createChecklist(ANYONE, list));
      const fits = (cql: string) => cql.startsWith("UPDATE checklist SET name");
      const before = { ...meter.statements };
      let tries = 0;
      let answered = false;
      const startedAt = performance.now();
      const writing = thrownBy(() =>
        store.write(changeChecklist(ANYONE, list.id, { name: "mine" }, UNGUARDED, NOW)),
      );
      const ended = writing.then(() => {
        answered = true;
      });
      for (let trap = wire.trap({ fits, what: "hold request" }); ; ) {
        await Promise.race([trap.sprung, ended]);
        if (answered) break;
        tries++;
        // Past the stores, which would take turns.
        await keyspace.client.execute(OVERTAKE, [tries + 1, list.id, tries], { prepare: true });
        // Set before the one sent is let go: the next may follow at once.
        const next = wire.trap({ fits, what: "hold request" });
        trap.release();
        trap = next;
      }
      // A machine too busy for so many tries in the time of an operation gives it up before.
      const late = performance.now() - startedAt >= OPERATION_DEADLINE_MS;
      const given = {
        code: "overloaded",
        undecided: false,
        message: expect.stringContaining("nothing was changed"),
      };
      expect(await writing).toMatchObject(late ? { code: "store-unavailable", undecided: true } : given);
      if (!late) expect(meter.statements.retry - before.retry).toBe(tries - 1);
      expect(tries).toBeLessThanOrEqual(32);
      expect(await other.findChecklist(list.id)).toMatchObject({ name: "theirs" });
      note(`a change on Cassandra that others overtook each time: given up after ${tries} tries`);
    },
    TEST_DEADLINE_MS,
  );

  test("or that gets no answer is sent again only within the retry budget", async () => {
    const budget = new RetryBudget();
    const session = { mayRepeat: () => budget.spend() };
    const later = performance.now() + TEST_DEADLINE_MS;
    for (let n = 0; n < RETRIES_SAVED_MAX; n++) {
      expect(new Rounds(session, later).mayTry(true)).toBe(true);
    }
    const rounds = new Rounds(session, later);
    expect(rounds.mayTry(false)).toBe(true);
    expect(rounds.mayTry(true)).toBe(false);
    expect(rounds.end(true)).toMatchObject({ code: "store-unavailable", undecided: true });
  });
});
