import { expect, test } from "bun:test";
import { ANYONE } from "../../src/application/caller.ts";
import {
  changeTask,
  createTask,
  deleteChecklist,
  deleteTask,
  type Plan,
  restoreChecklist,
} from "../../src/application/commands.ts";
import type { Store } from "../../src/application/store.ts";
import type { Task, TaskChange } from "../../src/domain/task.ts";
import { stayInTrash } from "../../src/domain/trash.ts";
import { type Guard, UNGUARDED } from "../../src/domain/version.ts";
import { planFor } from "./repeats.ts";
import { NOW, newId, someTask, storedChecklist, storedTask, taskSlice } from "./rows.ts";

interface Ends {
  readonly from: string;
  readonly to: string;
}

export function moveContract(store: () => Store): void {
  const ends = async (): Promise<Ends> => ({
    from: (await storedChecklist(store())).id,
    to: (await storedChecklist(store())).id,
  });
  const move = (
    task: Pick<Task, "checklistId" | "id">,
    to: string,
    change: TaskChange = {},
    guard: Guard = UNGUARDED,
  ) =>
    store().write(
      changeTask(ANYONE, task.checklistId, task.id, { change, pinned: true, to }, guard, NOW + 1),
    );
  const idsIn = async (checklistId: string, filter = {}) =>
    (await taskSlice(store(), checklistId, filter, undefined, 100)).items.map(({ id }) => id);

  /** In exactly one of the two lists, by every way to read them. */
  async function expectMoved({ from, to }: Ends, row: Task): Promise<void> {
    expect(await store().findTask(from, row.id)).toBeUndefined();
    expect(await store().findTask(to, row.id)).toStrictEqual(row);
    for (const filter of [{}, { status: row.status }]) {
      expect(await idsIn(from, filter)).not.toContain(row.id);
      expect(await idsIn(to, filter)).toContain(row.id);
    }
  }

  test("a task that moves keeps its id and members, except its rank, with the next version", async () => {
    const lists = await ends();
    const { rank: _, ...task } = await storedTask(store(), {
      checklistId: lists.from,
      status: "in_progress",
      priority: "high",
      description: "first line\nsecond 🎉",
      dueDate: "2026-02-28",
      labels: ["home", "Ünï"],
      rank: "m",
    });
    const row = { ...task, checklistId: lists.to, updatedAt: NOW + 1, version: 2 };
    expect(await move(task, lists.to)).toStrictEqual({ outcome: "written", row, from: "in_progress" });
    await expectMoved(lists, row);
  });

  test("a move and other members are one write", async () => {
    const lists = await ends();
    const task = await storedTask(store(), { checklistId: lists.from, description: "gone" });
    const { description: _, ...rest } = task;
    const row = {
      ...rest,
      checklistId: lists.to,
      todo: "changed",
      status: "completed",
      completedAt: NOW + 1,
      updatedAt: NOW + 1,
      version: 2,
    } as const;
    const change = { todo: "changed", completed: true, description: null };
    expect(await move(task, lists.to, change)).toStrictEqual({ outcome: "written", row, from: "pending" });
    await expectMoved(lists, row);
  });

  test("a task that repeats, completed as it moves, goes on in its new list, once", async () => {
    const lists = await ends();
    const members = { checklistId: lists.from, dueDate: "2026-03-01", repeat: "FREQ=DAILY;COUNT=3" };
    const task = await storedTask(store(), members);
    const plan = planFor(1);
    const edit = { change: { completed: true }, pinned: true, to: lists.to };
    const complete = (with_?: Plan) =>
      store().write(changeTask(ANYONE, lists.from, task.id, edit, UNGUARDED, NOW + 1, with_));
    expect(await complete()).toMatchObject({ outcome: "needs-plan", forVersion: 1 });
    expect(await idsIn(lists.from)).toEqual([task.id]);
    const next = { checklistId: lists.to, id: plan.next.id };
    expect(await complete(plan)).toMatchObject({
      outcome: "written",
      row: { version: 2, status: "completed", next },
    });
    expect((await complete(plan)).outcome).toBe("missing");
    expect(await idsIn(lists.from)).toEqual([]);
    expect(await idsIn(lists.to)).toEqual([task.id, plan.next.id].sort());
    const made = await store().findTask(lists.to, plan.next.id);
    expect(made).toMatchObject({ status: "pending", previous: { checklistId: lists.to, id: task.id } });
    expect((await move(next, lists.from)).outcome).toBe("written");
    expect(await idsIn(lists.to)).toEqual([task.id]);
    expect(await idsIn(lists.from)).toEqual([plan.next.id]);
  });

  test("a move to the task's own list is an ordinary write and keeps the rank", async () => {
    const { from } = await ends();
    const task = await storedTask(store(), { checklistId: from, rank: "m" });
    const row = { ...task, updatedAt: NOW + 1, version: 2 };
    expect(await move(task, from)).toStrictEqual({ outcome: "written", row, from: "pending" });
    expect(await store().findTask(from, task.id)).toStrictEqual(row);
  });

  test("a task that does not exist, or has moved, is missing at its address", async () => {
    const lists = await ends();
    const task = await storedTask(store(), { checklistId: lists.from });
    expect((await move({ ...task, id: newId() }, lists.to)).outcome).toBe("missing");
    expect((await move(task, lists.to)).outcome).toBe("written");
    const edit = { change: { todo: "x" }, pinned: true };
    const there = [lists.from, task.id] as const;
    expect((await move(task, lists.to)).outcome).toBe("missing");
    expect((await store().write(changeTask(ANYONE, ...there, edit, UNGUARDED, NOW))).outcome).toBe("missing");
    expect((await store().write(deleteTask(ANYONE, ...there, UNGUARDED))).outcome).toBe("missing");
  });

  test("a target that does not exist, or is deleted, leaves the task where it is", async () => {
    const { from, to } = await ends();
    const task = await storedTask(store(), { checklistId: from });
    await store().write(deleteChecklist(ANYONE, to, UNGUARDED));
    for (const target of [newId(), to]) {
      expect(await move(task, target)).toEqual({ outcome: "no-target" });
      expect(await move(task, target, {}, { anyOf: [7] })).toEqual({ outcome: "no-target" });
    }
    expect(await store().findTask(from, task.id)).toStrictEqual(task);
  });

  test("a guard that does not hold, and a change that is refused, move nothing", async () => {
    const { from, to } = await ends();
    const task = await storedTask(store(), { checklistId: from });
    expect(await move(task, to, {}, { anyOf: [7] })).toEqual({ outcome: "stale", version: 1 });
    const disagreeing = { change: { completed: true, status: "pending" }, pinned: false, to } as const;
    const refused = await store().write(changeTask(ANYONE, from, task.id, disagreeing, UNGUARDED, NOW));
    expect(refused).toMatchObject({ outcome: "refused", violation: { pointer: "/completed" } });
    expect(await store().findTask(from, task.id)).toStrictEqual(task);
    expect(await idsIn(to)).toEqual([]);
  });

  test("a task with the same id in the target is never replaced", async () => {
    const { from, to } = await ends();
    const task = await storedTask(store(), { checklistId: from });
    const other = someTask({ checklistId: to, id: task.id, todo: "other" });
    expect(await store().write(createTask(ANYONE, other))).toEqual({ outcome: "created" });
    expect(await move(task, to)).toEqual({ outcome: "occupied" });
    expect(await store().findTask(from, task.id)).toStrictEqual(task);
    expect(await store().findTask(to, task.id)).toStrictEqual(other);
  });

  test("a task moves there and back, and on, as often as one likes", async () => {
    const lists = await ends();
    const third = (await storedChecklist(store())).id;
    let task = await storedTask(store(), { checklistId: lists.from });
    for (const to of [lists.to, lists.from, lists.to, third, lists.from, lists.to]) {
      const row: Task = { ...task, checklistId: to, updatedAt: NOW + 1, version: task.version + 1 };
      expect(await move(task, to)).toStrictEqual({ outcome: "written", row, from: "pending" });
      await expectMoved({ from: task.checklistId, to }, row);
      task = row;
    }
    const edit = { change: { todo: "there" }, pinned: true };
    expect(
      await store().write(changeTask(ANYONE, lists.to, task.id, edit, { anyOf: [7] }, NOW)),
    ).toMatchObject({ outcome: "written", row: { version: 8, todo: "there" } });
    expect((await store().write(deleteTask(ANYONE, lists.to, task.id, UNGUARDED))).outcome).toBe("written");
    for (const list of [lists.from, lists.to, third]) {
      expect(await store().findTask(list, task.id)).toBeUndefined();
      expect(await idsIn(list)).toEqual([]);
    }
  });

  test("of many moves and edits of one version at once exactly one wins", async () => {
    const { from } = await ends();
    const targets = await Promise.all(
      Array.from({ length: 6 }, async () => (await storedChecklist(store())).id),
    );
    const task = await storedTask(store(), { checklistId: from });
    const edit = { change: { todo: "edited" }, pinned: true };
    const guard = { anyOf: [1] };
    const written = await Promise.all([
      ...targets.map((to) => move(task, to, {}, guard)),
      ...targets.map(() => store().write(changeTask(ANYONE, from, task.id, edit, guard, NOW))),
    ]);
    const won = written.flatMap((one) => (one.outcome === "written" ? [one.row] : []));
    expect(won).toHaveLength(1);
    expect(written.every(({ outcome }) => ["written", "stale", "missing"].includes(outcome))).toBe(true);
    const found = await Promise.all([from, ...targets].map((list) => store().findTask(list, task.id)));
    expect(found.filter((row) => row !== undefined)).toStrictEqual(won);
  });

  test("unconditional moves of one task to many lists at once leave it in one of them", async () => {
    const { from } = await ends();
    const targets = await Promise.all(
      Array.from({ length: 6 }, async () => (await storedChecklist(store())).id),
    );
    const task = await storedTask(store(), { checklistId: from });
    const written = await Promise.all(targets.map((to) => move(task, to)));
    expect(written.map(({ outcome }) => outcome).sort()).toEqual([...Array(5).fill("missing"), "written"]);
    const found = await Promise.all([from, ...targets].map((list) => store().findTask(list, task.id)));
    expect(found.filter((row) => row !== undefined)).toHaveLength(1);
  });

  test("a page of a list that many tasks have left is filled with the others", async () => {
    const { from, to } = await ends();
    const tasks: Task[] = [];
    for (let made = 0; made < 12; made++) tasks.push(await storedTask(store(), { checklistId: from }));
    const stay = tasks.filter((_, index) => index % 4 === 0);
    for (const task of tasks) if (!stay.includes(task)) await move(task, to);
    const ids = (some: readonly Task[]) => some.map(({ id }) => id);
    const seen: string[] = [];
    for (let after: string | undefined, more = true; more; ) {
      const slice = await taskSlice(store(), from, {}, after, 2);
      seen.push(...ids(slice.items));
      after = slice.next;
      more = after !== undefined;
    }
    expect(seen).toEqual(ids(stay));
    expect(await idsIn(to)).toEqual(ids(tasks.filter((task) => !stay.includes(task))));
  });

  test("beside a deletion of its new list into the trash, a task that moved comes back with the list, another one stays", async () => {
    const stay = stayInTrash(3, Date.now());
    for (const first of ["move", "deletion"]) {
      const { from, to } = await ends();
      const task = await storedTask(store(), { checklistId: from });
      const drop = () => store().write(deleteChecklist(ANYONE, to, UNGUARDED, stay));
      const [one, two] =
        first === "move"
          ? await Promise.all([move(task, to), drop()])
          : (await Promise.all([drop(), move(task, to)])).toReversed();
      expect(two?.outcome).toBe("written");
      const hasMoved = one?.outcome === "written";
      if (!hasMoved) expect(one).toEqual({ outcome: "no-target" });
      const found = async () => [await store().findTask(from, task.id), await store().findTask(to, task.id)];
      expect((await found()).map((row) => row !== undefined)).toEqual([!hasMoved, false]);
      expect((await store().write(restoreChecklist(ANYONE, to, UNGUARDED))).outcome).toBe("written");
      expect((await found()).map((row) => row !== undefined)).toEqual([!hasMoved, hasMoved]);
      expect(await idsIn(to)).toEqual(hasMoved ? [task.id] : []);
    }
  });

  test("deleting either list takes along what is in it, and nothing else", async () => {
    const lists = await ends();
    const [moved, other] = [
      await storedTask(store(), { checklistId: lists.from }),
      await storedTask(store(), { checklistId: lists.from }),
    ];
    await move(moved, lists.to);
    await store().write(deleteChecklist(ANYONE, lists.from, UNGUARDED));
    expect(await store().findTask(lists.from, other.id)).toBeUndefined();
    expect((await store().findTask(lists.to, moved.id))?.version).toBe(2);
    await store().write(deleteChecklist(ANYONE, lists.to, UNGUARDED));
    expect(await store().findTask(lists.to, moved.id)).toBeUndefined();
  });
}
