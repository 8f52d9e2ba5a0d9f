import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ANYONE } from "../../src/application/caller.ts";
import {
  changeTask,
  createTask,
  deleteChecklist,
  deleteTask,
  discardChecklist,
  discardTask,
  restoreChecklist,
  restoreTask,
} from "../../src/application/commands.ts";
import type { Clock, RestorationReceipt, Slice } from "../../src/application/ports.ts";
import type { Store } from "../../src/application/store.ts";
import type { Task } from "../../src/domain/task.ts";
import { stayInTrash } from "../../src/domain/trash.ts";
import { type Guard, UNGUARDED } from "../../src/domain/version.ts";
import {
  granted,
  NOW,
  newId,
  receiptFor,
  someRequest,
  someTask,
  storedChecklist,
  storedTask,
  storedTasks,
  taskSlice,
} from "./rows.ts";

/** The store has the real time: what was in the trash for its time may go while the tests run. */
const clock: Clock = { now: () => Date.now() };
const DELETED_AT = Date.now() + 5;
const STAY = stayInTrash(30, DELETED_AT);
const MISSING = { outcome: "missing" } as const;
const DONE = { outcome: "written", row: undefined } as const;
const pinned = (version: number) => ({ anyOf: [version] });

export function trashContract(open: (clock: Clock) => Promise<Store>): void {
  let opened: Store;
  const store = () => opened;
  const trashTask = ({ checklistId, id }: Task, guard = UNGUARDED) =>
    store().write(deleteTask(ANYONE, checklistId, id, guard, STAY));
  const restore = ({ checklistId, id }: Task, guard: Guard = UNGUARDED, receipt?: RestorationReceipt) =>
    store().write(restoreTask(ANYONE, checklistId, id, guard, receipt));
  const discard = ({ checklistId, id }: Task, guard = UNGUARDED) =>
    store().write(discardTask(ANYONE, checklistId, id, guard));
  const trashList = (id: string) => store().write(deleteChecklist(ANYONE, id, UNGUARDED, STAY));
  const restoreList = (id: string, guard: Guard = UNGUARDED, receipt?: RestorationReceipt) =>
    store().write(restoreChecklist(ANYONE, id, guard, receipt));
  const discardList = (id: string, guard = UNGUARDED) => store().write(discardChecklist(ANYONE, id, guard));
  const trashOf = async (checklistId: string) => await store().listTrashedTasks(checklistId, undefined, 200);

  describe("the trash", () => {
    beforeAll(async () => {
      opened = await open(clock);
    });
    afterAll(() => opened.close());

    test("takes a task, which is then found only there, with its next version", async () => {
      const list = await storedChecklist(store());
      const [kept, task] = [
        await storedTask(store(), { checklistId: list.id }),
        await storedTask(store(), { checklistId: list.id, description: "d", labels: ["a"], rank: "r" }),
      ];
      expect(await trashTask(task)).toEqual(DONE);
      expect(await store().findTask(list.id, task.id)).toBeUndefined();
      expect(await taskSlice(store(), list.id, {}, undefined, 50)).toEqual({ items: [kept] });
      expect(await taskSlice(store(), list.id, { status: "pending" }, undefined, 50)).toEqual({
        items: [kept],
      });
      const trashed = { row: { ...task, version: 2 }, deletedAt: DELETED_AT };
      expect(await store().findTrashedTask(list.id, task.id)).toStrictEqual(trashed);
      expect(await trashOf(list.id)).toStrictEqual({ items: [trashed] });
      expect(await store().findTrashedTask(list.id, kept.id)).toBeUndefined();
      expect(await trashTask(task)).toEqual(MISSING);
      const edit = { change: { todo: "x" }, pinned: false };
      expect(await store().write(changeTask(ANYONE, list.id, task.id, edit, UNGUARDED, NOW))).toEqual(
        MISSING,
      );
    });

    test("gives a task back as it was, with the next version, and once", async () => {
      const list = await storedChecklist(store());
      const task = await storedTask(store(), { checklistId: list.id, dueDate: "2026-03-01" });
      expect(await restore(task)).toEqual(MISSING);
      await trashTask(task);
      const back = { ...task, version: 3 };
      expect(await restore(task)).toEqual({ outcome: "written", row: back });
      expect(await store().findTask(list.id, task.id)).toStrictEqual(back);
      expect(await taskSlice(store(), list.id, {}, undefined, 50)).toEqual({ items: [back] });
      expect(await trashOf(list.id)).toEqual({ items: [] });
      expect(await restore(task)).toEqual(MISSING);
      await trashTask(back);
      expect(await restore(task)).toEqual({ outcome: "written", row: { ...task, version: 5 } });
    });

    test("loses a task for good", async () => {
      const list = await storedChecklist(store());
      const task = await storedTask(store(), { checklistId: list.id });
      expect(await discard(task)).toEqual(MISSING);
      await trashTask(task);
      expect(await discard(task)).toEqual(DONE);
      expect(await store().findTrashedTask(list.id, task.id)).toBeUndefined();
      expect(await trashOf(list.id)).toEqual({ items: [] });
      expect(await restore(task)).toEqual(MISSING);
      expect(await discard(task)).toEqual(MISSING);
    });

    test("keeps to conditions on versions", async () => {
      const list = await storedChecklist(store());
      const task = await storedTask(store(), { checklistId: list.id });
      expect(await trashTask(task, pinned(2))).toEqual({ outcome: "stale", version: 1 });
      await trashTask(task, pinned(1));
      expect(await restore(task, pinned(1))).toEqual({ outcome: "stale", version: 2 });
      expect(await discard(task, pinned(1))).toEqual({ outcome: "stale", version: 2 });
      expect(await restore(task, pinned(2))).toMatchObject({ outcome: "written" });
      await trashList(list.id);
      expect(await restoreList(list.id, pinned(1))).toEqual({ outcome: "stale", version: 2 });
      expect(await discardList(list.id, pinned(1))).toEqual({ outcome: "stale", version: 2 });
    });

    test("takes a list with its tasks, and gives all of it back; what was in the trash before stays there", async () => {
      const list = await storedChecklist(store());
      const [task, before] = [
        await storedTask(store(), { checklistId: list.id }),
        await storedTask(store(), { checklistId: list.id }),
      ];
      await trashTask(before);
      expect(await trashList(list.id)).toEqual(DONE);
      expect(await store().findChecklist(list.id)).toBeUndefined();
      expect(await store().findTask(list.id, task.id)).toBeUndefined();
      expect(await store().listTasks(list.id, {}, undefined, 50)).toBeUndefined();
      expect(await trashOf(list.id)).toBeUndefined();
      expect(await store().findTrashedTask(list.id, before.id)).toBeUndefined();
      expect(await restore(before)).toEqual(MISSING);
      expect(await discard(before)).toEqual(MISSING);
      expect(await store().write(createTask(ANYONE, someTask({ checklistId: list.id })))).toEqual(MISSING);
      const trashed = { row: { ...list, version: 2 }, deletedAt: DELETED_AT };
      expect(await store().findTrashedChecklist(list.id)).toStrictEqual(trashed);

      const back = { ...list, version: 3 };
      expect(await restoreList(list.id)).toEqual({ outcome: "written", row: back });
      expect(await store().findChecklist(list.id)).toStrictEqual(back);
      expect(await taskSlice(store(), list.id, {}, undefined, 50)).toEqual({ items: [task] });
      expect((await trashOf(list.id))?.items.map(({ row }) => row.id)).toEqual([before.id]);
      expect(await restore(before)).toMatchObject({ outcome: "written" });
      expect(await store().findTrashedChecklist(list.id)).toBeUndefined();
      expect(await restoreList(list.id)).toEqual(MISSING);
    });

    test("loses a list for good", async () => {
      const list = await storedChecklist(store());
      const task = await storedTask(store(), { checklistId: list.id });
      await trashTask(task);
      expect(await discardList(list.id)).toEqual(MISSING);
      await trashList(list.id);
      expect(await discardList(list.id)).toEqual(DONE);
      expect(await store().findTrashedChecklist(list.id)).toBeUndefined();
      expect(await store().findChecklist(list.id)).toBeUndefined();
      expect(await restoreList(list.id)).toEqual(MISSING);
      expect(await discardList(list.id)).toEqual(MISSING);
    });

    test("shows lists in pages, each once, in the order in which they go", async () => {
      const lists = [];
      for (let at = 0; at < 5; at++) lists.push(await storedChecklist(store()));
      const [first, ...others] = lists;
      for (const [at, { id }] of others.entries()) {
        await store().write(
          deleteChecklist(ANYONE, id, UNGUARDED, stayInTrash(1 + (at % 2), DELETED_AT + 10 + at)),
        );
      }
      const wanted = [0, 2, 1, 3].map((at) => others[at]?.id);
      const ours = new Set([first?.id, ...wanted]);
      for (const size of [1, 3, 200]) {
        const ids: string[] = [];
        let page: Slice<{ readonly row: { readonly id: string } }>;
        let after: string | undefined;
        do {
          page = await store().listTrashedChecklists(after, size);
          expect(page.items.length).toBeLessThanOrEqual(size);
          ids.push(...page.items.map(({ row }) => row.id));
          after = page.next;
        } while (after !== undefined);
        expect(ids.filter((id) => ours.has(id))).toEqual(wanted.map(String));
      }
      for (const { id } of others) await discardList(id);
    });

    test("shows tasks in pages, and pages of the list leave them out, each task once", async () => {
      const list = await storedChecklist(store());
      const tasks = await storedTasks(store(), list.id, 12);
      const gone = tasks.filter((_, at) => at % 3 !== 0);
      for (const task of gone) await trashTask(task);
      const paged = async (read: (after: string | undefined) => Promise<Slice<{ readonly id: string }>>) => {
        const ids: string[] = [];
        let after: string | undefined;
        do {
          const page = await read(after);
          ids.push(...page.items.map(({ id }) => id));
          after = page.next;
        } while (after !== undefined);
        return ids;
      };
      const ids = (rows: readonly Task[]) => rows.map(({ id }) => id).sort();
      for (const size of [1, 2, 5, 100]) {
        const trashed = await paged(async (after) => {
          const page = await store().listTrashedTasks(list.id, after, size);
          return { ...page, items: page?.items.map(({ row }) => row) ?? [] };
        });
        expect(trashed).toEqual(ids(gone));
        const left = await paged((after) => taskSlice(store(), list.id, {}, after, size));
        expect(left).toEqual(ids(tasks.filter((task) => !gone.includes(task))));
      }
    });

    test("an unknown list has no trash; nor is anything in it that was deleted without it", async () => {
      expect(await trashOf(newId())).toBeUndefined();
      expect(await store().findTrashedChecklist(newId())).toBeUndefined();
      const list = await storedChecklist(store());
      const task = await storedTask(store(), { checklistId: list.id });
      await store().write(deleteTask(ANYONE, list.id, task.id, UNGUARDED));
      expect(await trashOf(list.id)).toEqual({ items: [] });
      await store().write(deleteChecklist(ANYONE, list.id, UNGUARDED));
      expect(await store().findTrashedChecklist(list.id)).toBeUndefined();
      expect(await restoreList(list.id)).toEqual(MISSING);
    });

    test("a key's request is answered as before while its task is in the trash, and after it is gone", async () => {
      const list = await storedChecklist(store());
      const request = someRequest();
      const task = someTask({ checklistId: list.id, createdAt: Date.now() });
      const grant = await granted(store(), request, task.id, NOW);
      await store().write(createTask(ANYONE, task, receiptFor(request, grant)));
      await trashTask(task);
      expect(await store().claimKey(request, newId(), NOW)).toMatchObject({ outcome: "answered" });
      await discard(task);
      expect(await store().claimKey(request, newId(), NOW)).toMatchObject({ outcome: "answered" });
      expect(await store().findTask(list.id, task.id)).toBeUndefined();
    });

    test("a restoration under a key is answered again, and done once: of a task, and of a list", async () => {
      const list = await storedChecklist(store());
      const task = await storedTask(store(), { checklistId: list.id });
      await trashTask(task);
      for (const [of, restored] of [
        [task, (receipt: RestorationReceipt) => restore(task, pinned(2), receipt)],
        [list, (receipt: RestorationReceipt) => restoreList(list.id, pinned(2), receipt)],
      ] as const) {
        if (of === list) await trashList(list.id);
        const [request, id] = [someRequest(), newId()];
        const first = await granted(store(), request, id, NOW);
        expect((await store().claimKey(request, newId(), NOW)).outcome).toBe("in-progress");
        const receipt = { ...receiptFor(request, first), id, forVersion: 2 };
        const end: object = await restored(receipt);
        expect(end).toEqual({ outcome: "written", row: { ...of, version: 3 } });
        const answered = { outcome: "answered", answer: receipt.answer } as const;
        expect(await store().claimKey(request, newId(), NOW)).toEqual(answered);
        expect(await store().claimKey({ ...request, fingerprint: "other" }, newId(), NOW)).toEqual({
          outcome: "other-body",
        });
        expect(await restored(receipt)).toEqual(answered);
      }
      expect(await store().findTask(list.id, task.id)).toStrictEqual({ ...task, version: 3 });
    });

    test("a restoration under a key that finds nothing leaves no answer behind", async () => {
      const task = await storedTask(store(), { checklistId: (await storedChecklist(store())).id });
      const [request, id] = [someRequest(), newId()];
      const grant = await granted(store(), request, id, NOW);
      const receipt = { ...receiptFor(request, grant), id, forVersion: 2 };
      expect((await restore(task, pinned(2), receipt)).outcome).toMatch(/^(missing|stale)$/);
      await store().releaseKey(request, grant.owner);
      expect((await store().claimKey(request, newId(), NOW)).outcome).toBe("granted");
    });

    test("of restoring twice and removing for good at once, exactly one wins", async () => {
      const list = await storedChecklist(store());
      const task = await storedTask(store(), { checklistId: list.id });
      await trashTask(task);
      const ends = await Promise.all([restore(task), restore(task), discard(task)]);
      expect(ends.filter(({ outcome }) => outcome === "written")).toHaveLength(1);
      const restored = ends[2].outcome !== "written";
      expect((await store().findTask(list.id, task.id)) !== undefined).toBe(restored);
      await trashList(list.id);
      const lists = await Promise.all([restoreList(list.id), restoreList(list.id), discardList(list.id)]);
      expect(lists.filter(({ outcome }) => outcome === "written")).toHaveLength(1);
      expect((await store().findChecklist(list.id)) !== undefined).toBe(lists[2].outcome !== "written");
    });

    test("a task created while its list goes into the trash and back is there if that was answered", async () => {
      const list = await storedChecklist(store());
      const tasks = Array.from({ length: 10 }, () => someTask({ checklistId: list.id }));
      const [, , ...created] = await Promise.all([
        trashList(list.id),
        Bun.sleep(1).then(() => restoreList(list.id)),
        ...tasks.map((task) => store().write(createTask(ANYONE, task))),
      ]);
      await restoreList(list.id);
      const made = tasks.filter((_, at) => created[at]?.outcome === "created").map(({ id }) => id);
      const { items } = await taskSlice(store(), list.id, {}, undefined, 50);
      expect(items.map(({ id }) => id)).toEqual(made.sort());
    });
  });
}
