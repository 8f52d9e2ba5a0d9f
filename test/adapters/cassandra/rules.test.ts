import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { types } from "cassandra-driver";
import { MARK_KEPT_MS } from "../../../src/adapters/cassandra/purge.ts";
import { openCassandraStore } from "../../../src/adapters/cassandra/store.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import {
  changeChecklist,
  changeTask,
  createChecklist,
  createTask,
  deleteChecklist,
  deleteTask,
} from "../../../src/application/commands.ts";
import {
  type Grant,
  IDEMPOTENCY_LEASE_MS,
  type IdempotencyRequest,
  type Receipt,
} from "../../../src/application/ports.ts";
import type { Store } from "../../../src/application/store.ts";
import { type Checklist, newChecklist } from "../../../src/domain/checklist.ts";
import type { Task } from "../../../src/domain/task.ts";
import { type Guard, UNGUARDED } from "../../../src/domain/version.ts";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { purgeAll } from "../../support/cassandra/purging.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../../support/cassandra/shared.ts";
import { Wire } from "../../support/cassandra/wire.ts";
import { Client } from "../../support/client.ts";
import { scratchData, startService } from "../../support/service.ts";
import { FULL_SIZE, note } from "../../support/size.ts";
import { KeptLog, KeptMeter } from "../sqlite/support.ts";

const { localQuorum, localSerial } = types.consistencies;
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const TASKS_MANY = FULL_SIZE ? 100_000 : 20_000;
const TASKS_PER_BATCH = 100;
const BATCHES_AT_ONCE = 8;
/** Generous: the test shows that the answer does not wait for the tasks. */
const DELETED_MS_MAX = 2_000;
const PURGED_DEADLINE_MS = 60_000;

const clock = { now: Date.now };
let keyspace: Keyspace;
let wire: Wire;
/** Its statements pass through the proxy. */
let store: Store;
/** Another instance, without the proxy. */
let other: Store;

beforeAll(async () => {
  const cluster = await sharedCassandra();
  keyspace = await freshKeyspace(cluster);
  wire = await Wire.before(cluster.node);
  store = await open(wire.port);
  other = await open(keyspace.settings.port);
}, CASSANDRA_START_DEADLINE_MS);

afterAll(async () => {
  await store?.close();
  await other?.close();
  await wire?.[Symbol.asyncDispose]();
  await keyspace?.[Symbol.asyncDispose]();
});

function open(port: number): Promise<Store> {
  const settings = { ...keyspace.settings, port };
  return openCassandraStore({ settings, log: new KeptLog(), meter: new KeptMeter(), clock });
}

async function stored(): Promise<Checklist> {
  const row = newChecklist(Bun.randomUUIDv7(), "a list", NOW);
  await other.write(createChecklist(ANYONE, row));
  return row;
}

function taskIn({ id }: Checklist): Task {
  const facts = {
    status: "pending",
    priority: "medium",
    createdAt: NOW,
    updatedAt: NOW,
    version: 1,
  } as const;
  return { checklistId: id, id: Bun.randomUUIDv7(), todo: "a task", ...facts };
}

type Granted = Grant & IdempotencyRequest;

async function granted(request: IdempotencyRequest, id: string, now: number): Promise<Granted> {
  const claim = await store.claimKey(request, id, now);
  if (claim.outcome !== "granted") throw new Error(`the key is not granted: ${claim.outcome}`);
  return { ...request, ...claim };
}

function receiptOf({ scope, key, fingerprint, owner, made = false }: Granted): Receipt {
  const answer = { status: 201, headers: {}, body: "{}" };
  return { scope, key, fingerprint, answer, expiresAt: NOW, owner, made };
}

async function rowsOf(cql: string, params: readonly unknown[]): Promise<readonly types.Row[]> {
  return (
    await keyspace.client.execute(cql, params as unknown[], { prepare: true, consistency: localSerial })
  ).rows;
}

const tasksOf = (id: string) => rowsOf("SELECT id FROM todo WHERE checklist_id = ?", [id]);
const writesTo = (table: string) => (cql: string) =>
  new RegExp(`^(INSERT INTO|UPDATE|DELETE FROM) ${table}\\b`).test(cql);

