import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { errors } from "cassandra-driver";
import { ANYONE } from "../../../src/application/caller.ts";
import { changeTask, createChecklist, createTask, deleteTask } from "../../../src/application/commands.ts";
import type { Store } from "../../../src/application/store.ts";
import { newChecklist } from "../../../src/domain/checklist.ts";
import type { Task, TaskChange } from "../../../src/domain/task.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import { NOW, newId, someTask } from "../../contract/rows.ts";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { openPair, type Pair } from "../../support/cassandra/pair.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../../support/cassandra/shared.ts";
import type { Statements } from "../../support/cassandra/statements.ts";

const A = "2026-01-01";
const B = "2026-02-02";

let keyspace: Keyspace;
let pair: Pair;
let store: Store;
let statements: Statements;
/** Another instance, whose statements nobody stops. */
let other: Store;

beforeAll(async () => {
  keyspace = await freshKeyspace(await sharedCassandra());
  pair = await openPair(keyspace.settings);
  ({ store, other, statements } = pair);
}, CASSANDRA_START_DEADLINE_MS);

afterAll(async () => {
  await pair?.[Symbol.asyncDispose]();
  await keyspace?.[Symbol.asyncDispose]();
});

async function made(members: Partial<Task> = {}): Promise<Task> {
  const list = newChecklist(newId(), "Due", NOW);
  await other.write(createChecklist(ANYONE, list));
  const task = someTask({ checklistId: list.id, dueDate: A, ...members });
  await other.write(createTask(ANYONE, task));
  return task;
}

const change = (by: Store, { checklistId, id }: Task, members: TaskChange) =>
  by.write(changeTask(ANYONE, checklistId, id, { change: members, pinned: false }, UNGUARDED, NOW));

/** As `date@version`. */
async function entriesOf({ checklistId }: Task): Promise<string[]> {
  const { rows } = await keyspace.client.execute(
    "SELECT due_date, version FROM task_due WHERE checklist_id = ?",
    [checklistId],
    { prepare: true },
  );
  return rows.map(({ due_date, version }) => `${due_date}@${version}`);
}

const timedOut = () => new errors.OperationTimedOutError("lost");
const UPDATE = "UPDATE todo";
const ADD = "INSERT INTO task_due";
const REMOVE = "DELETE FROM task_due";

describe("the table of open tasks by due date", () => {
  test("follows what becomes of a task, and knows nothing of those without a date", async () => {
    const task = await made();
    expect(await entriesOf(task)).toEqual([`${A}@1`]);
    await change(store, task, { todo: "Other words" });
    expect(await entriesOf(task)).toEqual([`${A}@1`]);
    await change(store, task, { dueDate: B });
    expect(await entriesOf(task)).toEqual([`${B}@3`]);
    await change(store, task, { dueDate: A });
    expect(await entriesOf(task)).toEqual([`${A}@4`]);
    await change(store, task, { completed: true });
    expect(await entriesOf(task)).toEqual([]);
    await change(store, task, { dueDate: B });
    expect(await entriesOf(task)).toEqual([]);
    await change(store, task, { completed: false });
    expect(await entriesOf(task)).toEqual([`${B}@7`]);
    await store.write(deleteTask(ANYONE, task.checklistId, task.id, UNGUARDED));
    expect(await entriesOf(task)).toEqual([]);
    const { dueDate: _, ...dateless } = someTask({ checklistId: task.checklistId });
    await store.write(createTask(ANYONE, dateless));
    expect(await entriesOf(task)).toEqual([]);
  });

  test("has the entry before the task has the date: one that can't be written stops the change", async () => {
    const task = await made();
    const trap = statements.trap(ADD, "wait");
    const changed = change(store, task, { dueDate: B });
    await trap.sprung;
    expect((await other.findTask(task.checklistId, task.id))?.dueDate).toBe(A);
    await trap.release();
    await changed;
    for (let attempt = 0; attempt < 3; attempt++) statements.trap(ADD, { fails: timedOut, sent: "never" });
    const failed = change(store, task, { dueDate: A });
    expect(await failed.catch(({ code, undecided }) => [code, undecided])).toEqual([
      "store-unavailable",
      false,
    ]);
    expect((await other.findTask(task.checklistId, task.id))?.dueDate).toBe(B);
    expect(await entriesOf(task)).toEqual([`${B}@2`]);
  });

  test("keeps the old entry of a writer that dies after its change, and the entry of one that lost", async () => {
    const task = await made();
    for (let attempt = 0; attempt < 3; attempt++)
      statements.trap("SELECT version FROM task_due", { fails: timedOut, sent: "never" });
    expect((await change(store, task, { dueDate: B })).outcome).toBe("written");
    expect(await entriesOf(task)).toEqual([`${A}@1`, `${B}@2`]);

    const trap = statements.trap(UPDATE, "wait");
    const lost = change(store, task, { dueDate: A });
    await trap.sprung;
    await change(other, task, { completed: true });
    await trap.release();
    await lost;
    // Its second attempt found the task completed, and left it so.
    expect(await entriesOf(task)).toEqual([`${A}@1`, `${A}@3`]);
  });

  test("is right after an attempt of unknown outcome, applied or not", async () => {
    for (const sent of ["before", "never"] as const) {
      const task = await made();
      statements.trap(UPDATE, { fails: timedOut, sent });
      expect((await change(store, task, { dueDate: B })).outcome).toBe("written");
      expect(await entriesOf(task)).toEqual([`${B}@2`]);
    }
  });

  test("a removal that arrives late hits nothing newer", async () => {
    const task = await made();
    const trap = statements.trap(REMOVE, { fails: timedOut, sent: "late" });
    await change(store, task, { dueDate: B });
    await change(other, task, { dueDate: A });
    await trap.release();
    expect(await entriesOf(task)).toEqual([`${A}@3`]);
  });
});
