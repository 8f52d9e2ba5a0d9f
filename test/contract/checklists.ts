import { expect, test } from "bun:test";
import { ANYONE } from "../../src/application/caller.ts";
import {
  changeChecklist,
  changeTask,
  createChecklist,
  createTask,
  deleteChecklist,
  deleteTask,
} from "../../src/application/commands.ts";
import type { Store } from "../../src/application/store.ts";
import { INBOX_ID, newChecklist } from "../../src/domain/checklist.ts";
import { UNGUARDED } from "../../src/domain/version.ts";
import { NOW, newId, someTask, storedChecklist, storedTask } from "./rows.ts";

export function checklistContract(store: () => Store): void {
  test("the inbox exists from the start, with a real time", async () => {
    const inbox = await store().findChecklist(INBOX_ID);
    expect(inbox?.name).toBe("Inbox");
    expect(inbox?.createdAt).toBeGreaterThan(0);
  });

  test("a checklist is found as it was created, whatever its letters", async () => {
    const row = newChecklist(newId(), "Größe 🛒 列表 \u0001", NOW);
    expect(await store().write(createChecklist(ANYONE, row))).toEqual({ outcome: "created" });
    expect(await store().findChecklist(row.id)).toStrictEqual(row);
  });

  test("an unknown checklist is undefined to read and missing to write", async () => {
    const id = newId();
    expect(await store().findChecklist(id)).toBeUndefined();
    expect(await store().write(changeChecklist(ANYONE, id, { name: "x" }, UNGUARDED, NOW))).toEqual({
      outcome: "missing",
    });
    expect((await store().write(deleteChecklist(ANYONE, id, UNGUARDED))).outcome).toBe("missing");
  });

  test("a change raises the version by one and the time never goes back", async () => {
    const { id } = await storedChecklist(store());
    const changed = { id, name: "new", createdAt: NOW, updatedAt: NOW + 5, version: 2 };
    const first = await store().write(changeChecklist(ANYONE, id, { name: " new " }, UNGUARDED, NOW + 5));
    expect(first).toStrictEqual({ outcome: "written", row: changed });
    const second = await store().write(changeChecklist(ANYONE, id, {}, UNGUARDED, NOW));
    expect(second).toStrictEqual({ outcome: "written", row: { ...changed, version: 3 } });
    expect(await store().findChecklist(id)).toStrictEqual({ ...changed, version: 3 });
  });

  test("a guard that does not hold changes and deletes nothing, and returns the version", async () => {
    const row = await storedChecklist(store());
    const stale = { outcome: "stale", version: 1 } as const;
    expect(await store().write(changeChecklist(ANYONE, row.id, { name: "x" }, { anyOf: [2] }, NOW))).toEqual(
      stale,
    );
    expect(await store().write(changeChecklist(ANYONE, row.id, { name: "x" }, { noneOf: "*" }, NOW))).toEqual(
      stale,
    );
    expect(await store().write(deleteChecklist(ANYONE, row.id, { anyOf: [] }))).toEqual(stale);
    expect(await store().findChecklist(row.id)).toStrictEqual(row);
  });

  test("a deleted checklist takes its tasks with it when it is answered, and is missing a second time", async () => {
    const { id } = await storedChecklist(store());
    const task = await storedTask(store(), { checklistId: id });
    expect((await store().write(deleteChecklist(ANYONE, id, { anyOf: [1] }))).outcome).toBe("written");
    expect(await store().findChecklist(id)).toBeUndefined();
    expect(await store().findTask(id, task.id)).toBeUndefined();
    expect(await store().listTasks(id, {}, undefined, 10)).toBeUndefined();
    expect(await store().write(createTask(ANYONE, someTask({ checklistId: id })))).toEqual({
      outcome: "missing",
    });
    const edit = { change: { todo: "x" }, pinned: false };
    expect(await store().write(changeTask(ANYONE, id, task.id, edit, UNGUARDED, NOW))).toEqual({
      outcome: "missing",
    });
    expect((await store().write(deleteTask(ANYONE, id, task.id, UNGUARDED))).outcome).toBe("missing");
    expect((await store().write(deleteChecklist(ANYONE, id, UNGUARDED))).outcome).toBe("missing");
  });
}