describe("what is sent", () => {
  test("every write is a lightweight transaction, except the purge and its record, and all use LOCAL_QUORUM", async () => {
    const from = wire.sent.length;
    const list = newChecklist(Bun.randomUUIDv7(), "all of it", NOW);
    const task = taskIn(list);
    const request = { scope: "POST /tasks", key: Bun.randomUUIDv7(), fingerprint: "f" };
    const edit = { change: { todo: "changed" }, pinned: false };
    await store.write(createChecklist(ANYONE, list));
    await store.write(changeChecklist(ANYONE, list.id, { name: "new" }, UNGUARDED, NOW));
    await store.write(createTask(ANYONE, task, receiptOf(await granted(request, task.id, NOW))));
    await store.write(changeTask(ANYONE, list.id, task.id, edit, UNGUARDED, NOW));
    await store.write(deleteTask(ANYONE, list.id, task.id, UNGUARDED));
    const freed = { ...request, key: "freed" };
    await store.releaseKey(freed, (await granted(freed, task.id, NOW)).owner);
    await store.listTasks(list.id, { completed: true }, undefined, 10);
    await store.listChecklists(undefined, 10);
    await store.write(deleteChecklist(ANYONE, list.id, UNGUARDED));
    await untilGone(list.id);
    const sent = wire.sent.slice(from).filter(({ cql }) => !cql.includes(" system"));
    // Where instances queue up, and how long for, is nothing that anyone makes a condition on.
    const writes = sent.filter(({ cql }) => !cql.startsWith("SELECT") && !cql.includes("INTO turn "));
    const plain = writes.filter(({ cql }) => !/ IF /.test(cql)).map(({ cql }) => cql);
    expect(new Set(plain)).toEqual(
      new Set([
        "INSERT INTO purge_queue (day, bucket, record, checklist_id, due_at) VALUES (?, ?, ?, ?, ?)",
        "DELETE FROM todo USING TIMESTAMP ? WHERE checklist_id = ?",
        "DELETE FROM task_due WHERE checklist_id = ?",
        "DELETE FROM purge_queue WHERE day = ? AND bucket = ? AND record = ?",
      ]),
    );
    for (const table of ["checklist", "todo", "idempotency"]) {
      expect(writes.some(({ cql }) => writesTo(table)(cql))).toBe(true);
    }
    expect(new Set(writes.map(({ consistency }) => consistency))).toEqual(new Set([localQuorum]));
    const transactions = writes.filter(({ cql }) => / IF /.test(cql));
    expect(new Set(transactions.map(({ serialConsistency }) => serialConsistency))).toEqual(
      new Set([localSerial]),
    );
    const reads = sent.filter(({ cql }) => cql.startsWith("SELECT"));
    for (const { consistency } of reads) expect([localQuorum, localSerial]).toContain(consistency);
  });

  test("no statement anywhere filters, needs an index or is a logged batch", async () => {
    const files = [
      ...new Bun.Glob("src/adapters/cassandra/**/*.ts").scanSync(),
      ...new Bun.Glob("migrations/cassandra/*.cql").scanSync(),
    ];
    expect(files.length).toBeGreaterThan(10);
    const forbidden =
      /ALLOW\s+FILTERING|CREATE\s+(CUSTOM\s+)?INDEX|MATERIALIZED\s+VIEW|BEGIN\s+(COUNTER\s+)?BATCH|logged: true/i;
    for (const file of files) {
      expect([file, forbidden.exec(await Bun.file(file).text())?.[0]]).toEqual([file, undefined]);
      for (const [call] of (await Bun.file(file).text()).matchAll(/\.batch\(queries.*\)/g))
        expect(call).toMatch(/options|all/);
    }
  });
});

