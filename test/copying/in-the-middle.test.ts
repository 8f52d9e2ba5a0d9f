import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openCassandraRows, openCassandraRowWriter } from "../../src/adapters/cassandra/copying/open.ts";
import { type CassandraStore, openCassandraStore } from "../../src/adapters/cassandra/store.ts";
import { loadRecurrenceDates } from "../../src/adapters/recurrence/load.ts";
import { openSqliteRows } from "../../src/adapters/sqlite/copying/reader.ts";
import { openSqliteRowWriter } from "../../src/adapters/sqlite/copying/writer.ts";
import { ANYONE } from "../../src/application/caller.ts";
import { Checklists } from "../../src/application/checklists.ts";
import { changeTask, createChecklist, createTask, deleteChecklist } from "../../src/application/commands.ts";
import type { Kept, RowReader, RowWriter } from "../../src/application/copy/ports.ts";
import { type CopyStep, type Finish, finishCopy } from "../../src/application/copy.ts";
import { MemoryFeed } from "../../src/application/feed.ts";
import type { ChangeFeed } from "../../src/application/ports.ts";
import type { Store } from "../../src/application/store.ts";
import { Tasks } from "../../src/application/tasks.ts";
import { Trash } from "../../src/application/trash.ts";
import { newChecksum } from "../../src/commands/support/copying.ts";
import { type Checklist, newChecklist } from "../../src/domain/checklist.ts";
import { newTask, type Task } from "../../src/domain/task.ts";
import { stayInTrash } from "../../src/domain/trash.ts";
import { UNGUARDED } from "../../src/domain/version.ts";
import { KeptLog, KeptMeter, openStore, scratchFolder } from "../adapters/sqlite/support.ts";
import type { Cluster } from "../support/cassandra/cluster.ts";
import { freshKeyspace, type Keyspace } from "../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../support/cassandra/shared.ts";
import { Statements } from "../support/cassandra/statements.ts";

const DEADLINE_MS = 120_000;
/** An instance notes within a quarter of a second what it has written. */
const NOTED_MS = 500;
const clock = { now: Date.now };
const ids = { next: () => Bun.randomUUIDv7() };

let cluster: Cluster;
/** What is copied. */
let keyspace: Keyspace;
beforeAll(async () => {
  cluster = await sharedCassandra();
  keyspace = await freshKeyspace(cluster);
}, CASSANDRA_START_DEADLINE_MS);
afterAll(() => keyspace?.[Symbol.asyncDispose]());

function opened(): Promise<CassandraStore> {
  const { settings } = keyspace;
  return openCassandraStore({ settings, log: new KeptLog(), meter: new KeptMeter(), clock });
}

function finished(
  source: RowReader,
  target: RowWriter,
  pauseMs: number,
  onStep: (step: CopyStep) => void = () => undefined,
): Promise<Finish> {
  const stop = new AbortController().signal;
  const pause = () => Bun.sleep(pauseMs);
  const onDifference = () => undefined;
  return finishCopy({ source, target, clock, ids, newChecksum, stop, pause, onStep, onDifference });
}

async function tasksIn(rows: RowReader, list: string): Promise<readonly Kept<Task>[]> {
  return (await rows.tasksAfter(list, undefined, 200)).items;
}

describe("a copy of a keyspace whose instance died while it completed repeating tasks", () => {
  const INSERT = "INSERT INTO todo";
  const MARK = "UPDATE todo SET next_due";
  const dies = { fails: () => new TypeError("the end"), sent: "never" } as const;

  /** Completes a new task, and dies at the statement. @returns the ids of the task and the next one, in order */
  async function diedAt(store: Store, statements: Statements, list: string, at: string): Promise<string[]> {
    const members = { todo: "Water the plants", dueDate: "2026-03-01", repeat: "FREQ=DAILY" };
    const task = newTask(list, ids.next(), members, Date.now()) as Task;
    await store.write(createTask(ANYONE, task));
    const next = { id: ids.next(), dueDate: "2026-03-02", repeat: "FREQ=DAILY" };
    const edit = { change: { completed: true }, pinned: false };
    const end = statements.trap(at, dies);
    const completing = store.write(
      changeTask(ANYONE, list, task.id, edit, UNGUARDED, Date.now(), { forVersion: 1, next }),
    );
    await expect(completing).rejects.toBeInstanceOf(TypeError);
    await end.sprung;
    return [task.id, next.id];
  }

  for (const to of ["a file", "a keyspace"] as const) {
    test(
      `to ${to}: has exactly one next task of each, in lists that are in the trash too`,
      async () => {
        using folder = scratchFolder();
        await using other = to === "a file" ? undefined : await freshKeyspace(cluster);
        const store = await opened();
        const statements = new Statements(store);
        const [list, trashed] = [newChecklist(ids.next(), "a", 1), newChecklist(ids.next(), "b", 1)];
        for (const row of [list, trashed]) await store.write(createChecklist(ANYONE, row));
        const wanted = [
          ...(await diedAt(store, statements, list.id, INSERT)),
          ...(await diedAt(store, statements, list.id, MARK)),
        ];
        const inTrash = await diedAt(store, statements, trashed.id, INSERT);
        const stay = stayInTrash(3, Date.now());
        await store.write(deleteChecklist(ANYONE, trashed.id, UNGUARDED, stay));

        await using source = await openCassandraRows(keyspace.settings, "source");
        await using target =
          other === undefined
            ? openSqliteRowWriter(folder.file("b.db"), clock.now())
            : await openCassandraRowWriter(other.settings, "target", clock.now());
        expect((await finished(source, target, 0)).outcome).toBe("equal");
        for (const [id, expected] of [
          [list.id, wanted],
          [trashed.id, inTrash],
        ] as const) {
          const rows = await tasksIn(target, id);
          expect(rows.map((row) => row.id)).toEqual(expected);
          for (const [at, row] of rows.entries())
            expect(row).toMatchObject(
              at % 2 === 0
                ? { status: "completed", next: { id: expected[at + 1] } }
                : { status: "pending", dueDate: "2026-03-02", previous: { id: expected[at - 1] } },
            );
        }
        // The source has the same: nobody who reads it later makes another one.
        expect((await store.listTasks(list.id, {}, undefined, 100))?.items.map(({ id }) => id)).toEqual(
          wanted,
        );
        await store.close();
      },
      DEADLINE_MS,
    );
  }
});

