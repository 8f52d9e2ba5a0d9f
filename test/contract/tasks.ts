import { expect, test } from "bun:test";
import { ANYONE } from "../../src/application/caller.ts";
import { changeTask, createTask, deleteTask } from "../../src/application/commands.ts";
import type { Store } from "../../src/application/store.ts";
import { UNGUARDED } from "../../src/domain/version.ts";
import { NOW, newId, someTask, storedChecklist, storedTask } from "./rows.ts";

export function taskContract(store: () => Store): void {
  test("a task is found as it was created, with and without its optional members", async () => {
    const checklistId = (await storedChecklist(store())).id;
    const bare = await storedTask(store(), { checklistId });
    const full = await storedTask(store(), {
      checklistId,
      status: "in_progress",
      priority: "high",
      description: "first line\nsecond 🎉",
      dueDate: "2026-02-28",
      labels: ["Errand", "家"],
      rank: "0190a0b0-~",
    });
    expect(await store().findTask(checklistId, bare.id)).toStrictEqual(bare);
    expect(await store().findTask(checklistId, full.id)).toStrictEqual(full);
  });

  test("a task in a checklist that does not exist is not stored", async () => {
    const row = someTask({ checklistId: newId() });
    expect(await store().write(createTask(ANYONE, row))).toEqual({ outcome: "missing" });
    expect(await store().findTask(row.checklistId, row.id)).toBeUndefined();
  });

  test("a task is not found under another checklist", async () => {
    const [one, other] = [await storedChecklist(store()), await storedChecklist(store())];
    const task = await storedTask(store(), { checklistId: one.id });
    expect(await store().findTask(other.id, task.id)).toBeUndefined();
    expect((await store().write(deleteTask(ANYONE, other.id, task.id, UNGUARDED))).outcome).toBe("missing");
    expect(await store().findTask(one.id, task.id)).toStrictEqual(task);
  });

  test("a change is applied to the stored row; null removes a member", async () => {
    const checklistId = (await storedChecklist(store())).id;
    const task = await storedTask(store(), { checklistId, description: "long", dueDate: "2026-02-28" });
    const edit = { change: { completed: true, description: null }, pinned: false };
    const { description: _, ...rest } = task;
    const row = {
      ...rest,
      status: "completed",
      completedAt: NOW + 1,
      updatedAt: NOW + 1,
      version: 2,
    } as const;
    const written = await store().write(changeTask(ANYONE, checklistId, task.id, edit, UNGUARDED, NOW + 1));
    expect(written).toStrictEqual({ outcome: "written", row, from: "pending" });
    expect(await store().findTask(checklistId, task.id)).toStrictEqual(row);
  });

  test("a change of rank is kept until the next one", async () => {
    const checklistId = (await storedChecklist(store())).id;
    const task = await storedTask(store(), { checklistId });
    for (const [version, change] of [
      [2, { rank: "0190a0b0-~" }],
      [3, { todo: "Buy milk" }],
    ] as const) {
      const edit = { change, pinned: false };
      await store().write(changeTask(ANYONE, checklistId, task.id, edit, UNGUARDED, NOW));
      const row = { ...task, rank: "0190a0b0-~", version };
      expect(await store().findTask(checklistId, task.id)).toStrictEqual(row);
    }
  });

  test("labels are replaced as a whole; null or none at all removes them", async () => {
    const checklistId = (await storedChecklist(store())).id;
    const { labels: _, ...task } = await storedTask(store(), { checklistId, labels: ["a", "b"] });
    let version = 1;
    for (const labels of [["c"], null, ["d", "e"], []]) {
      const edit = { change: { labels }, pinned: false };
      await store().write(changeTask(ANYONE, checklistId, task.id, edit, UNGUARDED, NOW));
      version++;
      const row = { ...task, ...(labels && labels.length > 0 ? { labels } : {}), version };
      expect(await store().findTask(checklistId, task.id)).toStrictEqual(row);
    }
  });

  test("a change that the domain refuses is not stored, and the violation comes back", async () => {
    const checklistId = (await storedChecklist(store())).id;
    const task = await storedTask(store(), { checklistId });
    const edit = { change: { completed: true, status: "pending" }, pinned: false } as const;
    const refused = await store().write(changeTask(ANYONE, checklistId, task.id, edit, UNGUARDED, NOW));
    expect(refused).toMatchObject({ outcome: "refused", violation: { pointer: "/completed" } });
    expect(await store().findTask(checklistId, task.id)).toStrictEqual(task);
  });

  test("a guard that does not hold changes and deletes no task, and returns the version", async () => {
    const checklistId = (await storedChecklist(store())).id;
    const task = await storedTask(store(), { checklistId });
    const edit = { change: { todo: "x" }, pinned: true };
    const stale = { outcome: "stale", version: 1 } as const;
    expect(await store().write(changeTask(ANYONE, checklistId, task.id, edit, { anyOf: [7] }, NOW))).toEqual(
      stale,
    );
    expect(await store().write(deleteTask(ANYONE, checklistId, task.id, { noneOf: [1] }))).toEqual(stale);
    expect(await store().findTask(checklistId, task.id)).toStrictEqual(task);
  });

  test("a deleted task is gone, and missing a second time", async () => {
    const checklistId = (await storedChecklist(store())).id;
    const { id } = await storedTask(store(), { checklistId });
    expect((await store().write(deleteTask(ANYONE, checklistId, id, { anyOf: [1] }))).outcome).toBe(
      "written",
    );
    expect(await store().findTask(checklistId, id)).toBeUndefined();
    expect((await store().write(deleteTask(ANYONE, checklistId, id, UNGUARDED))).outcome).toBe("missing");
  });
}
