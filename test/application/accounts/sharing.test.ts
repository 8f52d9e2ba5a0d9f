import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { SESSIONS_PER_USER_MAX } from "../../../src/application/accounts/sessions.ts";
import { LINKS_PER_LIST_MAX } from "../../../src/application/accounts/share-links.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import {
  type Command,
  createChecklist,
  deleteChecklist,
  setMember,
} from "../../../src/application/commands.ts";
import type { User } from "../../../src/domain/access.ts";
import { type Checklist, newChecklist } from "../../../src/domain/checklist.ts";
import { MEMBERS_MAX, type MemberRole } from "../../../src/domain/membership.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import { DAY_MS, firstAdmin, HERE, refusalOf, someUser, type TestAccounts, testAccounts } from "./support.ts";

const { address: FROM } = HERE;

let accounts: TestAccounts;
let ada: User;
let bob: User;
let list: Checklist;

beforeEach(async () => {
  accounts = await testAccounts();
  await firstAdmin(accounts);
  [ada, bob] = [await somebody("ada"), await somebody("bob")];
  list = newChecklist(accounts.parts.ids.next(), "Shared", accounts.clock.now());
  await accounts.store.write(createChecklist(ada, list));
});
afterEach(() => accounts[Symbol.asyncDispose]());

async function somebody(login: string): Promise<User> {
  const { id, name, role, inboxId } = await someUser(accounts, login);
  return { kind: "user", id, login, name, role, inboxId, way: "session" };
}

function invite(login: string, role: MemberRole = "editor", by = ada): Promise<void> {
  return accounts.invitations.invite(by, list.id, { login, role }, FROM);
}

/** The id of the only one that bob has. */
async function invitation(): Promise<string> {
  const [only, ...others] = await accounts.invitations.list(bob.id);
  if (!only || others.length > 0) throw new Error("expected one invitation");
  return only.id;
}

const accept = (id: string) => accounts.invitations.accept(bob, id, FROM);
const roleOfBob = async () => accounts.store.roleOn(list.id, bob.id);
const removeBob = () => accounts.members.remove(ada, list.id, bob.id, FROM);
const join = (userId: string, role: MemberRole = "viewer") =>
  accounts.store.write(setMember(ANYONE, { id: list.id, userId, role, guard: UNGUARDED }));
const left = async () => (await accounts.parts.book.all("invitation", bob.id)).length;

/** Does it once, before the first write of that kind. */
function beforeFirst(op: Command["op"], act: () => Promise<unknown>): void {
  accounts.before = async (command) => {
    if (command.op !== op) return;
    accounts.before = () => undefined;
    await act();
  };
}

/** As if the process ended before it. */
function crashBefore(op: Command["op"]): void {
  beforeFirst(op, () => Promise.reject(new Error("killed")));
}

/** What it failed with. */
function endOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => "done",
    ({ message }) => message,
  );
}