/** A store that is copied while it is used. */
interface Source extends AsyncDisposable {
  readonly store: Store;
  readonly feed: ChangeFeed;
  rows(): Promise<RowReader>;
}

async function onFile(path: string): Promise<Source> {
  const { store } = await openStore(path, { clock });
  const rows = async () => openSqliteRows(path);
  return { store, feed: new MemoryFeed("m"), rows, [Symbol.asyncDispose]: () => store.close() };
}

async function onCluster(): Promise<Source> {
  const store = await opened();
  const feed = store.feed();
  const dispose = async () => {
    await feed.close();
    await store.close();
  };
  const rows = () => openCassandraRows(keyspace.settings, "source");
  return { store, feed, rows, [Symbol.asyncDispose]: dispose };
}

for (const from of ["a file", "a cluster"] as const) {
  test(
    `from ${from} in use: tasks that move, go into the trash and come back between two reads end in one place each`,
    async () => {
      using folder = scratchFolder();
      await using source = await (from === "a file" ? onFile(folder.file("a.db")) : onCluster());
      const { store, feed } = source;
      const deps = { store, feed, clock, ids, random: Math.random, trashDays: 3, loadRecurrenceDates };
      const [lists, tasks, trash] = [new Checklists(deps), new Tasks(deps), new Trash(deps)];
      const made = async (name: string): Promise<Checklist> => {
        const creation = await lists.create(ANYONE, name);
        if (creation.outcome !== "created") throw new Error(creation.outcome);
        return creation.row;
      };
      const [a, b, c] = [(await made("a")).id, (await made("b")).id, (await made("c")).id];
      const task = async (list: string): Promise<string> => {
        const creation = await tasks.create(ANYONE, list, { todo: "x", dueDate: "2030-01-31" });
        if (creation.outcome !== "created") throw new Error(creation.outcome);
        return creation.row.id;
      };
      const move = (id: string, list: string, to: string) =>
        tasks.change(ANYONE, list, id, { change: {}, pinned: false, to }, UNGUARDED);
      const remove = (id: string, list: string) => tasks.remove(ANYONE, list, id, UNGUARDED);
      const restore = (id: string, list: string) => trash.restoreTask(ANYONE, list, id, UNGUARDED);
      const inA = [];
      for (let at = 0; at < 6; at++) inA.push(await task(a));
      const [goes, late, dropped, back, stays, there] = inA as [
        string,
        string,
        string,
        string,
        string,
        string,
      ];
      const comes = await task(b);
      const ofC = await task(c);
      await remove(back, a);

      /** Between the reads of the two lists: one task is read in both, another in neither. */
      async function betweenReads(): Promise<void> {
        await move(goes, a, b);
        await move(comes, b, a);
        await remove(dropped, a);
        await restore(back, a);
        await move(there, a, b);
        await remove(there, b);
        await lists.remove(ANYONE, c, UNGUARDED);
      }
      async function whileComparing(): Promise<void> {
        await move(late, a, b);
        await trash.restoreChecklist(ANYONE, c, UNGUARDED);
      }

      await using rows = await source.rows();
      await using target = openSqliteRowWriter(folder.file("b.db"), clock.now());
      const read = Promise.withResolvers<void>();
      let step: CopyStep["step"] = "copying";
      let half: string[] | undefined;
      const disturbed = new Proxy<RowReader>(rows, {
        get(reader, member) {
          const value: unknown = Reflect.get(reader, member, reader);
          if (member !== "tasksAfter") return typeof value === "function" ? value.bind(reader) : value;
          return async (...where: Parameters<RowReader["tasksAfter"]>) => {
            const [list] = where;
            if (list === b) await read.promise;
            const page = await reader.tasksAfter(...where);
            if (list === a && step === "copying" && half === undefined) {
              await betweenReads();
              half = [];
              read.resolve();
            } else if (list === a && step === "comparing" && half?.length === 0) {
              half = (await Promise.all([a, b].map((each) => tasksIn(target, each))))
                .flat()
                .map(({ id }) => id);
              await whileComparing();
            }
            return page;
          };
        },
      });
      const end = await finished(disturbed, target, NOTED_MS, (now) => {
        step = now.step;
      });
      expect(end.outcome).toBe("equal");
      // The first pass has one of them twice, and misses the other: both were in the middle of it.
      expect(half?.filter((id) => id === goes)).toHaveLength(2);
      expect(half).not.toContain(comes);
      const live = async (list: string) =>
        (await tasksIn(target, list)).filter((row) => !row.trash).map(({ id }) => id);
      const gone = async (list: string) =>
        (await tasksIn(target, list)).filter((row) => row.trash).map(({ id }) => id);
      expect([await live(a), await gone(a)]).toEqual([[back, stays, comes], [dropped]]);
      expect([await live(b), await gone(b)]).toEqual([[goes, late], [there]]);
      expect([await live(c), (await target.checklistsById([c])).get(c)?.trash]).toEqual([[ofC], undefined]);
    },
    DEADLINE_MS,
  );
}
