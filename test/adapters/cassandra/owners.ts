import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { errors, types } from "cassandra-driver";
import type { Session } from "../../../src/adapters/cassandra/session.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import {
  createChecklist,
  deleteChecklist,
  putRecord,
  setMember,
  setOwner,
} from "../../../src/application/commands.ts";
import type { Store } from "../../../src/application/store.ts";
import { type Checklist, newChecklist } from "../../../src/domain/checklist.ts";
import type { MemberRole } from "../../../src/domain/membership.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import { asUser, NOW, newId } from "../../contract/rows.ts";
import type { Keyspace } from "../../support/cassandra/keyspace.ts";
import { openPair, type Pair } from "../../support/cassandra/pair.ts";
import { CASSANDRA_START_DEADLINE_MS } from "../../support/cassandra/shared.ts";
import type { Statements } from "../../support/cassandra/statements.ts";

const ADD = "INSERT INTO checklist_by_user";
const SET = "UPDATE checklist SET owner";
const INSERT = "INSERT INTO checklist (";
const MARK = "UPDATE checklist SET deleted_at";
const OF_LIST = "SELECT version FROM checklist_by_user";
const QUORUM = { prepare: true, consistency: types.consistencies.localQuorum };
const timedOut = () => new errors.OperationTimedOutError("lost");

/**
 * Lists that come to be, are shared, given away and deleted, of which one stops, fails or is late at each of its steps:
 * none is nobody's, and what is left over of an entry shows nothing and goes. Each interleaving is forced.
 */