describe("a transaction that times out", () => {
  test("but was applied is recognised as ours: written once, not refused", async () => {
    const { id } = await stored();
    const trap = wire.trap({
      fits: (cql) => cql.startsWith("UPDATE checklist SET name"),
      what: "lose answer",
    });
    const written = await store.write(changeChecklist(ANYONE, id, { name: "mine" }, { anyOf: [1] }, NOW));
    await trap.sprung;
    expect(written).toMatchObject({ outcome: "written", row: { name: "mine", version: 2 } });
    expect(await other.findChecklist(id)).toMatchObject({ name: "mine", version: 2 });
  });

  test("but was applied, and was overwritten many times, is still recognised as ours", async () => {
    const { id } = await stored();
    const trap = wire.trap({
      fits: (cql) => cql.startsWith("UPDATE checklist SET name"),
      what: "lose answer",
    });
    const writing = store.write(changeChecklist(ANYONE, id, { name: "mine" }, { anyOf: [1] }, NOW));
    await trap.sprung;
    await untilVersion(id, 2);
    for (let n = 0; n < 10; n++)
      await other.write(changeChecklist(ANYONE, id, { name: "later" }, UNGUARDED, NOW));
    expect(await writing).toMatchObject({ outcome: "written", row: { name: "mine", version: 2 } });
    expect(await other.findChecklist(id)).toMatchObject({ name: "later", version: 12 });
  });

  test("and was not applied is done again", async () => {
    const { id } = await stored();
    wire.trap({ fits: (cql) => cql.startsWith("UPDATE checklist SET name"), what: "lose request" });
    expect(
      await store.write(changeChecklist(ANYONE, id, { name: "mine" }, { anyOf: [1] }, NOW)),
    ).toMatchObject({
      outcome: "written",
      row: { version: 2 },
    });
  });

  test("and reaches the node only after it was done again changes nothing", async () => {
    const { id } = await stored();
    const trap = wire.trap({
      fits: (cql) => cql.startsWith("UPDATE checklist SET name"),
      what: "hold request",
    });
    const written = await store.write(changeChecklist(ANYONE, id, { name: "mine" }, { anyOf: [1] }, NOW));
    await other.write(changeChecklist(ANYONE, id, { name: "later" }, UNGUARDED, NOW));
    trap.release();
    // Answered after the late one: both go over one connection of the proxy to the same node.
    await store.write(changeChecklist(ANYONE, id, { name: "last" }, UNGUARDED, NOW));
    expect(written.outcome).toBe("written");
    expect(await other.findChecklist(id)).toMatchObject({ name: "last", version: 4 });
  });

  test("while another writer won is refused, as it must be", async () => {
    const { id } = await stored();
    const trap = wire.trap({
      fits: (cql) => cql.startsWith("UPDATE checklist SET name"),
      what: "lose request",
    });
    const writing = store.write(changeChecklist(ANYONE, id, { name: "mine" }, { anyOf: [1] }, NOW));
    await trap.sprung;
    await other.write(changeChecklist(ANYONE, id, { name: "theirs" }, { anyOf: [1] }, NOW));
    expect(await writing).toEqual({ outcome: "stale", version: 2 });
    expect(await other.findChecklist(id)).toMatchObject({ name: "theirs", version: 2 });
  });

  describe("and is applied only after a read did not show it, and a second attempt was sent,", () => {
    /**
     * The first attempt arrives after the read that looks for it; the second finds what the first
     * one did.
     */
    async function firstTryOvertaken<T>(
      statement: string,
      write: () => Promise<T>,
      done: () => Promise<unknown>,
    ): Promise<T> {
      const fits = (cql: string) => cql.startsWith(statement);
      const first = wire.trap({ fits, what: "hold request" });
      const second = wire.trap({ fits, what: "hold request" });
      const writing = write();
      await second.sprung;
      first.release();
      await done();
      second.release();
      return await writing;
    }

    test("a change with If-Match is recognised as ours, not refused", async () => {
      const { id } = await stored();
      const written = await firstTryOvertaken(
        "UPDATE checklist SET name",
        () => store.write(changeChecklist(ANYONE, id, { name: "mine" }, { anyOf: [1] }, NOW)),
        () => untilVersion(id, 2),
      );
      expect(written).toMatchObject({ outcome: "written", row: { name: "mine", version: 2 } });
    });

    test("a checklist's deletion with If-Match is recognised as ours, not missing", async () => {
      const { id } = await stored();
      const written = await firstTryOvertaken(
        "UPDATE checklist SET deleted_at",
        () => store.write(deleteChecklist(ANYONE, id, { anyOf: [1] })),
        () => untilMissing(() => other.findChecklist(id)),
      );
      expect(written.outcome).toBe("written");
    });

    test("a task's deletion without If-Match counts as done; with If-Match the outcome is unknown", async () => {
      const list = await stored();
      const deleted = async (guard: Guard) => {
        const task = taskIn(list);
        await other.write(createTask(ANYONE, task));
        return firstTryOvertaken(
          "DELETE FROM todo WHERE checklist_id = ? AND id = ?",
          () => store.write(deleteTask(ANYONE, list.id, task.id, guard)).catch((error: unknown) => error),
          () => untilMissing(() => other.findTask(list.id, task.id)),
        );
      };
      expect(await deleted(UNGUARDED)).toMatchObject({ outcome: "written" });
      expect(await deleted({ anyOf: [1] })).toMatchObject({ code: "store-unavailable", undecided: true });
    });
  });

  test("of a checklist's deletion, while another request deleted it, does not count as done", async () => {
    const { id } = await stored();
    const trap = wire.trap({
      fits: (cql) => cql.startsWith("UPDATE checklist SET deleted_at"),
      what: "lose request",
    });
    const deleting = store.write(deleteChecklist(ANYONE, id, { anyOf: [1] }));
    await trap.sprung;
    // What is shown is the mark, which says whose it is: nobody is to purge it meanwhile.
    for (const { day, bucket, record } of await recordsOf(id)) {
      const forget = "DELETE FROM purge_queue WHERE day = ? AND bucket = ? AND record = ?";
      await keyspace.client.execute(forget, [day, bucket, record], { prepare: true });
    }
    const writeId = "theirs";
    await keyspace.client.execute(
      "UPDATE checklist SET deleted_at = ?, write_id = ? WHERE id = ? IF version = 1",
      [new Date(NOW), writeId, id],
      { prepare: true },
    );
    expect((await deleting).outcome).toBe("missing");
  });

  test("of taking over a key is recognised as ours, with the id that was recorded first", async () => {
    const list = await stored();
    const request = { scope: "POST /tasks", key: Bun.randomUUIDv7(), fingerprint: "f" };
    const recorded = taskIn(list).id;
    await other.claimKey(request, recorded, NOW);
    const later = NOW + 2 * IDEMPOTENCY_LEASE_MS;
    wire.trap({ fits: (cql) => cql.startsWith("UPDATE idempotency SET owner"), what: "lose answer" });
    const claim = await store.claimKey(request, taskIn(list).id, later);
    expect(claim).toMatchObject({ outcome: "granted", id: recorded, at: NOW });
  });

  test("of a creation creates one row, applied or not", async () => {
    for (const what of ["lose answer", "lose request"] as const) {
      const list = await stored();
      wire.trap({ fits: (cql) => cql.startsWith("INSERT INTO todo"), what });
      expect(await store.write(createTask(ANYONE, taskIn(list)))).toEqual({ outcome: "created" });
      expect(await tasksOf(list.id)).toHaveLength(1);
    }
  });
});

