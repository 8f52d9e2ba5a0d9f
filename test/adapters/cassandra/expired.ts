import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { errors } from "cassandra-driver";
import type { TrashExpiry } from "../../../src/adapters/cassandra/trash-expiry.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { createChecklist, createTask, deleteTask, restoreTask } from "../../../src/application/commands.ts";
import type { Store } from "../../../src/application/store.ts";
import { newChecklist } from "../../../src/domain/checklist.ts";
import { newTask, type Task } from "../../../src/domain/task.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import type { Keyspace } from "../../support/cassandra/keyspace.ts";
import { openPair, type Pair } from "../../support/cassandra/pair.ts";
import { CASSANDRA_START_DEADLINE_MS } from "../../support/cassandra/shared.ts";
import type { Statements } from "../../support/cassandra/statements.ts";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Of a transaction that removes one or several tasks, and of the statement that drops their records. */
const REMOVAL = "DELETE FROM todo WHERE checklist_id = ? AND id = ? IF version";
const FORGET = "DELETE FROM purge_queue";
const timesOut = () => Reflect.construct(errors.OperationTimedOutError, ["planted", "127.0.0.1"]) as Error;

/**
 * Tasks whose time in the trash is up, while the instance that removes them dies or is slow, or others come in between,
 * with each interleaving forced.
 */
export function expiryUnderFaults(name: string, open: () => Promise<Keyspace>): void {
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
      (await keyspace.client.execute(cql)).rows.filter((row) => row.checklist_id === list);
    const left = async (list: string) =>
      (await idsIn("SELECT checklist_id, id FROM todo", list)).map(({ id }) => String(id));
    const recordsOf = (list: string) => idsIn("SELECT checklist_id FROM purge_queue", list);

    /** Three, in the order in which they go. @param createdAt before any key by default */
    async function overdue(createdAt = 1): Promise<readonly [Task, Task, Task]> {
      const list = newChecklist(Bun.randomUUIDv7(), "a list", Date.now());
      await other.write(createChecklist(ANYONE, list));
      const tasks: Task[] = [];
      for (let n = 0; n < 3; n++) {
        const task = newTask(list.id, Bun.randomUUIDv7(), { todo: "x" }, createdAt) as Task;
        await other.write(createTask(ANYONE, task));
        const stay = { deletedAt: Date.now() - DAY_MS, until: Date.now() - MINUTE_MS + n };
        await other.write(deleteTask(ANYONE, list.id, task.id, UNGUARDED, stay));
        tasks.push(task);
      }
      return tasks as [Task, Task, Task];
    }

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
      const removing = statements.trap(REMOVAL, "wait");
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

    for (const [sent, when] of [
      ["before", "was carried out"],
      ["late", "was carried out late"],
      ["never", "was never carried out"],
    ] as const) {
      test(`are gone after the next check, where a removal got no answer and ${when}`, async () => {
        const [first] = await overdue();
        const removing = statements.trap(REMOVAL, { fails: timesOut, sent });
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
      const removing = statements.trap(REMOVAL, "wait");
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