export function ownersUnderFaults(name: string, fresh: () => Promise<Keyspace>): void {
  describe(`owners and members under faults, on ${name}`, () => {
    let keyspace: Keyspace;
    let pair: Pair;
    let store: Store;
    let statements: Statements;
    /** Another instance, whose statements nobody stops. */
    let other: Store;

    beforeAll(async () => {
      keyspace = await fresh();
      pair = await openPair(keyspace.settings, { allKnowMs: 0 });
      ({ store, other, statements } = pair);
    }, CASSANDRA_START_DEADLINE_MS);

    afterAll(async () => {
      await pair?.[Symbol.asyncDispose]();
      await keyspace?.[Symbol.asyncDispose]();
    });

    const create = (by: Store, userId: string, row: Checklist) =>
      by.write(createChecklist(asUser(userId), row));
    const share = (by: Store, id: string, userId: string, role?: MemberRole) =>
      by.write(setMember(ANYONE, { id, userId, guard: UNGUARDED, ...(role ? { role } : {}) }));
    const idsOf = async (by: Store, userId: string) =>
      (await by.listChecklistsOf(userId, undefined, 200)).items.map(({ id }) => id);

    async function listOf(userId: string): Promise<Checklist> {
      const list = newChecklist(newId(), "Theirs", NOW);
      await create(other, userId, list);
      return list;
    }

    /** As `list@version`. */
    async function entriesOf(userId: string): Promise<string[]> {
      const query = "SELECT checklist_id, version FROM checklist_by_user WHERE user_id = ?";
      // By the store's own session: the driver stops at an empty page, which the stand-in sends before others.
      const rows = await (Reflect.get(other, "session") as Session).rows(query, [userId]);
      return rows.map(({ checklist_id, version }) => `${checklist_id}@${version}`);
    }

    const ownerOf = async ({ id }: Checklist) =>
      (await other.listMembers(id))?.find(({ role }) => role === "owner")?.userId;

    test("has the entry before the list has the user: one that can't be written stops the write", async () => {
      const [user, member] = [newId(), newId()];
      const list = newChecklist(newId(), "Theirs", NOW);
      for (let attempt = 0; attempt < 3; attempt++) statements.trap(ADD, { fails: timedOut, sent: "never" });
      expect(await create(store, user, list).catch(({ code, undecided }) => [code, undecided])).toEqual([
        "store-unavailable",
        false,
      ]);
      expect(await other.findChecklist(list.id)).toBeUndefined();
      await create(store, user, list);
      for (let attempt = 0; attempt < 3; attempt++) statements.trap(ADD, { fails: timedOut, sent: "never" });
      expect(await share(store, list.id, member, "viewer").catch(({ code }) => code)).toBe(
        "store-unavailable",
      );
      expect(await other.roleOn(list.id, member)).toBeUndefined();
    });

    test("of a writer that dies before the list exists, the entry shows nothing, and goes once the list can't come", async () => {
      const user = newId();
      const ids = { old: "01800000-0000-7000-8000-000000000000", young: newId() };
      for (const id of Object.values(ids))
        await keyspace.client.execute(
          `${ADD} (user_id, checklist_id, version) VALUES (?, ?, 1)`,
          [user, id],
          QUORUM,
        );
      expect(await other.listChecklistsOf(user, undefined, 5)).toEqual({ items: [] });
      expect(await entriesOf(user)).toEqual([`${ids.young}@1`]);
      const list = newChecklist(ids.young, "Late", NOW);
      await create(other, user, list);
      expect(await idsOf(other, user)).toEqual([list.id]);
    });

    test("of a writer that dies after it, the old entry shows nothing, and its reader removes it", async () => {
      const [user, member] = [newId(), newId()];
      const list = await listOf(user);
      await share(store, list.id, member, "viewer");
      for (let attempt = 0; attempt < 3; attempt++)
        statements.trap(OF_LIST, { fails: timedOut, sent: "never" });
      expect(await share(store, list.id, member)).toMatchObject({ outcome: "written" });
      expect(await entriesOf(member)).toEqual([`${list.id}@2`]);
      expect(await idsOf(other, member)).toEqual([]);
      expect(await entriesOf(member)).toEqual([]);
    });

    test("keeps the entry of a write in progress, even if others read meanwhile", async () => {
      const [user, member] = [newId(), newId()];
      const list = await listOf(user);
      const trap = statements.trap(SET, "wait");
      const shared = share(store, list.id, member, "editor");
      await trap.sprung;
      expect(await idsOf(other, member)).toEqual([]);
      expect(await entriesOf(member)).toEqual([`${list.id}@2`]);
      await trap.release();
      expect(await shared).toMatchObject({ outcome: "written" });
      expect(await idsOf(other, member)).toEqual([list.id]);
    });

    test("a change that was not answered is settled by reading", async () => {
      const [user, member, heir] = [newId(), newId(), newId()];
      const list = await listOf(user);
      statements.trap(SET, { fails: timedOut, sent: "before" });
      expect(await share(store, list.id, member, "editor")).toMatchObject({ outcome: "written" });
      statements.trap(SET, { fails: timedOut, sent: "before" });
      const change = { id: list.id, from: user, userId: heir, guard: UNGUARDED };
      expect(await store.write(setOwner(ANYONE, change))).toEqual({
        outcome: "written",
        row: { ...list, version: 3 },
      });
      expect(await other.listMembers(list.id)).toEqual([
        { userId: heir, role: "owner" },
        { userId: member, role: "editor" },
      ]);
      expect([await entriesOf(user), await entriesOf(heir)]).toEqual([[], [`${list.id}@3`]]);
    });

    test("a list that is purged leaves no entry of anybody, and no link", async () => {
      const [user, member] = [newId(), newId()];
      const list = await listOf(user);
      await share(store, list.id, member, "viewer");
      const link = {
        id: newId(),
        checklistId: list.id,
        role: "viewer",
        createdBy: user,
        createdAt: NOW,
      } as const;
      const put = { kind: "link", key: newId(), owner: list.id, value: link, expect: "absent" } as const;
      expect(await other.write(putRecord(ANYONE, put))).toMatchObject({ outcome: "written" });
      const links = async () => (await other.listRecords("link", list.id, undefined, 9)).items.length;
      await other.write(deleteChecklist(ANYONE, list.id, UNGUARDED));
      while ((await entriesOf(user)).length + (await entriesOf(member)).length > 0) await Bun.sleep(20);
      while ((await links()) > 0) await Bun.sleep(20);
      expect(await other.listMembers(list.id)).toBeUndefined();
    });

    test("its row tells for a day whose it was at its end, which gives no access", async () => {
      const [user, member, left] = [newId(), newId(), newId()];
      const list = await listOf(user);
      await share(other, list.id, member, "viewer");
      await share(other, list.id, left, "editor");
      await share(other, list.id, left);
      await other.write(deleteChecklist(ANYONE, list.id, UNGUARDED));
      while ((await entriesOf(user)).length + (await entriesOf(member)).length > 0) await Bun.sleep(20);
      const people = [user, member, left, newId()];
      const rolesBy = (ask: "roleOn" | "lastRoleOn") =>
        Promise.all(people.map((person) => store[ask](list.id, person)));
      expect(await rolesBy("lastRoleOn")).toEqual(["owner", "viewer", undefined, undefined]);
      expect(await rolesBy("roleOn")).toEqual([undefined, undefined, undefined, undefined]);
    });

    test("a list whose creation was not answered is there with its entry, at once or late", async () => {
      const user = newId();
      const [settled, late] = [newChecklist(newId(), "Settled", NOW), newChecklist(newId(), "Late", NOW)];
      statements.trap(INSERT, { fails: timedOut, sent: "before" });
      expect(await create(store, user, settled)).toEqual({ outcome: "created" });
      expect(await idsOf(other, user)).toEqual([settled.id]);
      const trap = statements.trap(INSERT, "wait");
      const created = create(store, user, late);
      await trap.sprung;
      expect([await idsOf(other, user), await entriesOf(user)]).toEqual([
        [settled.id],
        [`${settled.id}@1`, `${late.id}@1`],
      ]);
      await trap.release();
      await created;
      expect([await idsOf(other, user), await ownerOf(late)]).toEqual([[settled.id, late.id], user]);
    });

    test("a list that is deleted and purged while it is shared or given away gets nobody, and leaves no entry", async () => {
      for (const act of ["share", "give"] as const) {
        const [user, comer] = [newId(), newId()];
        const list = await listOf(user);
        const trap = statements.trap(SET, "wait");
        const change = { id: list.id, from: user, userId: comer, guard: UNGUARDED };
        const done =
          act === "share"
            ? share(store, list.id, comer, "editor")
            : store.write(setOwner(ANYONE, { ...change, role: "editor" }));
        await trap.sprung;
        expect(await entriesOf(comer)).toEqual([`${list.id}@2`]);
        await other.write(deleteChecklist(ANYONE, list.id, UNGUARDED));
        while ((await entriesOf(user)).length > 0) await Bun.sleep(20);
        await trap.release();
        expect(await done).toEqual({ outcome: "missing" });
        expect([await entriesOf(comer), await idsOf(other, comer)]).toEqual([[], []]);
      }
    });

    test("if the one who shared it has died, the entry goes with its first reader", async () => {
      const [user, member] = [newId(), newId()];
      const list = await listOf(user);
      await other.write(deleteChecklist(ANYONE, list.id, UNGUARDED));
      await keyspace.client.execute(
        `${ADD} (user_id, checklist_id, version) VALUES (?, ?, 2)`,
        [member, list.id],
        QUORUM,
      );
      expect(await idsOf(other, member)).toEqual([]);
      expect(await entriesOf(member)).toEqual([]);
    });

    test("a member who comes while the list is just being deleted goes with it", async () => {
      const [user, member] = [newId(), newId()];
      const list = await listOf(user);
      const trap = statements.trap(MARK, "wait");
      const deleted = store.write(deleteChecklist(ANYONE, list.id, UNGUARDED));
      await trap.sprung;
      await share(other, list.id, member, "viewer");
      await trap.release();
      expect(await deleted).toMatchObject({ outcome: "written" });
      expect([await idsOf(other, user), await idsOf(other, member)]).toEqual([[], []]);
      while ((await entriesOf(user)).length + (await entriesOf(member)).length > 0) await Bun.sleep(20);
    });

    test("an entry that a purge or a giver could not remove shows nothing, and its reader removes it", async () => {
      const [user, heir] = [newId(), newId()];
      const [given, deleted] = [await listOf(user), await listOf(user)];
      const fails = () => {
        for (let attempt = 0; attempt < 3; attempt++)
          statements.trap(OF_LIST, { fails: timedOut, sent: "never" }, user);
      };
      fails();
      const first = statements.met.length;
      const change = { id: given.id, from: user, userId: heir, guard: UNGUARDED };
      expect(await store.write(setOwner(ANYONE, change))).toMatchObject({ outcome: "written" });
      while (statements.met.length < first + 3) await Bun.sleep(20);
      fails();
      const before = statements.met.length;
      expect(await store.write(deleteChecklist(ANYONE, deleted.id, UNGUARDED))).toMatchObject({
        outcome: "written",
      });
      while (statements.met.length < before + 3) await Bun.sleep(20);
      expect(await entriesOf(user)).toEqual([`${given.id}@1`, `${deleted.id}@1`].sort());
      expect([await idsOf(other, user), await entriesOf(user)]).toEqual([[], []]);
      expect([await idsOf(other, heir), await ownerOf(given)]).toEqual([[given.id], heir]);
    });
  });
}