test(
  "a key is recorded before its row: after kill -9 in between, a retry creates the one row with the recorded id",
  async () => {
    using data = scratchData();
    const { endpoints, keyspace: name } = keyspace.settings;
    const at = (port: number) => ({
      CASSANDRA_ENDPOINTS: endpoints.join(","),
      CASSANDRA_PORT: String(port),
      CASSANDRA_KEYSPACE: name,
    });
    const list = await stored();
    const path = `/tasks?checklist=${list.id}`;
    const key = { "idempotency-key": Bun.randomUUIDv7() };
    const doomed = await startService(at(wire.port), data);
    const trap = wire.trap({ fits: (cql) => cql.startsWith("INSERT INTO todo"), what: "lose request" });
    const unanswered = new Client(doomed.url).post(path, { todo: "Once" }, key).catch(() => undefined);
    await trap.sprung;
    await doomed.stop("SIGKILL");
    await unanswered;
    expect(await tasksOf(list.id)).toEqual([]);

    await using heir = await startService(at(keyspace.settings.port), data);
    const client = new Client(heir.url);
    let reply = await client.post(path, { todo: "Once" }, key);
    expect(reply.status).toBe(409);
    while (reply.status === 409) {
      await Bun.sleep(Number(reply.header("retry-after")) * 1_000);
      reply = await client.post(path, { todo: "Once" }, key);
    }
    expect(reply.status).toBe(201);
    const rows = await tasksOf(list.id);
    expect(rows.map((row) => row.id)).toEqual([reply.json().id]);
    const recorded = await rowsOf("SELECT id FROM idempotency WHERE scope = ? AND key = ?", [
      `POST /tasks?checklist=${list.id}`,
      key["idempotency-key"],
    ]);
    for (const row of recorded) expect(row.id).toBe(reply.json().id);
  },
  CASSANDRA_START_DEADLINE_MS,
);

