import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ANYONE } from "../../src/application/caller.ts";
import {
  createChecklist,
  createTask,
  deleteChecklist,
  discardChecklist,
  restoreChecklist,
  setDefaultOwner,
  setMember,
  setOwner,
} from "../../src/application/commands.ts";
import type { Clock, Slice } from "../../src/application/ports.ts";
import type { Store } from "../../src/application/store.ts";
import { type Checklist, newChecklist } from "../../src/domain/checklist.ts";
import { MEMBERS_MAX, type MemberRole } from "../../src/domain/membership.ts";
import { stayInTrash } from "../../src/domain/trash.ts";
import { UNGUARDED } from "../../src/domain/version.ts";
import { asUser, NOW, newId, someTask, storedChecklist } from "./rows.ts";

const clock: Clock = { now: () => Date.now() };
const DONE = { outcome: "written", row: undefined } as const;

export function memberContract(open: (clock: Clock) => Promise<Store>): void {
  let opened: Store;
  const store = () => opened;
  const listOf = async (userId: string): Promise<Checklist> => {
    const row = newChecklist(newId(), "Theirs", NOW);
    expect(await store().write(createChecklist(asUser(userId), row))).toEqual({ outcome: "created" });
    return row;
  };
  const share = (id: string, userId: string, role?: MemberRole, more: { isMember?: boolean } = {}) => {
    const change = { id, userId, guard: UNGUARDED, ...more };
    return store().write(setMember(ANYONE, role === undefined ? change : { ...change, role }));
  };
  const give = (id: string, from: string, userId: string, role?: MemberRole) => {
    const change = { id, from, userId, guard: UNGUARDED };
    return store().write(setOwner(ANYONE, role === undefined ? change : { ...change, role }));
  };
  const trash = (id: string) =>
    store().write(deleteChecklist(ANYONE, id, UNGUARDED, stayInTrash(30, Date.now())));
  const allOf = async (read: (after: string | undefined) => Promise<Slice<{ readonly id: string }>>) => {
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const { items, next } = await read(after);
      ids.push(...items.map(({ id }) => id));
      after = next;
    } while (after !== undefined);
    return ids;
  };
  const listsOf = (userId: string, size = 50) =>
    allOf(async (after) => {
      const page = await store().listChecklistsOf(userId, after, size);
      expect(page.items.length).toBeLessThanOrEqual(size);
      return page;
    });
  const trashOf = (userId: string, size = 50) =>
    allOf(async (after) => {
      const { items, ...next } = await store().listTrashedChecklists(after, size, userId);
      return { items: items.map(({ row }) => row), ...next };
    });

  describe("owners and members of lists", () => {
    beforeAll(async () => {
      opened = await open(clock);
    });
    afterAll(() => opened.close());

    test("a list belongs to the user who creates it, and to nobody else", async () => {
      const [user, stranger] = [newId(), newId()];
      const list = await listOf(user);
      expect(await store().roleOn(list.id, user)).toBe("owner");
      expect(await store().roleOn(list.id, stranger)).toBeUndefined();
      expect(await store().roleOn(newId(), user)).toBeUndefined();
      expect(await store().listMembers(list.id)).toEqual([{ userId: user, role: "owner" }]);
      expect(await store().listMembers(newId())).toBeUndefined();
      expect((await store().listChecklistsOf(user, undefined, 5)).items).toEqual([
        { ...list, role: "owner" },
      ]);
      expect(await listsOf(stranger)).toEqual([]);
    });

    test("members come, change their role and go; each time the list gets its next version", async () => {
      const [user, other, third] = [newId(), newId(), newId()];
      const list = await listOf(user);
      expect(await share(list.id, other, "viewer")).toEqual({
        outcome: "written",
        row: { ...list, version: 2 },
      });
      expect(await store().roleOn(list.id, other)).toBe("viewer");
      expect(await share(list.id, other, "editor", { isMember: true })).toMatchObject({ outcome: "written" });
      expect(await share(list.id, third, "viewer")).toMatchObject({ outcome: "written" });
      const members = [other, third].sort().map((userId) => {
        return { userId, role: userId === other ? ("editor" as const) : ("viewer" as const) };
      });
      expect(await store().listMembers(list.id)).toEqual([{ userId: user, role: "owner" }, ...members]);
      expect((await store().listChecklistsOf(other, undefined, 5)).items).toEqual([
        { ...list, version: 4, role: "editor" },
      ]);
      expect(await share(list.id, other)).toEqual({ outcome: "written", row: { ...list, version: 5 } });
      expect(await store().roleOn(list.id, other)).toBeUndefined();
      expect(await listsOf(other)).toEqual([]);
      expect(await listsOf(third)).toEqual([list.id]);
      expect(await share(list.id, other, "viewer")).toMatchObject({ outcome: "written" });
      expect(await listsOf(other)).toEqual([list.id]);
    });

    test("nobody is made a member who must be one already, owns the list, or expects another version", async () => {
      const [user, other] = [newId(), newId()];
      const list = await listOf(user);
      expect(await share(list.id, other)).toEqual({ outcome: "no-member" });
      expect(await share(list.id, other, "viewer", { isMember: true })).toEqual({ outcome: "no-member" });
      expect(await share(list.id, user, "viewer")).toEqual({ outcome: "is-owner" });
      expect(await share(newId(), other, "viewer")).toEqual({ outcome: "missing" });
      const guard = { anyOf: [7] };
      expect(
        await store().write(setMember(ANYONE, { id: list.id, userId: other, role: "viewer", guard })),
      ).toEqual({ outcome: "stale", version: 1 });
      expect(await store().roleOn(list.id, user)).toBe("owner");
      expect(await store().listMembers(list.id)).toHaveLength(1);
    });

    test("a list has a limited number of members", async () => {
      const user = newId();
      const list = await listOf(user);
      const members = Array.from({ length: MEMBERS_MAX }, () => newId());
      for (const member of members)
        expect(await share(list.id, member, "viewer")).toMatchObject({ outcome: "written" });
      const [one = "", other = ""] = members;
      expect(await share(list.id, newId(), "viewer")).toEqual({ outcome: "too-many-members" });
      expect(await share(list.id, one, "editor")).toMatchObject({ outcome: "written" });
      expect(await give(list.id, user, newId(), "viewer")).toEqual({ outcome: "too-many-members" });
      expect(await give(list.id, user, one, "viewer")).toMatchObject({ outcome: "written" });
      expect(await share(list.id, newId(), "viewer")).toEqual({ outcome: "too-many-members" });
      expect(await share(list.id, other)).toMatchObject({ outcome: "written" });
      expect(await share(list.id, newId(), "viewer")).toMatchObject({ outcome: "written" });
    });

    test("of many members added at once none is lost", async () => {
      const user = newId();
      const list = await listOf(user);
      const members = Array.from({ length: 8 }, () => newId());
      const ends = await Promise.all(members.map((member) => share(list.id, member, "editor")));
      expect(ends.map(({ outcome }) => outcome)).toEqual(members.map(() => "written"));
      const found = (await store().listMembers(list.id))?.slice(1).map(({ userId }) => userId);
      expect(found).toEqual(members.sort());
      for (const member of members) expect(await listsOf(member)).toEqual([list.id]);
    });

    test("only its owner can give a list away, and may stay as a member", async () => {
      const [user, other, third] = [newId(), newId(), newId()];
      const list = await listOf(user);
      await share(list.id, other, "viewer");
      expect(await give(list.id, other, third)).toEqual({ outcome: "not-owner" });
      expect(await give(newId(), user, third)).toEqual({ outcome: "missing" });
      expect(await give(list.id, user, other, "editor")).toEqual({
        outcome: "written",
        row: { ...list, version: 3 },
      });
      expect(await store().listMembers(list.id)).toEqual([
        { userId: other, role: "owner" },
        { userId: user, role: "editor" },
      ]);
      expect(await listsOf(other)).toEqual([list.id]);
      expect(await listsOf(user)).toEqual([list.id]);
      expect(await give(list.id, other, third)).toMatchObject({ outcome: "written" });
      expect(await listsOf(other)).toEqual([]);
      expect(await store().roleOn(list.id, other)).toBeUndefined();
      expect(await listsOf(third)).toEqual([list.id]);
      expect(await give(list.id, third, user)).toMatchObject({ outcome: "written" });
      expect(await store().listMembers(list.id)).toEqual([{ userId: user, role: "owner" }]);
    });

    test("of two who are given a list at once, one gets it", async () => {
      const [user, one, other] = [newId(), newId(), newId()];
      const list = await listOf(user);
      const ends = await Promise.all([give(list.id, user, one), give(list.id, user, other)]);
      expect(ends.map(({ outcome }) => outcome).sort()).toEqual(["not-owner", "written"]);
      const owner = ends[0]?.outcome === "written" ? one : other;
      expect(await store().listMembers(list.id)).toEqual([{ userId: owner, role: "owner" }]);
      expect(await listsOf(owner)).toEqual([list.id]);
      expect(await listsOf(owner === one ? other : one)).toEqual([]);
      expect(await listsOf(user)).toEqual([]);
    });

    test("in the trash a list keeps its owner and members, who can be changed; only the owner finds it there", async () => {
      const [user, member, other] = [newId(), newId(), newId()];
      const [list, gone] = [await listOf(user), await listOf(user)];
      await share(list.id, member, "editor");
      expect(await trash(list.id)).toEqual(DONE);
      expect(await trash(gone.id)).toEqual(DONE);
      expect(await listsOf(user)).toEqual([]);
      expect(await listsOf(member)).toEqual([]);
      expect(await store().roleOn(list.id, user)).toBe("owner");
      expect(await store().roleOn(list.id, member)).toBe("editor");
      for (const size of [1, 50])
        expect((await trashOf(user, size)).sort()).toEqual([list.id, gone.id].sort());
      expect(await trashOf(member)).toEqual([]);
      expect(await share(list.id, other, "viewer")).toMatchObject({ outcome: "written" });
      expect(await store().write(discardChecklist(ANYONE, gone.id, UNGUARDED))).toEqual(DONE);
      expect(await store().write(restoreChecklist(ANYONE, list.id, UNGUARDED))).toMatchObject({
        outcome: "written",
      });
      expect(await store().listMembers(list.id)).toEqual([
        { userId: user, role: "owner" },
        ...[member, other].sort().map((userId) => {
          return { userId, role: userId === member ? ("editor" as const) : ("viewer" as const) };
        }),
      ]);
      for (const userId of [user, member, other]) expect(await listsOf(userId)).toEqual([list.id]);
      expect(await trashOf(user)).toEqual([]);
    });

    test("a list that is given away in the trash is in the new owner's", async () => {
      const [user, other] = [newId(), newId()];
      const list = await listOf(user);
      await trash(list.id);
      expect(await give(list.id, user, other)).toMatchObject({ outcome: "written" });
      expect([await trashOf(user), await trashOf(other)]).toEqual([[], [list.id]]);
      await store().write(restoreChecklist(ANYONE, list.id, UNGUARDED));
      expect([await listsOf(user), await listsOf(other)]).toEqual([[], [list.id]]);
    });

    test("a list that is gone for good belongs to nobody", async () => {
      const [user, member] = [newId(), newId()];
      const list = await listOf(user);
      await share(list.id, member, "editor");
      expect(await store().write(deleteChecklist(ANYONE, list.id, UNGUARDED))).toEqual(DONE);
      expect(await store().roleOn(list.id, user)).toBeUndefined();
      expect(await store().roleOn(list.id, member)).toBeUndefined();
      expect(await store().listMembers(list.id)).toBeUndefined();
      expect(await share(list.id, newId(), "viewer")).toEqual({ outcome: "missing" });
      expect(await give(list.id, user, member)).toEqual({ outcome: "missing" });
      expect([await listsOf(user), await listsOf(member)]).toEqual([[], []]);
    });

    test("a user's lists are listed in order of id, each once, whatever the part in them", async () => {
      const [user, other] = [newId(), newId()];
      const ids: string[] = [];
      for (let at = 0; at < 7; at++) {
        const { id } = await listOf(at % 2 === 0 ? user : other);
        ids.push(id);
        if (at % 2 === 1) await share(id, user, at === 1 ? "viewer" : "editor");
      }
      for (const size of [1, 2, 3, 7, 200]) expect(await listsOf(user, size)).toEqual(ids);
      expect(
        (await store().listChecklistsOf(user, ids[2], 2)).items.map(({ id, role }) => [id, role]),
      ).toEqual([
        [String(ids[3]), "editor"],
        [String(ids[4]), "owner"],
      ]);
    });

    test("a user's agenda has the tasks of the user's lists, in order, each once", async () => {
      const [user, other] = [newId(), newId()];
      const lists: Checklist[] = [];
      for (let at = 0; at < 6; at++) lists.push(await listOf(at % 2 === 0 ? user : other));
      await share(String(lists[3]?.id), user, "viewer");
      const ours: string[][] = [];
      for (const day of ["2026-03-02", "2026-03-01"])
        for (const [at, { id: checklistId }] of lists.entries()) {
          const task = someTask({ checklistId, dueDate: day });
          await store().write(createTask(ANYONE, task));
          if (at % 2 === 0 || at === 3) ours.push([day, checklistId, task.id]);
        }
      for (const size of [1, 2, 3, 50]) {
        const found: string[][] = [];
        let slice: Awaited<ReturnType<Store["listDue"]>>;
        do {
          slice = await store().listDue(
            { until: "2026-03-02", userId: user, ...(slice?.next ? { after: slice.next } : {}) },
            size,
          );
          for (const task of slice?.items ?? [])
            found.push([String(task.dueDate), task.checklistId, task.id]);
        } while (slice?.next);
        expect(found).toEqual(ours.toSorted());
      }
      expect(await store().listDue({ until: "2026-03-02", userId: newId() }, 5)).toEqual({ items: [] });
    });
  });

  describe("lists from the time without accounts", () => {
    beforeAll(async () => {
      opened = await open(clock);
    });
    afterAll(() => opened.close());

    test("belong to the default owner, who is set once, and keep an owner of their own", async () => {
      const [first, second, other] = [newId(), newId(), newId()];
      const [before, trashed] = [await storedChecklist(store()), await storedChecklist(store())];
      await trash(trashed.id);
      expect(await store().roleOn(before.id, first)).toBeUndefined();
      expect(await store().listMembers(before.id)).toEqual([]);
      const ends = await Promise.all(
        [first, second].map((userId) => store().write(setDefaultOwner(ANYONE, { userId }))),
      );
      expect(ends.map(({ outcome }) => outcome).sort()).toEqual(["conflict", "written"]);
      const [owner, loser] = ends[0]?.outcome === "written" ? [first, second] : [second, first];
      expect(await store().write(setDefaultOwner(ANYONE, { userId: owner }))).toEqual({ outcome: "written" });
      expect(await store().roleOn(before.id, owner)).toBe("owner");
      expect(await store().roleOn(before.id, loser)).toBeUndefined();
      expect(await store().roleOn(trashed.id, owner)).toBe("owner");
      expect(await store().listMembers(before.id)).toEqual([{ userId: owner, role: "owner" }]);
      // A store may show them in an order of its own until it has put them in order.
      expect(await listsOf(owner, 3)).toContain(before.id);
      let lists: string[];
      do lists = await listsOf(owner, 1);
      while (lists.join() !== lists.toSorted().join());
      expect(lists).toContain(before.id);
      expect(new Set(lists).size).toBe(lists.length);
      expect(await trashOf(owner)).toContain(trashed.id);

      const since = await listOf(other);
      expect(await store().roleOn(since.id, owner)).toBeUndefined();
      expect(await share(before.id, other, "viewer")).toMatchObject({ outcome: "written" });
      expect(await listsOf(other)).toEqual([before.id, since.id].sort());
      const own = await listOf(owner);
      expect(await listsOf(owner, 2)).toEqual([...lists, own.id].sort());
      expect(await give(before.id, owner, loser)).toMatchObject({ outcome: "written" });
      expect(await listsOf(loser)).toEqual([before.id]);
      expect(await listsOf(owner)).not.toContain(before.id);
      await store().write(restoreChecklist(ANYONE, trashed.id, UNGUARDED));
      expect(await listsOf(owner)).toContain(trashed.id);
    });
  });
}
