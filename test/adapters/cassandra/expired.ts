import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { errors } from "cassandra-driver";
import type { TrashExpiry } from "../../../src/adapters/cassandra/trash-expiry.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import {
  createChecklist,
  createTask,
  deleteTask,
  discardTask,
  restoreTask,
} from "../../../src/application/commands.ts";
import type { Store } from "../../../src/application/store.ts";
import { newChecklist } from "../../../src/domain/checklist.ts";
import { newTask, type Task } from "../../../src/domain/task.ts";
import { taskRefText } from "../../../src/domain/task-ref.ts";
import { stayInTrash } from "../../../src/domain/trash.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import type { Keyspace } from "../../support/cassandra/keyspace.ts";
import { allRows } from "../../support/cassandra/pages.ts";
import { openPair, type Pair } from "../../support/cassandra/pair.ts";
import { CASSANDRA_START_DEADLINE_MS } from "../../support/cassandra/shared.ts";
import type { Statements } from "../../support/cassandra/statements.ts";
import { keyed, trashOf } from "./restorations.ts";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** How the statement begins that removes tasks: of several with a time, or of one on the condition of its version. */
export const REMOVES = {
  byTime: "DELETE FROM todo USING TIMESTAMP",
  byVersion: "DELETE FROM todo WHERE checklist_id = ? AND id = ? IF version",
} as const;
/** And the one that drops their records. */
const FORGET = "DELETE FROM purge_queue";
const timesOut = () => Reflect.construct(errors.OperationTimedOutError, ["planted", "127.0.0.1"]) as Error;

/** What every write changes, and what says that a task is in the trash, or on its way. */
const CHANGING = new Set([
  "version",
  "write_id",
  "earlier_write_ids",
  "deleted_at",
  "trash_record",
  "transit",
  "restoration",
]);

/** A task of a series that has everything that a task can have. */
function everything(checklistId: string): Readonly<Record<string, unknown>> {
  const ref = taskRefText({ checklistId, id: Bun.randomUUIDv7() });
  return {
    checklist_id: checklistId,
    id: Bun.randomUUIDv7(),
    task: "Water the plants",
    completed: true,
    status: "completed",
    priority: "high",
    description: "All of them",
    due_date: "2026-01-31",
    labels: '["home","green"]',
    rank: "V",
    repeat: "FREQ=DAILY",
    repeat_from: "completion",
    completed_at: new Date(3),
    previous: ref,
    next: ref,
    next_due: "",
    created_at: new Date(1),
    updated_at: new Date(2),
    version: 1,
    write_id: "first",
    creation: '["POST","a key","an owner"]',
  };
}

/**
 * Tasks whose time in the trash is up, while the instance that removes them dies or is slow, or others come in between,
 * with each interleaving forced.
 */