describe("deleting a checklist", () => {
  test(
    `with ${TASKS_MANY} tasks is answered at once, and they are gone a while later`,
    async () => {
      const list = await stored();
      await load(list.id, TASKS_MANY);
      const startedAt = performance.now();
      expect((await store.write(deleteChecklist(ANYONE, list.id, { anyOf: [1] }))).outcome).toBe("written");
      const answeredMs = performance.now() - startedAt;
      expect(await other.findChecklist(list.id)).toBeUndefined();
      expect(await other.listTasks(list.id, {}, undefined, 10)).toBeUndefined();
      await untilGone(list.id);
      const goneMs = performance.now() - startedAt;
      note(
        `a checklist with ${TASKS_MANY} tasks on Cassandra: deletion answered after ${Math.round(answeredMs)} ms, tasks gone after ${Math.round(goneMs)} ms`,
      );
      expect(answeredMs).toBeLessThan(DELETED_MS_MAX);
    },
    CASSANDRA_START_DEADLINE_MS,
  );

  test("is finished by another instance if the first one dies before the tasks are gone", async () => {
    const list = await stored();
    const task = taskIn(list);
    await other.write(createTask(ANYONE, task));
    const dying = await open(wire.port);
    const trap = wire.trap({
      fits: (cql) => cql.startsWith("DELETE FROM todo USING TIMESTAMP"),
      what: "lose request",
    });
    expect((await dying.write(deleteChecklist(ANYONE, list.id, UNGUARDED))).outcome).toBe("written");
    await trap.sprung;
    expect(await tasksOf(list.id)).toHaveLength(1);

    await purgedAt(Date.now());
    expect(await tasksOf(list.id)).toEqual([]);
    const [left, ...more] = await recordsOf(list.id);
    expect(left?.due_at.getTime()).toBeGreaterThan(Date.now() + MARK_KEPT_MS - PURGED_DEADLINE_MS);
    expect(more).toEqual([]);
    await dying.close();
  });

  test("keeps the marked row for longer than keys, and then leaves nothing", async () => {
    const list = await stored();
    await other.write(deleteChecklist(ANYONE, list.id, UNGUARDED));
    await untilGone(list.id);
    const orphan = taskIn(list);
    await keyspace.client.execute(
      "INSERT INTO todo (checklist_id, id, task, version, created_at) VALUES (?, ?, 'late', 1, ?)",
      [list.id, orphan.id, new Date(NOW)],
      { prepare: true },
    );
    await purgedAt(Date.now() + MARK_KEPT_MS - 60_000);
    const marked = await rowsOf("SELECT deleted_at FROM checklist WHERE id = ?", [list.id]);
    expect(marked).toMatchObject([{ deleted_at: expect.any(Date) }]);
    expect(MARK_KEPT_MS).toBeGreaterThan((await keySecondsKept()) * 1_000 + IDEMPOTENCY_LEASE_MS);
    await purgedAt(Date.now() + MARK_KEPT_MS);
    expect(await rowsOf("SELECT id FROM checklist WHERE id = ?", [list.id])).toEqual([]);
    expect(await tasksOf(list.id)).toEqual([]);
    expect(await recordsOf(list.id)).toEqual([]);
  });

  test("while a task is being inserted leaves no task behind, and its creator gets an error", async () => {
    const list = await stored();
    const trap = wire.trap({ fits: (cql) => cql.startsWith("INSERT INTO todo"), what: "hold request" });
    const creating = store.write(createTask(ANYONE, taskIn(list)));
    await trap.sprung;
    await other.write(deleteChecklist(ANYONE, list.id, UNGUARDED));
    await untilGone(list.id);
    trap.release();
    expect(await creating).toEqual({ outcome: "missing" });
    expect(await tasksOf(list.id)).toEqual([]);
  });
});

