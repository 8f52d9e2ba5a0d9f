import { describe, expect, test } from "bun:test";
import type { DueQuery, DueSlice } from "../../src/application/agenda.ts";
import { ANYONE } from "../../src/application/caller.ts";
import {
  changeTask,
  deleteChecklist,
  deleteTask,
  restoreChecklist,
  restoreTask,
} from "../../src/application/commands.ts";
import type { Store } from "../../src/application/store.ts";
import type { DuePlace } from "../../src/domain/agenda.ts";
import type { Task, TaskChange } from "../../src/domain/task.ts";
import { stayInTrash } from "../../src/domain/trash.ts";
import { UNGUARDED } from "../../src/domain/version.ts";
import { NOW, newId, storedChecklist, storedTask } from "./rows.ts";

/** Long before every date of other tests, which share the store. */
const DAY = (year: number, day: number) => `0${year}-01-${String(day).padStart(2, "0")}`;

export function agendaContract(store: () => Store): void {
  /** From the first day of a year on, which is that of one test. */
  const due = async (query: DueQuery, limit = 200): Promise<DueSlice> => {
    const after = { dueDate: `${query.until.slice(0, 4)}-01-00`, checklistId: "0", id: "0" };
    const slice = await store().listDue({ after, ...query }, limit);
    if (!slice) throw new Error("the checklist is gone");
    return slice;
  };
  const idsOf = async (query: DueQuery) => (await due(query)).items.map(({ id }) => id);
  const change = async ({ checklistId, id }: Task, members: TaskChange) => {
    const edit = { change: members, pinned: false };
    const written = await store().write(changeTask(ANYONE, checklistId, id, edit, UNGUARDED, NOW));
    if (written.outcome !== "written") throw new Error(written.outcome);
    return written.row;
  };
  const allPages = async (query: DueQuery, limit: number): Promise<Task[][]> => {
    const pages: Task[][] = [];
    for (let after: DuePlace | undefined; ; ) {
      const slice = await due({ ...query, ...(after && { after }) }, limit);
      pages.push([...slice.items]);
      if (!slice.next) return pages;
      after = slice.next;
    }
  };

  describe("the agenda", () => {
    test("is in order of due date, checklist and id; pages of any size hold every task exactly once", async () => {
      const lists = [await storedChecklist(store()), await storedChecklist(store())];
      const rows: Task[] = [];
      // Made in another order than they are listed in, with ties everywhere.
      for (const day of [3, 1, 2]) {
        for (const { id: checklistId } of lists.toReversed()) {
          for (let count = 0; count < 3; count++)
            rows.push(await storedTask(store(), { checklistId, dueDate: DAY(100, day) }));
        }
      }
      await storedTask(store(), { checklistId: lists[0]?.id ?? "", dueDate: DAY(100, 4) });
      await storedTask(store(), { checklistId: lists[0]?.id ?? "" });
      const until = DAY(100, 3);
      const expected = rows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
      expect((await store().listDue({ until }, 200))?.items).toStrictEqual(expected);
      for (const size of [1, 2, 4, 17, 18, 19]) {
        const pages = await allPages({ until }, size);
        expect([size, pages.flat().map(keyOf)]).toEqual([size, expected.map(keyOf)]);
        expect(pages.length).toBe(Math.ceil(18 / size));
      }
      const [{ id: checklistId } = { id: "" }] = lists;
      for (const size of [1, 2, 9, 10]) {
        const pages = await allPages({ until, checklistId }, size);
        expect((await store().listDue({ until, checklistId }, size))?.items).toStrictEqual(pages[0]);
        const own = expected.filter((row) => row.checklistId === checklistId);
        expect([size, pages.flat().map(keyOf)]).toEqual([size, own.map(keyOf)]);
        expect(pages.length).toBe(Math.ceil(9 / size));
      }
    });

    test("follows completing, reopening, another date, no date, and deletion", async () => {
      const checklistId = (await storedChecklist(store())).id;
      const task = await storedTask(store(), { checklistId, dueDate: DAY(200, 5) });
      const until = DAY(200, 9);
      expect((await due({ until })).items).toStrictEqual([task]);
      expect(await idsOf({ until: DAY(200, 4) })).toEqual([]);
      const begun = await change(task, { status: "in_progress" });
      expect((await due({ until })).items).toStrictEqual([begun]);
      await change(task, { completed: true });
      expect(await idsOf({ until })).toEqual([]);
      await change(task, { completed: false });
      expect(await idsOf({ until })).toEqual([task.id]);
      await change(task, { dueDate: DAY(200, 7) });
      expect(await idsOf({ until: DAY(200, 6) })).toEqual([]);
      expect(await idsOf({ until: DAY(200, 7) })).toEqual([task.id]);
      const back = await change(task, { dueDate: DAY(200, 5) });
      expect((await due({ until: DAY(200, 6) })).items).toStrictEqual([back]);
      await change(task, { dueDate: null });
      expect(await idsOf({ until })).toEqual([]);
      await change(task, { dueDate: DAY(200, 5) });
      expect(await idsOf({ until })).toEqual([task.id]);
      await store().write(deleteTask(ANYONE, checklistId, task.id, UNGUARDED));
      expect(await idsOf({ until })).toEqual([]);
    });

    test("has no tasks of a deleted checklist, and none of an unknown one", async () => {
      const [gone, kept] = [(await storedChecklist(store())).id, (await storedChecklist(store())).id];
      for (let count = 0; count < 3; count++)
        await storedTask(store(), { checklistId: gone, dueDate: DAY(300, 1) });
      const task = await storedTask(store(), { checklistId: kept, dueDate: DAY(300, 2) });
      await store().write(deleteChecklist(ANYONE, gone, UNGUARDED));
      const until = DAY(300, 2);
      expect(await idsOf({ until })).toEqual([task.id]);
      expect((await allPages({ until }, 1)).flat().map(({ id }) => id)).toEqual([task.id]);
      expect(await store().listDue({ until, checklistId: gone }, 10)).toBeUndefined();
      expect(await store().listDue({ until, checklistId: newId() }, 10)).toBeUndefined();
      expect(await due({ until: DAY(300, 1), checklistId: kept })).toEqual({ items: [] });
    });

    test("has nothing that is in the trash, and has it again once it is restored", async () => {
      const checklistId = (await storedChecklist(store())).id;
      const task = await storedTask(store(), { checklistId, dueDate: DAY(500, 1) });
      const other = await storedTask(store(), { checklistId, dueDate: DAY(500, 2) });
      const until = DAY(500, 2);
      const stay = stayInTrash(30, NOW);
      await store().write(deleteTask(ANYONE, checklistId, task.id, UNGUARDED, stay));
      expect(await idsOf({ until })).toEqual([other.id]);
      expect(await idsOf({ until, checklistId })).toEqual([other.id]);
      await store().write(restoreTask(ANYONE, checklistId, task.id, UNGUARDED));
      expect(await idsOf({ until })).toEqual([task.id, other.id]);
      await store().write(deleteChecklist(ANYONE, checklistId, UNGUARDED, stay));
      expect(await idsOf({ until })).toEqual([]);
      expect(await store().listDue({ until, checklistId }, 10)).toBeUndefined();
      await store().write(restoreChecklist(ANYONE, checklistId, UNGUARDED));
      expect(await idsOf({ until })).toEqual([task.id, other.id]);
      expect(await idsOf({ until, checklistId })).toEqual([task.id, other.id]);
    });

    test("continues at a place where there is no longer a task", async () => {
      const checklistId = (await storedChecklist(store())).id;
      const rows: Task[] = [];
      for (let day = 1; day <= 4; day++)
        rows.push(await storedTask(store(), { checklistId, dueDate: DAY(400, day) }));
      const until = DAY(400, 9);
      const { next } = await due({ until }, 2);
      await change(rows[1] as Task, { completed: true });
      await store().write(deleteTask(ANYONE, checklistId, (rows[2] as Task).id, UNGUARDED));
      const after = next as DuePlace;
      expect(await idsOf({ until, after })).toEqual([rows[3]?.id ?? ""]);
      expect(await idsOf({ until, checklistId, after })).toEqual([rows[3]?.id ?? ""]);
      for (const other of ["", "~"]) {
        const place = { dueDate: DAY(400, 4), checklistId: `${other}0`, id: "0" };
        const expected = other === "" ? [rows[3]?.id ?? ""] : [];
        expect(await idsOf({ until, after: place })).toEqual(expected);
        expect(await idsOf({ until, checklistId, after: place })).toEqual(expected);
      }
      expect(await idsOf({ until: DAY(400, 1), after })).toEqual([]);
    });
  });
}

function keyOf({ dueDate, checklistId, id }: Task): string {
  return `${dueDate} ${checklistId} ${id}`;
}
