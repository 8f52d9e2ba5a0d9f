import { expect, test } from "bun:test";
import { ANYONE } from "../../src/application/caller.ts";
import { changeTask, deleteTask, type Plan } from "../../src/application/commands.ts";
import type { Store } from "../../src/application/store.ts";
import type { Task, TaskEdit } from "../../src/domain/task.ts";
import { type Guard, UNGUARDED } from "../../src/domain/version.ts";
import { NOW, newId, storedChecklist, storedTask, taskSlice } from "./rows.ts";

const RULE = "FREQ=DAILY;COUNT=3";
const NEXT = { dueDate: "2026-03-02", repeat: "FREQ=DAILY;COUNT=2" };
const COMPLETE: TaskEdit = { change: { completed: true }, pinned: false };
const AT_ONCE = 12;

export function planFor(forVersion: number): Plan & { readonly next: { readonly id: string } } {
  return { forVersion, next: { id: newId(), ...NEXT } };
}

export function repeatContract(store: () => Store): void {
  const repeating = async (members: Partial<Task> = {}) =>
    storedTask(store(), {
      checklistId: (await storedChecklist(store())).id,
      dueDate: "2026-03-01",
      repeat: RULE,
      ...members,
    });
  const change = (task: Task, edit = COMPLETE, plan?: Plan, guard: Guard = UNGUARDED) =>
    store().write(changeTask(ANYONE, task.checklistId, task.id, edit, guard, NOW + 1, plan));
  const all = async ({ checklistId }: Task) =>
    (await taskSlice(store(), checklistId, {}, undefined, 100)).items;
  const find = ({ checklistId, id }: Pick<Task, "checklistId" | "id">) => store().findTask(checklistId, id);

  test("completing a task that repeats writes nothing before it is planned what comes next", async () => {
    const task = await repeating();
    const row = {
      ...task,
      status: "completed",
      completedAt: NOW + 1,
      updatedAt: NOW + 1,
      version: 2,
    } as const;
    expect(await change(task)).toStrictEqual({ outcome: "needs-plan", forVersion: 1, row });
    expect(await change(task, COMPLETE, planFor(2))).toMatchObject({ outcome: "needs-plan", forVersion: 1 });
    expect(await all(task)).toStrictEqual([task]);
  });

  test("completing it keeps it without its rule, and makes the next one of the plan", async () => {
    const members = { description: "d", priority: "high", labels: ["a"], rank: "a0" } as const;
    const task = await repeating({ ...members, repeatFrom: "completion", status: "in_progress" });
    const plan = planFor(1);
    const written = await change(task, COMPLETE, plan);
    const { repeat: _, repeatFrom, ...kept } = task;
    const done = {
      ...kept,
      status: "completed",
      completedAt: NOW + 1,
      updatedAt: NOW + 1,
      version: 2,
      next: { checklistId: task.checklistId, id: plan.next.id },
    } as const;
    expect(written).toStrictEqual({ outcome: "written", row: done, from: "in_progress" });
    const [first, next, ...more] = await all(task);
    expect([first, more]).toStrictEqual([done, []]);
    const { rank: __, ...copied } = members;
    expect(next).toStrictEqual({
      checklistId: task.checklistId,
      id: plan.next.id,
      todo: task.todo,
      status: "pending",
      ...copied,
      ...NEXT,
      ...(repeatFrom === undefined ? {} : { repeatFrom }),
      previous: { checklistId: task.checklistId, id: task.id },
      createdAt: expect.any(Number),
      updatedAt: expect.any(Number),
      version: 1,
    });
    expect(await find(done)).toStrictEqual(done);
    expect(await find({ ...task, id: plan.next.id })).toStrictEqual(next);
  });

  test("the last task of a series has no next one", async () => {
    const task = await repeating();
    const written = await change(task, COMPLETE, { forVersion: 1 });
    expect(written).toMatchObject({ outcome: "written", row: { status: "completed", version: 2 } });
    const [done, ...more] = await all(task);
    expect(more).toEqual([]);
    expect(done).not.toContainAnyKeys(["repeat", "repeatFrom", "next"]);
  });

  test("an edit may complete the task and change what its next one copies", async () => {
    const task = await repeating();
    const edit = { change: { status: "completed", todo: "Buy oat milk" }, pinned: false } as const;
    await change(task, edit, planFor(1));
    expect((await all(task)).map(({ todo }) => todo)).toEqual(["Buy oat milk", "Buy oat milk"]);
  });

  test("completing it again makes nothing more; nor does opening it bring its rule back", async () => {
    const task = await repeating();
    const plan = planFor(1);
    await change(task, COMPLETE, plan);
    expect(await change(task, COMPLETE, planFor(2))).toMatchObject({
      outcome: "written",
      row: { version: 3 },
    });
    const opened = await change(task, { change: { completed: false }, pinned: false });
    expect(opened).toMatchObject({ row: { status: "pending", next: { id: plan.next.id }, version: 4 } });
    expect(opened.outcome === "written" && opened.row).not.toContainKey("repeat");
    expect(await change(task, COMPLETE, planFor(4))).toMatchObject({
      outcome: "written",
      row: { version: 5 },
    });
    expect(await all(task)).toHaveLength(2);
  });

  test("a guard that does not hold completes nothing, plan or not", async () => {
    const task = await repeating();
    const stale = { outcome: "stale", version: 1 } as const;
    expect(await change(task, COMPLETE, undefined, { anyOf: [7] })).toEqual(stale);
    expect(await change(task, COMPLETE, planFor(1), { anyOf: [7] })).toEqual(stale);
    expect(await all(task)).toStrictEqual([task]);
  });

  test("of many that complete it at once one makes the next task, and the others change the completed one", async () => {
    const task = await repeating();
    const plans = Array.from({ length: AT_ONCE }, () => planFor(1));
    const written = await Promise.all(plans.map((plan) => change(task, COMPLETE, plan)));
    expect(written.map(({ outcome }) => outcome)).toEqual(plans.map(() => "written"));
    const [done, next, ...more] = await all(task);
    expect(more).toEqual([]);
    expect(done).toMatchObject({ status: "completed", version: 1 + AT_ONCE, next: { id: next?.id } });
    expect(plans.map((plan) => plan.next.id)).toContain(next?.id as string);
  });

  test("of many that complete the version they saw one wins, and makes the only next task", async () => {
    const task = await repeating();
    const plans = Array.from({ length: AT_ONCE }, () => planFor(1));
    const written = await Promise.all(plans.map((plan) => change(task, COMPLETE, plan, { anyOf: [1] })));
    const winners = plans.filter((_, n) => written[n]?.outcome === "written");
    expect(winners).toHaveLength(1);
    expect(written.filter(({ outcome }) => outcome === "stale")).toHaveLength(AT_ONCE - 1);
    expect((await all(task)).map(({ id }) => id)).toEqual([task.id, winners[0]?.next.id as string]);
  });

  test("a next task that is deleted stays deleted, even if others read or change the one before", async () => {
    const task = await repeating();
    const plan = planFor(1);
    await change(task, COMPLETE, plan);
    const gone = await store().write(deleteTask(ANYONE, task.checklistId, plan.next.id, UNGUARDED));
    expect(gone.outcome).toBe("written");
    await find(task);
    await change(task, COMPLETE, planFor(2));
    expect((await all(task)).map(({ id }) => id)).toEqual([task.id]);
  });
}