describe("cursors", () => {
  test("are last keys: started on one instance, continued on another, past a deleted row", async () => {
    const list = await stored();
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) {
      const task = taskIn(list);
      ids.push(task.id);
      await other.write(createTask(ANYONE, task));
    }
    const first = await store.listTasks(list.id, {}, undefined, 2);
    expect(first?.next).toBe(ids[1]);
    await other.write(deleteTask(ANYONE, list.id, ids[1] ?? "", UNGUARDED));
    const rest = await other.listTasks(list.id, {}, first?.next, 10);
    expect(rest?.items.map(({ id }) => id)).toEqual(ids.slice(2));

    const page = await store.listChecklists(undefined, 2);
    const [last] = await rowsOf("SELECT token(id) AS place FROM checklist WHERE id = ?", [page.items[1]?.id]);
    expect(page.next).toBe(String(last?.place));
    const onward = await other.listChecklists(page.next, 200);
    expect(onward.items.map(({ id }) => id)).not.toContain(page.items[1]?.id);
  });
});

describe("rows of the baseline, without a version", () => {
  async function baselineRow(): Promise<string> {
    const id = `old-${Bun.randomUUIDv7()}`;
    const at = new Date(NOW);
    const prepare = { prepare: true };
    await keyspace.client.execute(
      "INSERT INTO checklist (id, name, created_at, updated_at) VALUES (?, 'old', ?, ?)",
      [id, at, at],
      prepare,
    );
    await keyspace.client.execute(
      "INSERT INTO todo (checklist_id, id, task, completed, created_at, updated_at) VALUES (?, 't1', 'old task', true, ?, ?)",
      [id, at, at],
      prepare,
    );
    return id;
  }

  test("are read, changed on the condition of version 1, and deleted", async () => {
    const id = await baselineRow();
    expect(await store.findTask(id, "t1")).toMatchObject({
      todo: "old task",
      status: "completed",
      version: 1,
    });
    const edit = { change: { todo: "new" }, pinned: true };
    expect(await store.write(changeTask(ANYONE, id, "t1", edit, { anyOf: [1] }, NOW))).toMatchObject({
      row: { version: 2 },
    });
    expect(await store.write(changeTask(ANYONE, id, "t1", edit, { anyOf: [1] }, NOW))).toEqual({
      outcome: "stale",
      version: 2,
    });
    expect(
      await store.write(changeChecklist(ANYONE, id, { name: "new" }, { anyOf: [1] }, NOW)),
    ).toMatchObject({
      row: { name: "new", version: 2 },
    });
    expect((await store.write(deleteTask(ANYONE, id, "t1", UNGUARDED))).outcome).toBe("written");
    expect((await store.write(deleteChecklist(ANYONE, id, UNGUARDED))).outcome).toBe("written");
  });

  test("that disappear between the read and the write are not recreated as empty rows", async () => {
    const id = await baselineRow();
    const trap = wire.trap({ fits: (cql) => cql.startsWith("UPDATE todo SET task"), what: "hold request" });
    const changing = store.write(
      changeTask(ANYONE, id, "t1", { change: { todo: "ghost" }, pinned: false }, UNGUARDED, NOW),
    );
    await trap.sprung;
    expect((await other.write(deleteTask(ANYONE, id, "t1", UNGUARDED))).outcome).toBe("written");
    trap.release();
    expect(await changing).toEqual({ outcome: "missing" });
    expect(await tasksOf(id)).toEqual([]);

    const renaming = wire.trap({
      fits: (cql) => cql.startsWith("UPDATE checklist SET name"),
      what: "hold request",
    });
    const renamed = store.write(changeChecklist(ANYONE, id, { name: "ghost" }, UNGUARDED, NOW));
    await renaming.sprung;
    await other.write(deleteChecklist(ANYONE, id, UNGUARDED));
    await untilGone(id);
    renaming.release();
    expect(await renamed).toEqual({ outcome: "missing" });
    expect(await rowsOf("SELECT name FROM checklist WHERE id = ?", [id])).toMatchObject([{ name: "old" }]);
  });

  test("that never existed stay missing: a change or a deletion creates none", async () => {
    const list = await stored();
    const edit = { change: { todo: "x" }, pinned: false };
    expect(await store.write(changeTask(ANYONE, list.id, "no-such", edit, UNGUARDED, NOW))).toEqual({
      outcome: "missing",
    });
    expect(await store.write(deleteTask(ANYONE, list.id, "no-such", UNGUARDED))).toEqual({
      outcome: "missing",
    });
    expect(await store.write(changeChecklist(ANYONE, "no-such", { name: "x" }, UNGUARDED, NOW))).toEqual({
      outcome: "missing",
    });
    expect(await store.write(deleteChecklist(ANYONE, "no-such", UNGUARDED))).toEqual({ outcome: "missing" });
    expect(await tasksOf(list.id)).toEqual([]);
    expect(await rowsOf("SELECT id FROM checklist WHERE id = 'no-such'", [])).toEqual([]);
  });
});