describe("an invitation", () => {
  test("whether there is such a user or not: the same reads and writes, and as many", async () => {
    await join(bob.id);
    await somebody("cleo");
    const askedFor = async (login: string) => {
      const from = accounts.asked.length;
      await invite(login);
      return accounts.asked.slice(from);
    };
    const known = await askedFor("cleo");
    expect(known).toContain("putRecord");
    // Nobody; a member already; the owner; the next one takes the place of the one before.
    for (const login of ["nobody", "someone-else", "bob", "ada", "CLEO", "cleo"])
      expect([login, await askedFor(login)]).toEqual([login, known]);
    expect(await left()).toBe(0);
  });

  test("another one for the same user takes its place, role and address", async () => {
    await invite("bob", "viewer");
    const first = await invitation();
    await invite("Bob", "editor");
    expect(await invitation()).toBe(first);
    await accept(first);
    expect(await roleOfBob()).toBe("editor");
  });

  test("accepted twice, or after it was declined: not there", async () => {
    await invite("bob");
    const id = await invitation();
    await accept(id);
    expect(await refusalOf(accept(id))).toBe("not-found");
    await removeBob();
    await invite("bob");
    const again = await invitation();
    await accounts.invitations.decline(bob, again, FROM);
    expect(await refusalOf(accept(again))).toBe("not-found");
    expect(await roleOfBob()).toBeUndefined();
  });

  test("accepted in two places at once: one member, and nothing is left", async () => {
    await invite("bob");
    const id = await invitation();
    const results = await Promise.allSettled([accept(id), accept(id)]);
    expect(results.map(({ status }) => status)).toContain("fulfilled");
    expect([await roleOfBob(), await left()]).toEqual(["editor", 0]);
  });

  test("of another user is not there", async () => {
    await invite("bob");
    const id = await invitation();
    expect(await refusalOf(accounts.invitations.accept(ada, id, FROM))).toBe("not-found");
    expect(await refusalOf(accounts.invitations.decline(ada, id, FROM))).toBe("not-found");
    expect(await refusalOf(accounts.invitations.get(ada.id, id))).toBe("not-found");
  });

  test("killed before the member is written: nothing happened, and it is still good", async () => {
    await invite("bob");
    const id = await invitation();
    crashBefore("setMember");
    expect(await endOf(accept(id))).toBe("killed");
    expect(await roleOfBob()).toBeUndefined();
    await accept(id);
    expect(await roleOfBob()).toBe("editor");
  });

  test("killed before its end: what is left changes no role, and lets nobody in who was removed since", async () => {
    await invite("bob");
    const id = await invitation();
    crashBefore("deleteRecord");
    expect(await endOf(accept(id))).toBe("killed");
    expect([await roleOfBob(), await left()]).toEqual(["editor", 1]);
    await accounts.members.setRole(ada, list.id, bob.id, "viewer", FROM);
    crashBefore("deleteRecord");
    expect(await endOf(accept(id))).toBe("killed");
    expect(await roleOfBob()).toBe("viewer");
    await removeBob();
    expect(await refusalOf(accept(id))).toBe("not-found");
    expect(await roleOfBob()).toBeUndefined();
  });

  test("accepted in one place, then removed, while another place was just about to accept: stays removed", async () => {
    await invite("bob");
    const id = await invitation();
    beforeFirst("setMember", async () => {
      await accept(id);
      await removeBob();
    });
    expect(await refusalOf(accept(id))).toBe("not-found");
    expect(await roleOfBob()).toBeUndefined();
  });

  test("ends when its maker no longer owns the list, even at the last moment", async () => {
    const cleo = await somebody("cleo");
    await join(cleo.id);
    await invite("bob");
    const id = await invitation();
    beforeFirst("setMember", () =>
      accounts.members.give(ada, list.id, { login: "cleo", role: "editor" }, FROM),
    );
    expect(await refusalOf(accept(id))).toBe("not-found");
    expect(await accounts.invitations.list(bob.id)).toEqual([]);
    expect(await roleOfBob()).toBeUndefined();
  });

  test("to a list that is deleted, also at the last moment: not there", async () => {
    await invite("bob");
    const id = await invitation();
    const remove = () => accounts.store.write(deleteChecklist(ada, list.id, UNGUARDED));
    beforeFirst("setMember", remove);
    expect(await refusalOf(accept(id))).toBe("not-found");
    expect(await accounts.invitations.list(bob.id)).toEqual([]);
    expect(await refusalOf(invite("bob"))).toBe("not-found");
  });

  test(`beyond ${MEMBERS_MAX} members: conflict, and it is good again when there is room`, async () => {
    for (let made = 0; made < MEMBERS_MAX; made++) await join(`member ${made}`);
    await invite("bob");
    const id = await invitation();
    expect(await refusalOf(accept(id))).toBe("conflict");
    await accounts.store.write(setMember(ANYONE, { id: list.id, userId: "member 7", guard: UNGUARDED }));
    await accept(id);
    expect(await roleOfBob()).toBe("editor");
  });

  test("ends after 30 days, and with the user", async () => {
    await invite("bob");
    accounts.clock.nowMs += 30 * DAY_MS;
    expect(await left()).toBe(0);
    await invite("bob");
    await accounts.removal.remove(bob.id, "delete");
    expect(await left()).toBe(0);
  });
});

