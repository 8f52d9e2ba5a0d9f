import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { ANYONE } from "../../../src/application/caller.ts";
import { Checklists } from "../../../src/application/checklists.ts";
import { type Command, deleteChecklist, setMember, setOwner } from "../../../src/application/commands.ts";
import type { User } from "../../../src/domain/access.ts";
import type { Checklist } from "../../../src/domain/checklist.ts";
import type { MemberRole } from "../../../src/domain/membership.ts";
import { stayInTrash } from "../../../src/domain/trash.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import {
  firstAdmin,
  HERE,
  type OpenStore,
  refusalOf,
  someUser,
  type TestAccounts,
  testAccounts,
} from "./support.ts";

const { address: FROM } = HERE;
/** Writes of one removal that are stopped, one after the other; there are fewer. */
const WRITES_MAX = 60;

/**
 * Removing a user while somebody else does something to its lists, and removals that stop at each of their writes. Each
 * interleaving is forced: it happens just before a write.
 */
export function removalUnderFaults(name: string, open?: OpenStore): void {
  describe(`removing a user, on ${name}`, () => {
    let accounts: TestAccounts;
    let ada: User;
    let bob: User;
    let cleo: User;
    let run = 0;

    beforeAll(async () => {
      accounts = await testAccounts({}, open);
      // A keyspace's queues begin on the day on which it was made.
      accounts.clock.nowMs = Date.now();
      await firstAdmin(accounts);
    });
    afterAll(() => accounts?.[Symbol.asyncDispose]());
    beforeEach(async () => {
      accounts.before = () => undefined;
      run++;
      [ada, bob, cleo] = [await somebody("ada"), await somebody("bob"), await somebody("cleo")];
    });

    async function somebody(login: string): Promise<User> {
      const { id, name, role, inboxId } = await someUser(accounts, `${login}-${run}`);
      return { kind: "user", id, login: `${login}-${run}`, name, role, inboxId, way: "session" };
    }

    const checklists = () => new Checklists({ ...accounts.parts, random: () => 0.5, hasAccounts: true });
    async function listOf(owner: User, title = "A list"): Promise<Checklist> {
      const made = await checklists().create(owner, title);
      if (made.outcome !== "created") throw new Error("it was not created");
      return made.row;
    }
    const join = (list: Checklist, user: User, role: MemberRole = "editor") =>
      accounts.store.write(setMember(ANYONE, { id: list.id, userId: user.id, role, guard: UNGUARDED }));
    const trash = (list: Checklist) =>
      accounts.store.write(
        deleteChecklist(ANYONE, list.id, UNGUARDED, stayInTrash(30, accounts.clock.now())),
      );
    const remove = (user: User, lists = "delete") => accounts.removal.remove(user.id, lists);
    const ownerOf = async (list: Checklist) =>
      (await accounts.store.listMembers(list.id))?.find(({ role }) => role === "owner")?.userId;
    const membersOf = async (list: Checklist) =>
      (await accounts.store.listMembers(list.id))?.map(({ userId }) => userId);
    const listsOf = async ({ id }: User) =>
      (await accounts.store.listChecklistsOf(id, undefined, 200)).items.map((list) => list.id);
    const isThere = async ({ id }: User) => (await accounts.users.find(id)) !== undefined;

    /** Does it once, before the first write of that kind. */
    function beforeFirst(op: Command["op"], act: () => Promise<unknown>): void {
      accounts.before = async (command) => {
        if (command.op !== op) return;
        accounts.before = () => undefined;
        await act();
      };
    }

    test("a list that is given to the user at the last moment goes with the user's own", async () => {
      for (const heir of [undefined, cleo]) {
        const user = heir ? bob : ada;
        const giver = cleo;
        const list = await listOf(giver);
        await join(list, user);
        // The removal has seen a member, and is about to remove it.
        beforeFirst("setMember", () =>
          accounts.store.write(
            setOwner(ANYONE, { id: list.id, userId: user.id, from: giver.id, guard: UNGUARDED }),
          ),
        );
        await remove(user, heir?.id);
        expect([await isThere(user), await ownerOf(list)]).toEqual([false, heir?.id]);
        expect(await listsOf(user)).toEqual([]);
      }
    });

    test("the user who gets its lists can't be removed meanwhile, and gets none once that has begun", async () => {
      const list = await listOf(ada);
      let refusal = "";
      beforeFirst("setOwner", async () => {
        refusal = await refusalOf(remove(bob));
      });
      await remove(ada, bob.id);
      expect([refusal, await ownerOf(list)]).toEqual(["conflict", bob.id]);

      const other = await listOf(cleo);
      beforeFirst("deleteChecklist", async () => {
        refusal = await refusalOf(remove(cleo, bob.id));
      });
      await remove(bob);
      expect([refusal, await ownerOf(other), await ownerOf(list)]).toEqual([
        "validation-failed",
        cleo.id,
        undefined,
      ]);
      await remove(cleo);
      expect(await ownerOf(other)).toBeUndefined();
    });

    test("of two that begin at the same moment, each about to give to the other, no list is lost", async () => {
      const lists = [await listOf(ada), await listOf(bob)];
      const ends = await Promise.all([
        remove(ada, bob.id).then(
          () => "removed",
          ({ code }) => code,
        ),
        remove(bob, ada.id).then(
          () => "removed",
          ({ code }) => code,
        ),
      ]);
      expect(ends).not.toEqual(["removed", "removed"]);
      for (const user of [ada, bob]) if (await isThere(user)) await remove(user, cleo.id);
      for (const list of lists) expect(await ownerOf(list)).toBe(cleo.id);
    });

    test("a request of its own that is still in progress makes no list for it", async () => {
      beforeFirst("createChecklist", () => remove(ada));
      expect(await refusalOf(listOf(ada, "Late"))).toBe("unauthenticated");
      expect(await listsOf(ada)).toEqual([]);
    });

    test("an invitation that it is just accepting makes it no member", async () => {
      const list = await listOf(cleo);
      await accounts.invitations.invite(cleo, list.id, { login: bob.login, role: "editor" }, FROM);
      const [invitation] = await accounts.invitations.list(bob.id);
      beforeFirst("setMember", () => remove(bob));
      expect(await refusalOf(accounts.invitations.accept(bob, String(invitation?.id), FROM))).toBe(
        "not-found",
      );
      expect([await membersOf(list), await listsOf(bob)]).toEqual([[cleo.id], []]);
    });

    test("killed before each of its writes, and repeated: no list is nobody's, and nothing leads nowhere", async () => {
      let forced = 0;
      for (let killedAt = 0; killedAt < WRITES_MAX; killedAt++) {
        const heir = killedAt % 2 === 0 ? cleo : undefined;
        run++;
        const user = await somebody("gone");
        const [own, trashed] = [await listOf(user, "Own"), await listOf(user, "Trashed")];
        const [shared, others] = [await listOf(user, "Shared"), await listOf(bob, "Of others")];
        await join(shared, bob);
        await join(others, user);
        await trash(trashed);
        let writes = 0;
        accounts.before = () => {
          if (writes++ === killedAt) throw new Error("killed");
        };
        const end = await remove(user, heir?.id).catch(({ message }) => message);
        accounts.before = () => undefined;
        if (end === "killed") {
          forced++;
          // It can be repeated until the user is gone.
          if (await isThere(user)) await remove(user, heir?.id);
        }
        expect(await isThere(user)).toBe(false);
        expect(await listsOf(user)).toEqual([]);
        expect((await accounts.store.listTrashedChecklists(undefined, 200, user.id)).items).toEqual([]);
        for (const list of [own, shared, trashed]) expect(await ownerOf(list)).toBe(heir?.id);
        expect(await membersOf(others)).toEqual([bob.id]);
        if (end !== "killed") break;
      }
      expect(forced).toBeGreaterThan(5);
      console.log(`note: removals of users on ${name}: killed before each of ${forced} writes, and repeated`);
    });
  });
}