/** Writes tasks without the store and without transactions, which only a test may do. */
async function load(id: string, count: number): Promise<void> {
  const query =
    "INSERT INTO todo (checklist_id, id, task, version, created_at) VALUES (?, ?, 'one of many', 1, ?)";
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const from = next;
      next += TASKS_PER_BATCH;
      const queries = Array.from({ length: TASKS_PER_BATCH }, (_, n) => ({
        query,
        params: [id, `task-${String(from + n).padStart(6, "0")}`, new Date(NOW)],
      }));
      await keyspace.client.batch(queries, { prepare: true, logged: false });
    }
  };
  await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, worker));
}

/** Resolves when the list's tasks are purged: the row of it that is kept is marked. */
async function untilGone(id: string): Promise<void> {
  const deadline = performance.now() + PURGED_DEADLINE_MS;
  const onlyMarked = (records: readonly types.Row[]) =>
    records.length > 0 && records.every(({ due_at }) => due_at.getTime() > Date.now() + PURGED_DEADLINE_MS);
  while (!onlyMarked(await recordsOf(id))) {
    if (performance.now() > deadline) throw new Error(`the list ${id} is not purged in time`);
    await Bun.sleep(20);
  }
  expect(await tasksOf(id)).toEqual([]);
}

/** Purges everything due at a time, as a separate instance. */
async function purgedAt(now: number): Promise<void> {
  await purgeAll(keyspace.settings, new KeptLog(), { now: () => now });
}

async function keySecondsKept(): Promise<number> {
  const { rows } = await keyspace.client.execute(
    "SELECT default_time_to_live FROM system_schema.tables WHERE keyspace_name = ? AND table_name = 'idempotency'",
    [keyspace.settings.keyspace],
    { prepare: true },
  );
  return Number(rows[0]?.default_time_to_live);
}

async function recordsOf(id: string): Promise<readonly types.Row[]> {
  const { rows } = await keyspace.client.execute("SELECT * FROM purge_queue");
  return rows.filter((row) => row.checklist_id === id);
}

async function untilMissing(find: () => unknown): Promise<void> {
  while ((await find()) !== undefined) await Bun.sleep(10);
}

async function untilVersion(id: string, version: number): Promise<void> {
  while ((await other.findChecklist(id))?.version !== version) await Bun.sleep(10);
}
