import { expect, test } from "bun:test";
import { ANYONE } from "../../src/application/caller.ts";
import { deleteChecklist, deleteTask } from "../../src/application/commands.ts";
import { FILTERED_ROWS_READ_MAX } from "../../src/application/ports.ts";
import { type SearchPlace, searched } from "../../src/application/search.ts";
import type { Store } from "../../src/application/store.ts";
import type { Task } from "../../src/domain/task.ts";
import { UNGUARDED } from "../../src/domain/version.ts";
import { longList, newId, storedChecklist, storedTask, storedTasks } from "./rows.ts";

/** A word that no other test's tasks have. */
function newWord(): string {
  return `w${newId().replaceAll("-", "")}`;
}

export function searchContract(store: () => Store): void {
  test("a part of a search examines the rows it may, says how many, and continues where it ended", async () => {
    const checklistId = (await storedChecklist(store())).id;
    const rows = (await storedTasks(store(), checklistId, 130)).map(({ id }) => id).sort();
    const words = ["mil"];
    const first = await store().searchTasks({ checklistId, words, rowsMax: 25 }, 100);
    expect(first?.items.map(({ id }) => id)).toEqual(rows.slice(0, 25));
    expect([first?.examined, first?.next]).toEqual([25, rows[24]]);
    const rest = await store().searchTasks(
      { checklistId, words, after: rows[24] ?? "", rowsMax: 1_000 },
      200,
    );
    expect(rest?.items.map(({ id }) => id)).toEqual(rows.slice(25));
    expect([rest?.examined, rest?.next]).toEqual([105, undefined]);
    const none = await store().searchTasks({ checklistId, words: ["nowhere"], rowsMax: 130 }, 200);
    expect([none?.items, none?.examined]).toEqual([[], 130]);
    expect(await store().searchTasks({ checklistId: newId(), words, rowsMax: 5 }, 5)).toBeUndefined();
  });

  test("a search finds the tasks of all lists, each once, list by list, in pages of any size", async () => {
    const word = newWord();
    const expected: string[] = [];
    for (const count of [3, 0, 1, 4]) {
      const checklistId = (await storedChecklist(store())).id;
      await storedTask(store(), { checklistId, todo: "something else" });
      for (let index = 0; index < count; index++) {
        expected.push((await storedTask(store(), { checklistId, todo: `a ${word.toUpperCase()}` })).id);
      }
    }
    for (const size of [1, 2, 5, 200]) {
      const found = await everything(store(), word, size);
      expect(found.map(({ id }) => id).sort()).toEqual(expected.sort());
      const lists = found.map(({ checklistId }) => checklistId);
      expect(lists.filter((id, index) => id !== lists[index - 1])).toHaveLength(3);
    }
  }, 60_000);

  test("a list that is deleted between two pages is skipped, and no other task is lost or found twice", async () => {
    const word = newWord();
    for (let index = 0; index < 3; index++) {
      const checklistId = (await storedChecklist(store())).id;
      for (let task = 0; task < 4; task++) await storedTask(store(), { checklistId, todo: word });
    }
    let place: SearchPlace = {};
    const found: Task[] = [];
    while (found.length < 6) {
      const slice = await searched(store(), [word], place, 6 - found.length);
      found.push(...slice.items);
      place = slice.next ?? {};
    }
    await store().write(deleteChecklist(ANYONE, found[5]?.checklistId ?? "", UNGUARDED));
    const rest = await everything(store(), word, 200, place);
    expect(rest).toHaveLength(4);
    expect(new Set([...found, ...rest].map(({ id }) => id)).size).toBe(10);
  }, 60_000);

  test("a task that is deleted between two pages is no obstacle", async () => {
    const word = newWord();
    const checklistId = (await storedChecklist(store())).id;
    const ids: string[] = [];
    for (let task = 0; task < 3; task++)
      ids.push((await storedTask(store(), { checklistId, todo: word })).id);
    let place: SearchPlace = {};
    let first: Task | undefined;
    while (first === undefined) {
      const slice = await searched(store(), [word], place, 1);
      first = slice.items[0];
      place = slice.next ?? {};
    }
    await store().write(deleteTask(ANYONE, checklistId, first.id, UNGUARDED));
    expect((await everything(store(), word, 1, place)).map(({ id }) => id)).toEqual(ids.sort().slice(1));
  }, 60_000);

  test("a page examines a limited number of rows, in however many lists", async () => {
    const word = newWord();
    // Together more than a page may examine; alone, only the first is.
    const lists = [(await storedChecklist(store())).id, (await storedChecklist(store())).id];
    await longList(store());
    for (const checklistId of lists) await storedTask(store(), { checklistId, todo: word });
    let examined = 0;
    let pages = 0;
    const counting = {
      listChecklists: (after: string | undefined, limit: number) => store().listChecklists(after, limit),
      searchTasks: async (part: Parameters<Store["searchTasks"]>[0], limit: number) => {
        const found = await store().searchTasks(part, limit);
        examined += found?.examined ?? 0;
        return found;
      },
    };
    const found: Task[] = [];
    for (let place: SearchPlace | undefined = {}; place !== undefined; ) {
      examined = 0;
      pages++;
      const slice = await searched(counting, [word], place, 200);
      expect(examined).toBeLessThanOrEqual(FILTERED_ROWS_READ_MAX);
      found.push(...slice.items);
      place = slice.next;
    }
    expect(found.map(({ checklistId }) => checklistId).sort()).toEqual(lists.sort());
    expect(pages).toBeGreaterThan(1);
  }, 60_000);
}

async function everything(store: Store, word: string, size: number, from: SearchPlace = {}): Promise<Task[]> {
  const found: Task[] = [];
  for (let place: SearchPlace | undefined = from; place !== undefined; ) {
    const slice = await searched(store, [word], place, size);
    expect(slice.items.length).toBeLessThanOrEqual(size);
    found.push(...slice.items);
    place = slice.next;
  }
  return found;
}
