import { describe, expect, test } from "bun:test";
import { settledRepeat } from "../../src/domain/repeat.ts";
import { completesRepeat, nextTask, withoutRepeat } from "../../src/domain/series.ts";
import { changedTask, newTask, replacement, type Task, type TaskChange } from "../../src/domain/task.ts";

const STORED: Task = {
  checklistId: "list",
  id: "task",
  todo: "Water the plants",
  status: "pending",
  priority: "high",
  dueDate: "2026-03-01",
  repeat: "FREQ=DAILY",
  repeatFrom: "completion",
  createdAt: 1_000,
  updatedAt: 2_000,
  version: 7,
};
const { repeat: _, repeatFrom: __, ...ONCE } = STORED;
const DONE: Task = { ...ONCE, status: "completed", completedAt: 2_000 };
const NO_DUE_DATE = { pointer: "/repeat", detail: "needs a dueDate, the first day of the series" };
const ALONE = { pointer: "/repeatFrom", detail: "needs a repeat, whose dates it counts from" };
const DONE_ALREADY = {
  pointer: "/repeat",
  detail: "can't be set on a task that is already completed; make the task pending, or leave repeat out",
};

const patched = (change: TaskChange, stored: Task = STORED) =>
  changedTask(stored, { change, pinned: false }, 3_000);
const created = (change: TaskChange) => newTask("list", "task", { todo: "x", ...change }, 5);
const put = (change: TaskChange, stored: Task = STORED) =>
  patched(replacement({ todo: "x", ...change }), stored);

describe("a rule", () => {
  test("stays, goes and comes with a change; repeatFrom goes with it", () => {
    expect(patched({ todo: "y" })).toMatchObject({ repeat: "FREQ=DAILY", repeatFrom: "completion" });
    expect(patched({ repeat: "FREQ=WEEKLY" })).toMatchObject({
      repeat: "FREQ=WEEKLY",
      repeatFrom: "completion",
    });
    expect(patched({ repeatFrom: null })).not.toContainKey("repeatFrom");
    expect(patched({ repeatFrom: "due" })).toMatchObject({ repeat: "FREQ=DAILY", repeatFrom: "due" });
    expect(patched({ repeat: null })).not.toContainAnyKeys(["repeat", "repeatFrom", "pointer"]);
    expect(patched({ repeat: "FREQ=DAILY" }, ONCE)).toMatchObject({ repeat: "FREQ=DAILY" });
  });

  test("that a replacement leaves out is removed", () => {
    const once = put({ dueDate: "2026-03-01" });
    expect(once).toMatchObject({ dueDate: "2026-03-01" });
    expect(once).not.toContainAnyKeys(["repeat", "repeatFrom"]);
    const again = put({ dueDate: "2026-03-01", repeat: "FREQ=DAILY" });
    expect(again).toMatchObject({ repeat: "FREQ=DAILY" });
    expect(again).not.toContainKey("repeatFrom");
  });

  test("needs a due date, given or stored", () => {
    expect(created({ repeat: "FREQ=DAILY" })).toEqual(NO_DUE_DATE);
    expect(put({ repeat: "FREQ=DAILY" })).toEqual(NO_DUE_DATE);
    expect(patched({ dueDate: null })).toEqual(NO_DUE_DATE);
    expect(patched({ dueDate: null, repeat: null })).toMatchObject({ version: 8 });
    expect(created({ repeat: "FREQ=DAILY", dueDate: "2026-03-01" })).toMatchObject({ repeat: "FREQ=DAILY" });
  });

  test("is what repeatFrom needs", () => {
    expect(created({ repeatFrom: "due" })).toEqual(ALONE);
    expect(put({ repeatFrom: "due" })).toEqual(ALONE);
    expect(patched({ repeatFrom: "due" }, ONCE)).toEqual(ALONE);
    expect(patched({ repeat: null, repeatFrom: "due" })).toEqual(ALONE);
    expect(patched({ repeatFrom: null }, ONCE)).toMatchObject({ version: 8 });
  });

  test("can't be given to a task that is completed already", () => {
    const daily = { repeat: "FREQ=DAILY", dueDate: "2026-03-01" };
    expect(created({ ...daily, completed: true })).toEqual(DONE_ALREADY);
    expect(patched(daily, DONE)).toEqual(DONE_ALREADY);
    expect(patched({ ...daily, status: "pending" }, DONE)).toMatchObject(daily);
  });

  test("is left out where the request that completed the task comes again", () => {
    const daily = { repeat: "FREQ=DAILY", repeatFrom: "due", dueDate: "2026-03-01" } as const;
    for (const again of [
      put({ ...daily, status: "completed" }, DONE),
      patched({ ...daily, completed: true }, DONE),
      patched({ repeatFrom: "due", status: "completed" }, DONE),
    ]) {
      expect(again).toMatchObject({ status: "completed", version: 8 });
      expect(again).not.toContainAnyKeys(["repeat", "repeatFrom"]);
    }
  });

  test("costs a change of a task without one nothing", () => {
    const settled = { status: "pending", dueDate: undefined } as const;
    expect(settledRepeat({ completed: true }, settled, ONCE)).toBe(settledRepeat({}, settled));
  });
});

describe("completing a task that repeats", () => {
  test("is told from any other change", () => {
    const completed = { ...STORED, status: "completed" } as const;
    expect(completesRepeat(STORED, completed)).toBeTrue();
    expect(completesRepeat({ status: "in_progress" }, completed)).toBeTrue();
    expect(completesRepeat(STORED, STORED)).toBeFalse();
    expect(completesRepeat(completed, completed)).toBeFalse();
    expect(completesRepeat(ONCE, DONE)).toBeFalse();
  });

  test("leaves it without its rule, and with a reference to the next one if there is any", () => {
    const next = { checklistId: "list", id: "next" };
    expect(withoutRepeat({ ...STORED, next: { checklistId: "list", id: "of long ago" } })).toStrictEqual(
      ONCE,
    );
    expect(withoutRepeat(STORED, next)).toStrictEqual({ ...ONCE, next });
  });

  test("makes a new task like it, without its place and times", () => {
    const labels = ["home"];
    const done = {
      ...DONE,
      description: "d",
      labels,
      rank: "a0",
      previous: { checklistId: "list", id: "p" },
    };
    const following = { id: "next", dueDate: "2026-03-02", repeat: "FREQ=DAILY", repeatFrom: "due" } as const;
    expect(nextTask(done, following, 9_000)).toStrictEqual({
      checklistId: "list",
      todo: STORED.todo,
      status: "pending",
      priority: "high",
      description: "d",
      labels,
      ...following,
      previous: { checklistId: "list", id: "task" },
      createdAt: 9_000,
      updatedAt: 9_000,
      version: 1,
    });
  });
});