export function expiryUnderFaults(
  name: string,
  open: () => Promise<Keyspace>,
  removal: (typeof REMOVES)[keyof typeof REMOVES],
): void {
  describe(`tasks whose time in the trash is up, on ${name}`, () => {
    let keyspace: Keyspace;
    let pair: Pair;
    let store: Store;
    /** Another, undisturbed instance. */
    let other: Store;
    let statements: Statements;

    beforeAll(async () => {
      keyspace = await open();
      pair = await openPair(keyspace.settings);
      ({ store, other, statements } = pair);
      // Only a test says when something is removed.
      for (const each of [store, other]) clearInterval(Reflect.get(expiryOf(each), "timer"));
    }, CASSANDRA_START_DEADLINE_MS);
    afterAll(async () => {
      await pair?.[Symbol.asyncDispose]();
      await keyspace?.[Symbol.asyncDispose]();
    });

    const expiryOf = (by: Store) => Reflect.get(by, "expiry") as TrashExpiry;
    const expireBy = (by: Store) => expiryOf(by).everything();
    const idsIn = async (cql: string, list: string) =>
      (await allRows(keyspace.client, cql)).filter((row) => row.checklist_id === list);
    const left = async (list: string) =>
      (await idsIn("SELECT checklist_id, id FROM todo", list)).map(({ id }) => String(id));
    const recordsOf = (list: string) => idsIn("SELECT checklist_id FROM purge_queue", list);

    /** Three, in the order in which they go. @param createdAt before any key by default */
    async function overdue(createdAt = 1): Promise<readonly [Task, Task, Task]> {
      const list = await storedList();
      const tasks: Task[] = [];
      for (let n = 0; n < 3; n++) {
        const task = newTask(list, Bun.randomUUIDv7(), { todo: "x" }, createdAt) as Task;
        await other.write(createTask(ANYONE, task));
        const stay = { deletedAt: Date.now() - DAY_MS, until: Date.now() - MINUTE_MS + n };
        await other.write(deleteTask(ANYONE, list, task.id, UNGUARDED, stay));
        tasks.push(task);
      }
      return tasks as [Task, Task, Task];
    }

    /** @returns the only task of a list, to be removed next */
    async function overdueWith(cells: Readonly<Record<string, unknown>>) {
      const columns = Object.keys(cells);
      const query = `INSERT INTO todo (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
      await keyspace.client.execute(query, Object.values(cells), { prepare: true });
      const [list, id] = [String(cells.checklist_id), String(cells.id)];
      const stay = { deletedAt: Date.now() - DAY_MS, until: Date.now() - MINUTE_MS };
      const before = await other.findTask(list, id);
      expect(await other.write(deleteTask(ANYONE, list, id, UNGUARDED, stay))).toEqual({
        outcome: "written",
        row: undefined,
      });
      return { list, id, before };
    }

    async function storedList(): Promise<string> {
      const list = newChecklist(Bun.randomUUIDv7(), "a list", Date.now());
      await other.write(createChecklist(ANYONE, list));
      return list.id;
    }

    /** Every column of a task that its list's readers may see, or that its series and its key need. */
    async function cellsOf(list: string): Promise<Record<string, unknown>> {
      const [row] = await idsIn("SELECT * FROM todo", list);
      const columns = await allRows(
        keyspace.client,
        "SELECT column_name, kind FROM system_schema.columns WHERE keyspace_name = ? AND table_name = 'todo'",
        [keyspace.settings.keyspace],
        { prepare: true },
      );
      const names = columns.filter(({ kind }) => kind !== "static").map((each) => String(each.column_name));
      const lasting = names.filter((column) => !CHANGING.has(column));
      return Object.fromEntries(lasting.map((column) => [column, row?.[column] ?? "absent"]));
    }

    /** Removes what is over, and `meanwhile` is done to it between being read and being removed. */
    async function expireBeside(meanwhile: () => Promise<unknown>): Promise<void> {
      const removing = statements.trap(removal, "wait");
      const expiring = expireBy(store);
      await removing.sprung;
      await meanwhile();
      await removing.release();
      await expiring;
    }

    const intoTrashAgain = (list: string, id: string) =>
      other.write(deleteTask(ANYONE, list, id, UNGUARDED, stayInTrash(3, Date.now())));
    const restored = (list: string, id: string) => other.write(restoreTask(ANYONE, list, id, UNGUARDED));
    const restoredUnderKey = (list: string, id: string) =>
      trashOf(other, { now: Date.now }).restoreTask(ANYONE, list, id, UNGUARDED, keyed());

    async function expectGone({ checklistId }: Task): Promise<void> {
      expect(await left(checklistId)).toEqual([]);
      expect(await recordsOf(checklistId)).toEqual([]);
    }

    test("go, also those that a key may still be asked for", async () => {
      const [old] = await overdue();
      const [young] = await overdue(Date.now());
      await expireBy(store);
      await expectGone(old);
      await expectGone(young);
    });

    test("stay if they are restored at the last moment, and the others of their list go", async () => {
      const [first] = await overdue();
      const { checklistId, id } = first;
      const removing = statements.trap(removal, "wait");
      const expiring = expireBy(store);
      await removing.sprung;
      const restored = { ...first, version: 3 };
      expect(await other.write(restoreTask(ANYONE, checklistId, id, UNGUARDED))).toEqual({
        outcome: "written",
        row: restored,
      });
      await removing.release();
      await expiring;
      expect(await left(checklistId)).toEqual([id]);
      expect(await other.findTask(checklistId, id)).toStrictEqual(restored);
      expect(await recordsOf(checklistId)).toEqual([]);
    });

    for (const [how, restore] of [
      ["", restored],
      [" under a key", restoredUnderKey],
    ] as const) {
      test(`stay with every cell that they have if they are restored${how} before they are removed`, async () => {
        const { list, id, before } = await overdueWith(everything(await storedList()));
        const cells = await cellsOf(list);
        expect(Object.values(cells)).not.toContain("absent");
        await expireBeside(() => restore(list, id));
        expect(await cellsOf(list)).toEqual(cells);
        expect(await other.findTask(list, id)).toStrictEqual({ ...(before as Task), version: 3 });
        expect(await recordsOf(list)).toEqual([]);
      });
    }

    test("are restored as they are by then, also what changes without a version", async () => {
      const { list, id } = await overdueWith(everything(await storedList()));
      const restoring = statements.trap("UPDATE todo SET deleted_at", "wait");
      const restoration = store.write(restoreTask(ANYONE, list, id, UNGUARDED));
      await restoring.sprung;
      const write = "UPDATE todo SET next_due = 'maker' WHERE checklist_id = ? AND id = ? IF EXISTS";
      await keyspace.client.execute(write, [list, id], { prepare: true });
      await restoring.release();
      expect(await restoration).toMatchObject({ outcome: "written", row: { version: 3 } });
      expect(await cellsOf(list)).toMatchObject({ next_due: "maker" });
    });

    test("stay in the trash if they are restored and deleted again before they are removed", async () => {
      const { list, id } = await overdueWith(everything(await storedList()));
      const cells = await cellsOf(list);
      await expireBeside(async () => {
        await restored(list, id);
        await intoTrashAgain(list, id);
      });
      expect(await other.findTrashedTask(list, id)).toMatchObject({ row: { version: 4 } });
      expect(await recordsOf(list)).toHaveLength(1);
      await restored(list, id);
      expect(await cellsOf(list)).toEqual(cells);
    });

    test("are gone if somebody deletes them for good before they are removed", async () => {
      const { list, id } = await overdueWith(everything(await storedList()));
      await expireBeside(() => other.write(discardTask(ANYONE, list, id, UNGUARDED)));
      expect(await left(list)).toEqual([]);
      expect(await restored(list, id)).toEqual({ outcome: "missing" });
    });

    test("are gone, whatever was written to them in the trash", async () => {
      const { list, id } = await overdueWith(everything(await storedList()));
      const write = "UPDATE todo SET earlier_write_ids = 'late' WHERE checklist_id = ? AND id = ? IF EXISTS";
      await keyspace.client.execute(write, [list, id], { prepare: true });
      await expireBy(store);
      expect(await left(list)).toEqual([]);
      expect(await restored(list, id)).toEqual({ outcome: "missing" });
    });

    test("are gone, though nobody but the one who deleted them wrote a version", async () => {
      const row = { checklist_id: await storedList(), id: Bun.randomUUIDv7(), task: "from before" };
      const { list } = await overdueWith(row);
      await expireBy(store);
      expect(await left(list)).toEqual([]);
    });

    for (const [sent, when] of [
      ["before", "was carried out"],
      ["late", "was carried out late"],
      ["never", "was never carried out"],
    ] as const) {
      test(`are gone after the next check, where a removal got no answer and ${when}`, async () => {
        const [first] = await overdue();
        const removing = statements.trap(removal, { fails: timesOut, sent });
        await expireBy(store);
        await removing.sprung;
        if (sent === "late") await removing.release();
        await expireBy(other);
        await expectGone(first);
      });
    }

    test("are forgotten by the next check, where an instance died after removing them", async () => {
      const [first] = await overdue();
      const dying = statements.trap(FORGET, { fails: () => new TypeError("planted"), sent: "never" });
      await expireBy(store);
      await dying.sprung;
      expect(await recordsOf(first.checklistId)).not.toEqual([]);
      await expireBy(other);
      await expectGone(first);
    });

    test("are left to the instance that is removing them", async () => {
      const [first] = await overdue();
      const removing = statements.trap(removal, "wait");
      const expiring = expireBy(store);
      await removing.sprung;
      await expireBy(other);
      expect(await left(first.checklistId)).toHaveLength(3);
      await removing.release();
      await expiring;
      await expectGone(first);
    });
  });
}
