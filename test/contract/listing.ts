import { expect, test } from "bun:test";
import { ANYONE } from "../../src/application/caller.ts";
import { deleteTask } from "../../src/application/commands.ts";
import { PAGE_ROWS_MAX, type Slice } from "../../src/application/ports.ts";
import type { Store } from "../../src/application/store.ts";
import { INBOX_ID } from "../../src/domain/checklist.ts";
import { matchesFilter, type Task, type TaskFilter } from "../../src/domain/task.ts";
import { UNGUARDED } from "../../src/domain/version.ts";
import { longList, newId, storedChecklist, storedTask, storedTasks, taskSlice } from "./rows.ts";

export function listingContract(store: () => Store): void {
  test("pages of any size hold every task exactly once, in order of id", async () => {
    const checklistId = (await storedChecklist(store())).id;
    const ids = (await storedTasks(store(), checklistId, 60)).map(({ id }) => id).sort();
    for (const size of [1, 7, 20, 59, 60, 61, PAGE_ROWS_MAX]) {
      const pages = await allPages((after) => taskSlice(store(), checklistId, {}, after, size));
      expect(pages.flat().map(({ id }) => id)).toEqual(ids);
      expect(pages).toHaveLength(Math.ceil(60 / size));
    }
  });

  test("an empty checklist has one empty page, an unknown one none", async () => {
    const { id } = await storedChecklist(store());
    expect(await store().listTasks(id, {}, undefined, 10)).toEqual({ items: [] });
    expect(await store().listTasks(newId(), {}, undefined, 10)).toBeUndefined();
  });

  test("an `after` that is not a row's id is still a position", async () => {
    const checklistId = (await storedChecklist(store())).id;
    const rows = (await storedTasks(store(), checklistId, 3)).sort((a, b) => (a.id < b.id ? -1 : 1));
    const [first, second, third] = rows as [Task, Task, Task];
    await store().write(deleteTask(ANYONE, checklistId, second.id, UNGUARDED));
    const rest = await taskSlice(store(), checklistId, {}, second.id, 10);
    expect(rest.items).toStrictEqual([third]);
    expect((await taskSlice(store(), checklistId, {}, first.id, 10)).items).toStrictEqual([third]);
    expect((await taskSlice(store(), checklistId, {}, "zzz", 10)).items).toEqual([]);
  });

  test("every filter returns what the domain says it does", async () => {
    const checklistId = (await storedChecklist(store())).id;
    const rows: Task[] = [];
    for (const status of ["pending", "in_progress", "completed"] as const) {
      for (const priority of ["low", "medium", "high"] as const) {
        rows.push(await storedTask(store(), { checklistId, status, priority }));
      }
    }
    for (const filter of everyFilter()) {
      const pages = await allPages((after) => taskSlice(store(), checklistId, filter, after, 2));
      const expected = rows.filter((row) => matchesFilter(row, filter)).map(({ id }) => id);
      expect(pages.flat().map(({ id }) => id)).toEqual(expected.sort());
    }
  });

  test("filters on labels, due dates and words return what the domain says they do", async () => {
    const checklistId = (await storedChecklist(store())).id;
    const rows: Task[] = [];
    for (const dueDate of [undefined, "2026-02-28", "2026-03-01"]) {
      for (const labels of [undefined, ["Home"], ["errand", "HOME"]]) {
        for (const todo of ["Buy milk", "Crème brûlée"]) {
          const members = { todo, ...(dueDate && { dueDate }), ...(labels && { labels }) };
          rows.push(await storedTask(store(), { checklistId, ...members }));
        }
      }
    }
    for (const labels of [undefined, ["home"], ["home", "errand"]]) {
      for (const dueBefore of [undefined, "2026-03-01"]) {
        for (const dueAfter of [undefined, "2026-02-27", "2026-02-28"]) {
          for (const words of [undefined, ["milk"], ["bru", "cre"], ["err", "bu"]]) {
            const filter = {
              ...(labels && { labels }),
              ...(dueBefore && { dueBefore }),
              ...(dueAfter && { dueAfter }),
              ...(words && { words }),
            };
            const pages = await allPages((after) => taskSlice(store(), checklistId, filter, after, 2));
            const expected = rows.filter((row) => matchesFilter(row, filter)).map(({ id }) => id);
            expect([filter, pages.flat().map(({ id }) => id)]).toEqual([filter, expected.sort()]);
          }
        }
      }
    }
  }, 60_000);

  test("a page of words or labels reads a limited number of rows, and only a missing next ends it", async () => {
    const { checklistId, ids, last } = await longList(store());
    for (const filter of [{ words: ["ecr"] }, { labels: ["rare"] }, { words: ["ecr"], labels: ["rare"] }]) {
      const pages = await allPages((after) => taskSlice(store(), checklistId, filter, after, 5));
      expect(pages.map((page) => page.map(({ id }) => id))).toEqual([[], [last]]);
    }
    const all = await allPages((after) => taskSlice(store(), checklistId, { words: ["milk"] }, after, 100));
    expect(all.flat().map(({ id }) => id)).toEqual(ids.slice(0, -1));
  }, 60_000);

  test("a filtered page reads a limited number of rows, and only a missing next ends the listing", async () => {
    const { checklistId, ids, last } = await longList(store());
    const pages = await allPages((after) => taskSlice(store(), checklistId, { priority: "high" }, after, 5));
    expect(pages.map((page) => page.map(({ id }) => id))).toEqual([[], [last]]);
    const all = await allPages((after) =>
      taskSlice(store(), checklistId, { priority: "medium" }, after, 200),
    );
    expect(all.flat()).toHaveLength(ids.length - 1);
  }, 60_000);

  test("pages of checklists hold every checklist exactly once", async () => {
    const created = await Promise.all(Array.from({ length: 12 }, () => storedChecklist(store())));
    const pages = await allPages(async (after) => store().listChecklists(after, 5));
    const ids = pages.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain(INBOX_ID);
    for (const { id } of created) expect(ids).toContain(id);
    expect(pages.slice(0, -1).every((page) => page.length === 5)).toBe(true);
  });
}

async function allPages<T>(read: (after: string | undefined) => Promise<Slice<T>>): Promise<T[][]> {
  const pages: T[][] = [];
  for (let after: string | undefined; ; ) {
    const slice = await read(after);
    pages.push([...slice.items]);
    if (slice.next === undefined) return pages;
    after = slice.next;
  }
}

function everyFilter(): TaskFilter[] {
  const filters: TaskFilter[] = [];
  for (const status of [undefined, "pending", "in_progress", "completed"] as const) {
    for (const completed of [undefined, true, false]) {
      for (const priority of [undefined, "low", "high"] as const) {
        filters.push({
          ...(status && { status }),
          ...(completed !== undefined && { completed }),
          ...(priority && { priority }),
        });
      }
    }
  }
  return filters;
}
