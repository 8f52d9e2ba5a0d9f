import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { DueIndex } from "../../../src/adapters/cassandra/due-index.ts";
import { MARK_KEPT_MS } from "../../../src/adapters/cassandra/purge.ts";
import { Session } from "../../../src/adapters/cassandra/session.ts";
import { openCassandraStore } from "../../../src/adapters/cassandra/store.ts";
import { AGENDA_CHECKLISTS_MAX } from "../../../src/application/agenda.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { changeTask, createChecklist, createTask } from "../../../src/application/commands.ts";
import { boundedly } from "../../../src/application/copy/work.ts";
import type { Store } from "../../../src/application/store.ts";
import type { DuePlace } from "../../../src/domain/agenda.ts";
import { newChecklist } from "../../../src/domain/checklist.ts";
import type { Task } from "../../../src/domain/task.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import { NOW, newId, someTask } from "../../contract/rows.ts";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../../support/cassandra/shared.ts";
import { Wire } from "../../support/cassandra/wire.ts";
import { FULL_SIZE, note } from "../../support/size.ts";
import { KeptLog, KeptMeter, thrownBy } from "../sqlite/support.ts";

const DAY = "2026-01-01";
const UNTIL = "2026-12-31";
const COMPLETIONS = FULL_SIZE ? 100_000 : 4_000;
const AT_ONCE = 128;
/** With room for a busy machine: a read that collected what was removed would be refused, or take seconds. */
const READ_MS_MAX = 1_500;
const LONG_DEADLINE_MS = 400_000;

let keyspace: Keyspace;
let store: Store;

beforeAll(async () => {
  keyspace = await freshKeyspace(await sharedCassandra());
  store = await open();
}, CASSANDRA_START_DEADLINE_MS);

afterAll(async () => {
  await store?.close();
  await keyspace?.[Symbol.asyncDispose]();
});

function open(settings = keyspace.settings): Promise<Store> {
  return openCassandraStore({
    settings,
    log: new KeptLog(),
    meter: new KeptMeter(),
    clock: { now: Date.now },
  });
}

async function newList(to = store): Promise<string> {
  const list = newChecklist(newId(), "Due", NOW);
  await to.write(createChecklist(ANYONE, list));
  return list.id;
}

async function made(checklistId: string, members: Partial<Task> = {}): Promise<Task> {
  const task = someTask({ checklistId, dueDate: DAY, ...members });
  await store.write(createTask(ANYONE, task));
  return task;
}

const execute = (cql: string, params: readonly unknown[] = [], client = keyspace.client) =>
  client.execute(cql, params as unknown[], { prepare: true });
const entry = (list: string, day: string, task: string, version: number) =>
  execute("INSERT INTO task_due (checklist_id, due_date, task_id, version) VALUES (?, ?, ?, ?)", [
    list,
    day,
    task,
    version,
  ]);
const entriesOf = async (list: string) =>
  (await execute("SELECT due_date, version FROM task_due WHERE checklist_id = ?", [list])).rows.map(
    ({ due_date, version }) => `${due_date}@${version}`,
  );
const shownOf = async (checklistId: string, limit = 200, from = store) =>
  (await from.listDue({ until: UNTIL, checklistId }, limit))?.items.map(({ id }) => id);

