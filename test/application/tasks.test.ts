import { describe, expect, test } from "bun:test";
import { ANYONE } from "../../src/application/caller.ts";
import type { Creation } from "../../src/application/idempotency.ts";
import { INBOX_ID } from "../../src/domain/checklist.ts";
import { TASK_STATUSES, type Task } from "../../src/domain/task.ts";
import { thrownBy } from "../adapters/sqlite/support.ts";
import { START, type UseCases, useCases } from "./use-cases.ts";

const NO_TASK = { code: "not-found", message: "No such task." };
const NO_LIST = { code: "not-found", message: "No such checklist." };
const NOWHERE = "0190a0b0-0000-7000-8000-00000000dead";

function rowOf(creation: Creation<Task>): Task {
  if (creation.outcome === "created") return creation.row;
  throw new Error("a replay has no row");
}

function never(): never {
  throw new Error("too few rows");
}

async function made(app: UseCases, checklistId = INBOX_ID): Promise<Task> {
  return rowOf(await app.tasks.create(ANYONE, checklistId, { todo: "Buy milk" }));
}

function edit(change: Record<string, unknown>, pinned = false) {
  return { change, pinned };
}

describe("tasks", () => {
  test("are created in a list, found only there, and announced with it", async () => {
    await using app = await useCases();
    const row = rowOf(await app.tasks.create(ANYONE, INBOX_ID, { todo: " Buy milk ", priority: "high" }));
    expect(row).toMatchObject({ todo: "Buy milk", priority: "high", createdAt: START, version: 1 });
    expect(await app.tasks.find(INBOX_ID, row.id)).toStrictEqual(row);
    const list = await app.checklists.create(ANYONE, "Other");
    expect(list.outcome === "created" && (await app.tasks.find(list.row.id, row.id))).toBeUndefined();
    expect(app.changes[0]).toEqual({
      type: "task.created",
      checklistId: INBOX_ID,
      taskId: row.id,
      version: 1,
    });
  });

  test("need a list that exists", async () => {
    await using app = await useCases();
    expect(await thrownBy(() => app.tasks.create(ANYONE, NOWHERE, { todo: "x" }))).toMatchObject(NO_LIST);
    expect(await app.tasks.list(NOWHERE, {}, undefined, 10)).toBeUndefined();
    expect(app.changes).toEqual([]);
  });

  test("are refused, and not stored, if completed and status disagree", async () => {
    await using app = await useCases();
    const refusal = await thrownBy(() =>
      app.tasks.create(ANYONE, INBOX_ID, { todo: "x", completed: true, status: "pending" }),
    );
    expect(refusal).toMatchObject({ code: "validation-failed", violations: [{ pointer: "/completed" }] });
    expect(await app.tasks.list(INBOX_ID, {}, undefined, 10)).toEqual({ items: [] });
    expect(app.changes).toEqual([]);
  });

  test("are listed page by page, and filtered", async () => {
    await using app = await useCases();
    const rows: Task[] = [];
    for (const status of TASK_STATUSES)
      rows.push(rowOf(await app.tasks.create(ANYONE, INBOX_ID, { todo: "x", status })));
    const [, second = never(), third = never()] = rows;
    expect(await app.tasks.list(INBOX_ID, {}, undefined, 2)).toEqual({
      items: rows.slice(0, 2),
      next: second.id,
    });
    expect(await app.tasks.list(INBOX_ID, {}, second.id, 2)).toEqual({ items: [third] });
    expect(await app.tasks.list(INBOX_ID, { completed: true }, undefined, 10)).toEqual({ items: [third] });
  });

  test("are changed at the time of the clock, and announced with their version", async () => {
    await using app = await useCases();
    const { id } = await made(app);
    app.clock.nowMs += 7;
    const row = await app.tasks.change(ANYONE, INBOX_ID, id, edit({ completed: true }), { anyOf: [1] });
    expect(row).toMatchObject({ status: "completed", version: 2, createdAt: START, updatedAt: START + 7 });
    expect(await app.tasks.find(INBOX_ID, id)).toStrictEqual(row);
    const change = { type: "task.updated", checklistId: INBOX_ID, taskId: id, version: 2 } as const;
    expect(app.changes.at(-1)).toEqual(change);
  });

  test("are compared with the stored row if the client named its version, refused if it did not", async () => {
    await using app = await useCases();
    const { id } = await made(app);
    const both = { completed: true, status: "pending" };
    const refusal = await thrownBy(() => app.tasks.change(ANYONE, INBOX_ID, id, edit(both), {}));
    expect(refusal).toMatchObject({ code: "validation-failed", violations: [{ pointer: "/completed" }] });
    expect(await app.tasks.change(ANYONE, INBOX_ID, id, edit(both, true), { anyOf: [1] })).toMatchObject({
      status: "completed",
      version: 2,
    });
    expect(app.changes.map(({ type }) => type)).toEqual(["task.created", "task.updated"]);
  });

  test("that changed since are not changed or removed, and nothing is announced", async () => {
    await using app = await useCases();
    const { id } = await made(app);
    const failed = { code: "precondition-failed" };
    const stale = { anyOf: [9] };
    expect(await thrownBy(() => app.tasks.change(ANYONE, INBOX_ID, id, edit({}), stale))).toMatchObject(
      failed,
    );
    expect(await thrownBy(() => app.tasks.remove(ANYONE, INBOX_ID, id, stale))).toMatchObject(failed);
    expect(await app.tasks.find(INBOX_ID, id)).toMatchObject({ version: 1 });
    expect(app.changes).toHaveLength(1);
  });

  test("are removed once, and announced without a version", async () => {
    await using app = await useCases();
    const { id } = await made(app);
    await app.tasks.remove(ANYONE, INBOX_ID, id, { anyOf: [1] });
    expect(app.changes.at(-1)).toEqual({ type: "task.deleted", checklistId: INBOX_ID, taskId: id });
    expect(await app.tasks.find(INBOX_ID, id)).toBeUndefined();
    expect(await thrownBy(() => app.tasks.remove(ANYONE, INBOX_ID, id, {}))).toMatchObject(NO_TASK);
    expect(await thrownBy(() => app.tasks.change(ANYONE, INBOX_ID, id, edit({}), {}))).toMatchObject(NO_TASK);
    expect(app.changes).toHaveLength(2);
  });

  test("are deleted with their list", async () => {
    await using app = await useCases();
    const list = await app.checklists.create(ANYONE, "Short-lived");
    if (list.outcome !== "created") throw new Error("not created");
    const row = await made(app, list.row.id);
    await app.checklists.remove(ANYONE, list.row.id, {});
    expect(await app.tasks.find(list.row.id, row.id)).toBeUndefined();
    expect(await thrownBy(() => made(app, list.row.id))).toMatchObject(NO_LIST);
  });

  test("written by many with one version are written by exactly one", async () => {
    await using app = await useCases();
    const { id } = await made(app);
    const ends = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) =>
        app.tasks.change(ANYONE, INBOX_ID, id, edit({ todo: `${n}` }), { anyOf: [1] }),
      ),
    );
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(app.changes).toHaveLength(2);
  });
});
