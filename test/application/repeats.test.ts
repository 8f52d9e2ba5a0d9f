import { describe, expect, test } from "bun:test";
import { ANYONE } from "../../src/application/caller.ts";
import { type Command, changeTask } from "../../src/application/commands.ts";
import type { Store } from "../../src/application/store.ts";
import { INBOX_ID } from "../../src/domain/checklist.ts";
import type { Task, TaskChange } from "../../src/domain/task.ts";
import { UNGUARDED } from "../../src/domain/version.ts";
import { thrownBy } from "../adapters/sqlite/support.ts";
import { START, type UseCases, useCases } from "./use-cases.ts";

const COMPLETE = { change: { completed: true }, pinned: false };
const DAILY = { repeat: "FREQ=DAILY", dueDate: "2026-01-02" };

async function repeating(app: UseCases, change: TaskChange = {}): Promise<Task> {
  const made = await app.tasks.create(ANYONE, INBOX_ID, { todo: "Water the plants", ...DAILY, ...change });
  if (made.outcome !== "created") throw new Error("a replay has no row");
  return made.row;
}

async function rows(app: UseCases): Promise<readonly Task[]> {
  return (await app.tasks.list(INBOX_ID, {}, undefined, 100))?.items ?? [];
}

describe("completing a task that repeats", () => {
  test("announces the completed task and the next one, each with its version", async () => {
    await using app = await useCases();
    const { id } = await repeating(app);
    const done = await app.tasks.change(ANYONE, INBOX_ID, id, COMPLETE, {});
    const [, next] = await rows(app);
    expect(done.next).toEqual({ checklistId: INBOX_ID, id: next?.id as string });
    const told = app.changes.slice(1).sort((a, b) => a.type.localeCompare(b.type));
    expect(told).toEqual([
      { type: "task.created", checklistId: INBOX_ID, taskId: next?.id as string, version: 1 },
      { type: "task.updated", checklistId: INBOX_ID, taskId: id, version: 2 },
    ]);
  });

  test("counts from the day of the clock in UTC, unless the request says another", async () => {
    await using app = await useCases();
    app.clock.nowMs = Date.UTC(2026, 0, 5, 23, 59);
    const [one, other] = [await repeating(app), await repeating(app)];
    await app.tasks.change(ANYONE, INBOX_ID, one.id, COMPLETE, {});
    await app.tasks.change(ANYONE, INBOX_ID, other.id, COMPLETE, {}, "2026-01-07");
    expect((await rows(app)).slice(2).map(({ dueDate }) => dueDate)).toEqual(["2026-01-06", "2026-01-08"]);
  });

  test("is planned again if another writer changes the task in between, with what that one wrote", async () => {
    await using app = await useCases();
    const { id } = await repeating(app);
    let interfered = false;
    const write = async (command: Command): ReturnType<Store["write"]> => {
      if (command.op === "changeTask" && command.plan && !interfered) {
        interfered = true;
        const change = { repeat: "FREQ=WEEKLY", todo: "Water the roses" };
        const other = changeTask(ANYONE, INBOX_ID, id, { change, pinned: false }, UNGUARDED, START);
        expect((await app.store.write(other)).outcome).toBe("written");
      }
      return app.store.write(command);
    };
    const { tasks } = app.withStore({ write: write as Store["write"] });
    expect(await tasks.change(ANYONE, INBOX_ID, id, COMPLETE, {})).toMatchObject({ version: 3 });
    expect(await rows(app)).toMatchObject([
      { id, todo: "Water the roses", status: "completed" },
      { todo: "Water the roses", status: "pending", repeat: "FREQ=WEEKLY", dueDate: "2026-01-09" },
    ]);
    expect(app.changes.map(({ type }) => type).sort()).toEqual([
      "task.created",
      "task.created",
      "task.updated",
    ]);
  });

  test("is refused as overloaded if others change the task each time, and nothing is written or announced", async () => {
    await using app = await useCases();
    const task = await repeating(app);
    let version = 1;
    const write = async () => ({ outcome: "needs-plan", forVersion: version++, row: task }) as const;
    const { tasks } = app.withStore({ write: write as unknown as Store["write"] });
    const refusal = await thrownBy(() => tasks.change(ANYONE, INBOX_ID, task.id, COMPLETE, {}));
    expect(refusal).toMatchObject({ code: "overloaded", retryAfterS: 1 });
    expect(app.changes).toHaveLength(1);
  });

  test("of many at once makes one next task", async () => {
    await using app = await useCases();
    const { id } = await repeating(app);
    const all = Array.from({ length: 20 }, () => app.tasks.change(ANYONE, INBOX_ID, id, COMPLETE, {}));
    const done = await Promise.all(all);
    expect(new Set(done.map(({ next }) => next?.id)).size).toBe(1);
    expect(await rows(app)).toHaveLength(2);
    expect(app.changes.filter(({ type }) => type === "task.created")).toHaveLength(2);
  });
});