/** An id of a task that was made so long ago. */
function idFrom(ageMs: number): string {
  const hex = (Date.now() - ageMs).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-${newId().slice(14)}`;
}

describe("an entry that says something else than its task", () => {
  test("is not shown, and removed up to the task's version: a later one may be of a write in progress", async () => {
    const list = await newList();
    const task = await made(list);
    const edit = { change: { completed: true }, pinned: false };
    await store.write(changeTask(ANYONE, list, task.id, edit, UNGUARDED, NOW));
    for (const version of [1, 2, 3]) await entry(list, DAY, task.id, version);
    await entry(list, "2026-05-05", task.id, 2);
    expect(await shownOf(list)).toEqual([]);
    expect(await entriesOf(list)).toEqual([`${DAY}@3`]);
  });

  test("twice for one task shows it once", async () => {
    const list = await newList();
    const task = await made(list);
    await entry(list, DAY, task.id, 0);
    await entry(list, DAY, task.id, 7);
    const other = await made(list, { dueDate: "2026-01-02" });
    expect(await shownOf(list)).toEqual([task.id, other.id]);
    expect(await shownOf(list, 1)).toEqual([task.id]);
  });

  test("without a task stays while the task may be about to be created, and goes when its key has expired", async () => {
    const list = await newList();
    await entry(list, DAY, newId(), 1);
    await entry(list, DAY, idFrom(MARK_KEPT_MS - 60_000), 1);
    await entry(list, DAY, idFrom(MARK_KEPT_MS + 60_000), 1);
    expect(await shownOf(list)).toEqual([]);
    expect(await entriesOf(list)).toEqual([`${DAY}@1`, `${DAY}@1`]);
  });

  test("makes a page short, and hides nothing after it", async () => {
    const list = await newList();
    const ids: string[] = [];
    for (let day = 1; day <= 6; day++) {
      const date = `2026-02-0${day}`;
      if (day % 2 === 0) ids.push((await made(list, { dueDate: date })).id);
      else await entry(list, date, newId(), 1);
    }
    const seen: string[] = [];
    let after: DuePlace | undefined;
    do {
      const page = await store.listDue({ until: UNTIL, checklistId: list, ...(after && { after }) }, 2);
      seen.push(...(page?.items.map(({ id }) => id) ?? []));
      after = page?.next;
    } while (after);
    expect(seen).toEqual(ids);
  });
});

describe("tasks that an earlier release wrote", () => {
  const STATE = "UPDATE meta SET value = ? WHERE key = 'due-index'";
  const stateOf = async (of: Keyspace) =>
    String((await execute("SELECT value FROM meta WHERE key = 'due-index'", [], of.client)).first()?.value);
  const written = (of: Keyspace, list: string, id: string, cells: string) =>
    execute(
      `INSERT INTO todo (checklist_id, id, task, created_at, due_date, ${cells})`,
      [list, id, new Date(NOW), DAY],
      of.client,
    );
  const seenEarlier = (of: Keyspace, ageMs: number) =>
    execute(
      "INSERT INTO change_writer (shard, writer, seen_at) VALUES (0, 'earlier', ?)",
      [new Date(Date.now() - ageMs)],
      of.client,
    );
  const due = async (of: Store) => (await of.listDue({ until: UNTIL }, 200))?.items.map(({ id }) => id);

  test("delay no agenda on a new keyspace, however many instances start at once", async () => {
    const { node } = await sharedCassandra();
    await using fresh = await freshKeyspace(await sharedCassandra());
    await using wire = await Wire.before(node);
    const fits = (cql: string) => cql.startsWith(STATE);
    const finding = wire.trap({ fits, what: "hold request" });
    const slow = await open({ ...fresh.settings, port: wire.port });
    await finding.sprung;
    const fast = await open(fresh.settings);
    expect(await due(fast)).toEqual([]);
    finding.release();
    // Its first check, which finds that it came second.
    await (Reflect.get(Reflect.get(slow, "dueCompletion"), "work") as Promise<void>);
    expect(await due(slow)).toEqual([]);
    await Promise.all([slow.close(), fast.close()]);
  });

  test(
    "are in the agenda once no such instance runs any more; until then there is none, and it says so",
    async () => {
      await using earlier = await freshKeyspace(await sharedCassandra());
      await using _ = await opened(earlier, async (first) => {
        const list = await newList(first);
        await written(earlier, list, "open", "status, version) VALUES (?, ?, 'x', ?, ?, 'pending', 4");
        await written(earlier, list, "of the baseline", "completed) VALUES (?, ?, 'x', ?, ?, false");
        await written(earlier, list, "done", "status, version) VALUES (?, ?, 'x', ?, ?, 'completed', 2");
        await execute(STATE, ["after "], earlier.client);
        await seenEarlier(earlier, 60_000);
      });
      const waiting = await open(earlier.settings);
      expect(await thrownBy(() => waiting.listDue({ until: UNTIL }, 10))).toMatchObject({
        code: "store-unavailable",
        retryAfterS: 10,
        message: expect.stringContaining("earlier release"),
      });
      await waiting.close();
      await seenEarlier(earlier, 140_000);
      const complete = await open(earlier.settings);
      expect(await due(complete)).toEqual(["of the baseline", "open"]);
      expect(await stateOf(earlier)).toMatch(/^done \d+$/);
      await complete.close();

      // It came back, wrote a task and ended again: what it wrote is added, too.
      const list = (await execute("SELECT checklist_id FROM todo LIMIT 1", [], earlier.client)).first();
      await written(earlier, String(list?.checklist_id), "since", "version) VALUES (?, ?, 'x', ?, ?, 1");
      await execute(STATE, [`done ${Date.now() - 300_000}`], earlier.client);
      const again = await open(earlier.settings);
      expect(await due(again)).toEqual(["of the baseline", "open", "since"]);
      await again.close();
    },
    LONG_DEADLINE_MS,
  );

  test(
    "are added list by list, from where another instance stopped",
    async () => {
      await using earlier = await freshKeyspace(await sharedCassandra());
      await using _ = await opened(earlier, async (first) => {
        for (let count = 0; count < 40; count++)
          await written(
            earlier,
            await newList(first),
            `task ${count}`,
            "version) VALUES (?, ?, 'x', ?, ?, 1",
          );
      });
      const { rows } = await execute("SELECT id, token(id) AS place FROM checklist", [], earlier.client);
      const lists = rows.map(({ id }) => id);
      await execute(STATE, [`after ${rows[19]?.place}`], earlier.client);
      const continued = await open(earlier.settings);
      expect((await due(continued))?.length).toBe(lists.length - 20 - countOfInbox(lists.slice(20)));
      expect(await stateOf(earlier)).toMatch(/^done /);
      await continued.close();
    },
    LONG_DEADLINE_MS,
  );

  /** With a store that writes what a test needs before the others are opened. */
  async function opened(of: Keyspace, prepare: (first: Store) => Promise<void>): Promise<AsyncDisposable> {
    const first = await open(of.settings);
    expect(await due(first)).toEqual([]);
    await prepare(first);
    await first.close();
    return { [Symbol.asyncDispose]: async () => {} };
  }
});

function countOfInbox(ids: readonly string[]): number {
  return ids.filter((id) => id.startsWith("00000000")).length;
}

test(
  `a list whose ${COMPLETIONS} tasks were completed is read as one that never had any`,
  async () => {
    const list = await newList();
    const task = await made(list, { dueDate: "2026-01-31" });
    const session = await Session.connect(keyspace.settings);
    const index = new DueIndex(session, new KeptLog());
    const numbers = Array.from({ length: COMPLETIONS }, (_, number) => number);
    const place = (number: number) => ({
      dueDate: `2026-01-${String((number % 28) + 1).padStart(2, "0")}`,
      checklistId: list,
      id: idFrom(number),
    });
    const places = numbers.map(place);
    await boundedly(places, AT_ONCE, (each) => index.add(each, 1));
    await boundedly(places, AT_ONCE, (each) => index.remove(each, 1));
    await session.close();
    await shownOf(list);
    const startedAt = performance.now();
    expect(await shownOf(list)).toEqual([task.id]);
    const ms = performance.now() - startedAt;
    note(`the agenda of a list on Cassandra after ${COMPLETIONS} completions: ${ms.toFixed(0)} ms`);
    expect(ms).toBeLessThan(READ_MS_MAX);
  },
  LONG_DEADLINE_MS,
);

test(
  `more than ${AGENDA_CHECKLISTS_MAX} checklists are too many, unless one is named`,
  async () => {
    const list = await newList();
    const { rows } = await execute("SELECT id FROM checklist");
    const add = () =>
      execute("INSERT INTO checklist (id, name, created_at, version) VALUES (?, 'x', ?, 1)", [
        newId(),
        new Date(NOW),
      ]);
    const missing = Array.from({ length: AGENDA_CHECKLISTS_MAX - rows.length }, add);
    await Promise.all(missing);
    expect((await store.listDue({ until: "2020-01-01" }, 10))?.items).toEqual([]);
    await add();
    const refused = await thrownBy(() => store.listDue({ until: "2020-01-01" }, 10));
    expect(refused).toMatchObject({ code: "too-many-checklists" });
    expect(await shownOf(list)).toEqual([]);
  },
  LONG_DEADLINE_MS,
);