describe("a checklist", () => {
  test("is given only to a member, and never the inbox", async () => {
    const give = (id: string, login: string) =>
      accounts.members.give(ada, id, { login, role: "viewer" }, FROM);
    expect(await refusalOf(give(list.id, "bob"))).toBe("validation-failed");
    expect(await refusalOf(give(list.id, "nobody"))).toBe("validation-failed");
    expect(await refusalOf(give(list.id, "ada"))).toBe("validation-failed");
    expect(await refusalOf(give(ada.inboxId, "bob"))).toBe("conflict");
    await join(bob.id);
    await give(list.id, "bob");
    expect([await roleOfBob(), await accounts.store.roleOn(list.id, ada.id)]).toEqual(["owner", "viewer"]);
  });

  test("is not given to a member who leaves at the last moment", async () => {
    await join(bob.id);
    beforeFirst("setOwner", () => accounts.members.remove(bob, list.id, bob.id, FROM));
    const gift = accounts.members.give(ada, list.id, { login: "bob", role: "editor" }, FROM);
    expect(await refusalOf(gift)).toBe("validation-failed");
    expect(await accounts.store.roleOn(list.id, ada.id)).toBe("owner");
  });

  test("the owner's role can't be changed, nor can the owner be removed", async () => {
    expect(await refusalOf(accounts.members.setRole(ada, list.id, ada.id, "viewer", FROM))).toBe("conflict");
    expect(await refusalOf(accounts.members.remove(ada, list.id, ada.id, FROM))).toBe("conflict");
    expect(await refusalOf(accounts.members.setRole(ada, list.id, bob.id, "viewer", FROM))).toBe("not-found");
  });
});

describe("a link", () => {
  const make = (more = {}) => accounts.shareLinks.create(ada, list.id, { role: "viewer", ...more }, FROM);
  const callerWith = async (secret: string) => accounts.credentials.resolve({ session: secret });

  test("makes a guest of anyone who has it, until it is revoked; opening it writes nothing", async () => {
    const { link, secret } = await make();
    const from = accounts.asked.length;
    for (let opened = 0; opened <= SESSIONS_PER_USER_MAX; opened++) await accounts.shareLinks.open(secret);
    expect(new Set(accounts.asked.slice(from))).toEqual(new Set(["findRecord", "findChecklist"]));
    expect(await callerWith(secret)).toEqual({
      kind: "guest",
      link: link.id,
      checklistId: list.id,
      role: "viewer",
    });
    await accounts.shareLinks.revoke(ada, list.id, link.id, FROM);
    expect(await callerWith(secret)).toEqual({ kind: "nobody" });
    expect(await refusalOf(accounts.shareLinks.open(secret))).toBe("not-found");
    expect(await refusalOf(accounts.shareLinks.revoke(ada, list.id, link.id, FROM))).toBe("not-found");
  });

  test("ends by its time, and is refused one that is over", async () => {
    const expiresAt = accounts.clock.nowMs + DAY_MS;
    const { secret } = await make({ expiresAt });
    accounts.clock.nowMs = expiresAt - 1;
    expect(await callerWith(secret)).toMatchObject({ kind: "guest" });
    accounts.clock.nowMs = expiresAt;
    expect(await callerWith(secret)).toEqual({ kind: "nobody" });
    expect(await refusalOf(make({ expiresAt }))).toBe("validation-failed");
  });

  test("is no token, and a session's secret opens nothing", async () => {
    const { secret } = await make();
    expect(await accounts.credentials.resolve({ bearer: secret })).toEqual({ kind: "nobody" });
    const { secret: session } = await accounts.signIn.withPassword(
      { login: "ada", password: "correct horse battery" },
      HERE,
    );
    expect(await refusalOf(accounts.shareLinks.open(session))).toBe("not-found");
  });

  test(`past ${LINKS_PER_LIST_MAX} of a list: conflict`, async () => {
    for (let made = 0; made < LINKS_PER_LIST_MAX; made++) await make();
    expect(await refusalOf(make())).toBe("conflict");
  });

  test("opens nothing once its list is gone", async () => {
    const { secret } = await make();
    await accounts.store.write(deleteChecklist(ada, list.id, UNGUARDED));
    expect(await refusalOf(accounts.shareLinks.open(secret))).toBe("not-found");
    expect(await refusalOf(make())).toBe("not-found");
  });

  test("the audit's log names who, where and what, and has no text or secret", async () => {
    const { secret, link } = await make({ name: "<b>Neighbours</b>" });
    await invite("bob");
    await invite("no-such-login");
    const line = JSON.stringify(accounts.told);
    expect(accounts.told).toContainEqual({
      act: "share link made",
      who: "ada",
      from: FROM,
      on: list.id,
      link: link.id,
      role: "viewer",
    });
    expect(line).toContain('"member invited"');
    for (const text of [secret, "Neighbours", "Shared", "no-such-login"]) expect(line).not.toContain(text);
  });
});
