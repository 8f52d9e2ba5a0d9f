import { describe, expect, test } from "bun:test";
import { SESSIONS_PER_USER_MAX } from "../../../src/application/accounts/sessions.ts";
import { INBOX_ID } from "../../../src/domain/checklist.ts";
import {
  DAY_MS,
  firstAdmin,
  HERE,
  PASSWORD,
  refusalOf,
  someUser,
  testAccounts,
  writesDone,
} from "./support.ts";

describe("set-up", () => {
  test("the code makes one admin, who has the old inbox; then there is no set-up any more", async () => {
    await using accounts = await testAccounts();
    const { user, secret } = await firstAdmin(accounts);
    expect(user).toMatchObject({ login: "root", role: "admin", inboxId: INBOX_ID });
    expect(await accounts.credentials.resolve({ session: secret })).toMatchObject({
      kind: "user",
      login: "root",
    });
    expect(await accounts.setUp.newCode()).toBeUndefined();
    const again = accounts.setUp.complete({ code: "x", login: "other", password: PASSWORD }, HERE);
    expect(await refusalOf(again)).toBe("not-found");
  });

  test("a wrong code: forbidden, and slower from the fifth on", async () => {
    await using accounts = await testAccounts();
    const code = (await accounts.setUp.newCode()) ?? "";
    const wrong = () =>
      accounts.setUp.complete({ code: `${code}x`, login: "root", password: PASSWORD }, HERE);
    const said: string[] = [];
    for (let i = 0; i < 5; i++) said.push(await refusalOf(wrong()));
    expect(said).toEqual(["forbidden", "forbidden", "forbidden", "forbidden", "too-many-requests"]);
  });

  test("a password that is too common does not use the code up", async () => {
    await using accounts = await testAccounts();
    const code = (await accounts.setUp.newCode()) ?? "";
    const common = accounts.setUp.complete({ code, login: "root", password: "password123" }, HERE);
    expect(await refusalOf(common)).toBe("validation-failed");
    await accounts.setUp.complete({ code, login: "root", password: PASSWORD }, HERE);
  });

  test.each(["one code", "two codes"])(
    "by eight at once, with %s: one of them becomes the admin",
    async (how) => {
      await using accounts = await testAccounts();
      const codes = [await accounts.setUp.newCode(), await accounts.setUp.newCode()];
      const ends = await Promise.allSettled(
        Array.from({ length: 8 }, (_, i) => {
          const code = codes[how === "one code" ? 0 : i % 2] ?? "";
          const from = { address: `192.0.2.${i}` };
          return accounts.setUp.complete({ code, login: `root${i}`, password: PASSWORD }, from);
        }),
      );
      expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      const { items } = await accounts.users.list(undefined, 10);
      expect(items.map(({ value }) => value.role)).toEqual(["admin"]);
    },
  );

  test("somebody who was stopped in the middle keeps nobody from it for longer than a minute", async () => {
    await using accounts = await testAccounts();
    const code = (await accounts.setUp.newCode()) ?? "";
    const fact = { key: "set-up", owner: "all", value: { value: accounts.clock.now() } };
    await accounts.parts.book.add("fact", fact);
    expect(await refusalOf(accounts.setUp.complete({ code, login: "root", password: PASSWORD }, HERE))).toBe(
      "not-found",
    );
    accounts.clock.nowMs += 60_000;
    await firstAdmin(accounts);
  });
});

describe("signing in", () => {
  test("each time the secret is new, and the session that the browser had ends", async () => {
    await using accounts = await testAccounts();
    const first = await firstAdmin(accounts);
    const second = await accounts.signIn.withPassword(
      { login: "ROOT", password: PASSWORD },
      HERE,
      first.caller,
    );
    expect(second.secret).not.toBe(first.secret);
    expect(await accounts.credentials.resolve({ session: first.secret })).toEqual({ kind: "nobody" });
    expect(await accounts.credentials.resolve({ session: second.secret })).toMatchObject({ login: "root" });
  });

  test("an unknown login, a wrong password and a disabled user get one answer, and the log names only users", async () => {
    await using accounts = await testAccounts();
    await firstAdmin(accounts);
    const ada = await someUser(accounts, "ada");
    await accounts.users.change(ada.id, { disabled: true });
    const refusals = [];
    for (const [login, password] of [
      ["nobody-here", PASSWORD],
      ["root", "wrong password"],
      ["ada", PASSWORD],
    ] as const) {
      const error: Error = await accounts.signIn
        .withPassword({ login, password }, HERE)
        .catch((reason) => reason);
      refusals.push(`${Reflect.get(error, "code")} ${error.message}`);
    }
    expect(new Set(refusals)).toEqual(new Set(["unauthenticated The login or the password is wrong."]));
    const refused = accounts.told.filter(({ act }) => act === "sign-in refused");
    expect(refused.map(({ who }) => who)).toEqual([undefined, "root", "ada"]);
    expect(JSON.stringify(accounts.told)).not.toMatch(/nobody-here|wrong password|correct horse/);
  });

  test("a flood on one login keeps its owner from nothing but signing in again", async () => {
    await using accounts = await testAccounts();
    const { secret, user } = await firstAdmin(accounts);
    for (let i = 0; i < 20; i++) {
      const from = { address: `198.51.100.${i}` };
      await refusalOf(accounts.signIn.withPassword({ login: "root", password: "a guess or so" }, from));
    }
    const own = accounts.signIn.withPassword({ login: "root", password: PASSWORD }, HERE);
    expect(await refusalOf(own)).toBe("too-many-requests");
    expect(await accounts.credentials.resolve({ session: secret })).toMatchObject({ login: "root" });
    expect(await accounts.signIn.checkPassword(user.id, PASSWORD, HERE)).toBe(true);
  });
});

describe("a session ends", () => {
  test("30 days after its last use, and 90 days after its beginning", async () => {
    await using accounts = await testAccounts();
    const { secret } = await firstAdmin(accounts);
    for (const days of [29, 29, 29]) {
      accounts.clock.nowMs += days * DAY_MS;
      expect(await accounts.credentials.resolve({ session: secret })).toMatchObject({ kind: "user" });
      await writesDone(accounts);
    }
    accounts.clock.nowMs += 3 * DAY_MS;
    expect(await accounts.credentials.resolve({ session: secret })).toEqual({ kind: "nobody" });
    const { secret: other } = await accounts.signIn.withPassword({ login: "root", password: PASSWORD }, HERE);
    accounts.clock.nowMs += 30 * DAY_MS;
    expect(await accounts.credentials.resolve({ session: other })).toEqual({ kind: "nobody" });
  });

  test("with a new password, with the user's being disabled, and where there are more than 100", async () => {
    await using accounts = await testAccounts();
    await firstAdmin(accounts);
    const ada = await someUser(accounts, "ada");
    const one = await accounts.sessions.open(ada, "password", HERE);
    await accounts.users.setPassword(ada.id, await accounts.parts.passwords.hash("another good one"));
    expect(await accounts.credentials.resolve({ session: one.secret })).toEqual({ kind: "nobody" });
    const again = await accounts.sessions.open(await accounts.users.get(ada.id), "password", HERE);
    await accounts.users.change(ada.id, { disabled: true });
    await accounts.users.change(ada.id, { disabled: false });
    expect(await accounts.credentials.resolve({ session: again.secret })).toEqual({ kind: "nobody" });
    const user = await accounts.users.get(ada.id);
    const many = [];
    for (let i = 0; i <= SESSIONS_PER_USER_MAX; i++) {
      accounts.clock.nowMs += 1;
      many.push(await accounts.sessions.open(user, "password", HERE));
    }
    expect(await accounts.sessions.list(ada.id)).toHaveLength(SESSIONS_PER_USER_MAX);
    expect(await accounts.credentials.resolve({ session: many[0]?.secret })).toEqual({ kind: "nobody" });
    expect(await accounts.credentials.resolve({ session: many[1]?.secret })).toMatchObject({ login: "ada" });
  });
});

describe("API tokens", () => {
  test("act for their user until they expire, are revoked, or the user is disabled", async () => {
    await using accounts = await testAccounts();
    const { user } = await firstAdmin(accounts);
    const ada = await someUser(accounts, "ada");
    const expiresAt = accounts.clock.now() + DAY_MS;
    const short = await accounts.tokens.create(ada, { name: "short", scopes: ["read"], expiresAt });
    const long = await accounts.tokens.create(ada, {
      name: "long",
      scopes: ["read", "write"],
      checklists: ["l"],
    });
    const caller = await accounts.credentials.resolve({ bearer: long.secret });
    expect(caller).toMatchObject({
      login: "ada",
      way: "token",
      scopes: ["read", "write"],
      checklists: ["l"],
    });
    accounts.clock.nowMs += DAY_MS;
    expect(await accounts.credentials.resolve({ bearer: short.secret })).toEqual({ kind: "nobody" });
    await accounts.users.change(ada.id, { disabled: true });
    expect(await accounts.credentials.resolve({ bearer: long.secret })).toEqual({ kind: "nobody" });
    await accounts.users.change(ada.id, { disabled: false });
    expect(await accounts.credentials.resolve({ bearer: long.secret })).toEqual({ kind: "nobody" });
    const last = await accounts.tokens.create(user, { name: "last", scopes: ["admin"] });
    await accounts.tokens.revoke(user, last.token.id);
    expect(await accounts.credentials.resolve({ bearer: last.secret })).toEqual({ kind: "nobody" });
  });

  test("their last use is noted every five minutes, and nothing of a secret is stored or told", async () => {
    await using accounts = await testAccounts();
    const { user } = await firstAdmin(accounts);
    const { secret, token } = await accounts.tokens.create(user, { name: "t", scopes: ["read"] });
    await accounts.credentials.resolve({ bearer: secret });
    const noted = accounts.clock.now();
    const lastUsed = async () => (await accounts.tokens.get(user.id, token.id)).lastUsedAt;
    await writesDone(accounts);
    expect(await lastUsed()).toBe(noted);
    accounts.clock.nowMs += 299_999;
    await accounts.credentials.resolve({ bearer: secret });
    await writesDone(accounts);
    expect(await lastUsed()).toBe(noted);
    accounts.clock.nowMs += 1;
    await accounts.credentials.resolve({ bearer: secret });
    await writesDone(accounts);
    expect(await lastUsed()).toBe(noted + 300_000);
    const rows = await accounts.parts.book.all("token", user.id);
    expect(JSON.stringify([rows, accounts.told])).not.toContain(secret.slice(6));
  });

  test("the session's cookie does not count beside a token, nor a token in place of a session", async () => {
    await using accounts = await testAccounts();
    const { secret, user } = await firstAdmin(accounts);
    const token = await accounts.tokens.create(user, { name: "t", scopes: ["read"] });
    const { credentials } = accounts;
    expect(await credentials.resolve({ session: secret, bearer: `${token.secret}x` })).toEqual({
      kind: "nobody",
    });
    expect(await credentials.resolve({ session: token.secret })).toEqual({ kind: "nobody" });
    expect(await credentials.resolve({ bearer: secret })).toEqual({ kind: "nobody" });
  });

  test("a user who is not an admin can't have one with the scope admin; an expiry must be in the future", async () => {
    await using accounts = await testAccounts();
    await firstAdmin(accounts);
    const ada = await someUser(accounts, "ada");
    const expiresAt = accounts.clock.now();
    const made = accounts.tokens.create(ada, { name: "t", scopes: ["read", "admin"], expiresAt });
    const { violations } = await made.catch((error) => error);
    expect(violations).toMatchObject([{ pointer: "/scopes/1" }, { pointer: "/expiresAt" }]);
  });
});

describe("users", () => {
  test("of two who take one login at once, one gets it; an abandoned claim is taken over after a minute", async () => {
    await using accounts = await testAccounts();
    await firstAdmin(accounts);
    const ends = await Promise.allSettled(Array.from({ length: 6 }, () => someUser(accounts, "ada")));
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const claim = { userId: "ghost", claimedAt: accounts.clock.now() };
    await accounts.parts.book.add("login", { key: "bob", owner: "all", value: claim });
    expect(await refusalOf(someUser(accounts, "bob"))).toBe("conflict");
    accounts.clock.nowMs += 60_000;
    expect(await someUser(accounts, "bob")).toMatchObject({ login: "bob" });
  });

  test("of two admins who demote each other at once, one stays; the last can't be removed or disabled", async () => {
    await using accounts = await testAccounts();
    const { user } = await firstAdmin(accounts);
    const other = await someUser(accounts, "other", "admin");
    const ends = await Promise.allSettled([
      accounts.users.change(user.id, { role: "user" }),
      accounts.users.change(other.id, { disabled: true }),
    ]);
    expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const { items } = await accounts.users.list(undefined, 10);
    const left = items.find(({ value }) => value.role === "admin" && !value.disabled);
    expect(await refusalOf(accounts.users.change(left?.key ?? "", { disabled: true }))).toBe("conflict");
    expect(await refusalOf(accounts.users.remove(await accounts.users.get(left?.key ?? "")))).toBe(
      "conflict",
    );
  });

  test("each has an inbox, and one who was made in a hurry gets it at the next sign-in", async () => {
    await using accounts = await testAccounts();
    await firstAdmin(accounts);
    const ada = await someUser(accounts, "ada");
    expect(await accounts.store.findChecklist(ada.inboxId)).toMatchObject({ name: "Inbox" });
    await accounts.parts.book.change("user", ada.id, (user) => ({
      ...user,
      inboxId: "0198c7a2-6b5e-7c31-9d0f-2f5a4b1c8e77",
    }));
    await accounts.signIn.withPassword({ login: "ada", password: PASSWORD }, HERE);
    expect(await accounts.store.findChecklist("0198c7a2-6b5e-7c31-9d0f-2f5a4b1c8e77")).toBeDefined();
  });

  test("one who is removed is gone, with its sessions, and its login is free", async () => {
    await using accounts = await testAccounts();
    await firstAdmin(accounts);
    const ada = await someUser(accounts, "ada");
    const { secret } = await accounts.sessions.open(ada, "password", HERE);
    await accounts.users.remove(ada);
    expect(await accounts.credentials.resolve({ session: secret })).toEqual({ kind: "nobody" });
    expect(await accounts.users.find(ada.id)).toBeUndefined();
    await someUser(accounts, "ada");
  });
});

describe("links to choose a password", () => {
  test("work once, even if others try at the same time, and are not found from then on", async () => {
    await using accounts = await testAccounts();
    await firstAdmin(accounts);
    const ada = await accounts.users.create({ login: "ada", role: "user" });
    const secret = await accounts.passwordLinks.make(ada);
    expect(await accounts.passwordLinks.look(secret)).toMatchObject({ login: "ada" });
    const ends = await Promise.allSettled(
      Array.from({ length: 6 }, (_, i) =>
        accounts.passwordLinks.use(secret, { password: `a good one ${i}` }, HERE),
      ),
    );
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await refusalOf(accounts.passwordLinks.look(secret))).toBe("not-found");
  });

  test("end after seven days, with a newer one, and with the user's being disabled", async () => {
    await using accounts = await testAccounts();
    await firstAdmin(accounts);
    const ada = await accounts.users.create({ login: "ada", role: "user" });
    const old = await accounts.passwordLinks.make(ada);
    const kept = await accounts.passwordLinks.make(ada);
    expect(await refusalOf(accounts.passwordLinks.look(old))).toBe("not-found");
    accounts.clock.nowMs += 7 * DAY_MS - 1;
    await accounts.passwordLinks.look(kept);
    accounts.clock.nowMs += 1;
    expect(await refusalOf(accounts.passwordLinks.look(kept))).toBe("not-found");
    const last = await accounts.passwordLinks.make(ada);
    await accounts.users.change(ada.id, { disabled: true });
    await accounts.users.change(ada.id, { disabled: false });
    expect(await refusalOf(accounts.passwordLinks.look(last))).toBe("not-found");
  });

  test("a refused password leaves it as it is; a used one ends the user's other sessions", async () => {
    await using accounts = await testAccounts();
    await firstAdmin(accounts);
    const ada = await someUser(accounts, "ada");
    const { secret } = await accounts.sessions.open(ada, "password", HERE);
    const link = await accounts.passwordLinks.make(ada);
    expect(await refusalOf(accounts.passwordLinks.use(link, { password: "qwertyuiop" }, HERE))).toBe(
      "validation-failed",
    );
    const used = await accounts.passwordLinks.use(link, { password: "a very good one", name: "Ada L" }, HERE);
    expect(used.user.name).toBe("Ada L");
    expect(await accounts.credentials.resolve({ session: secret })).toEqual({ kind: "nobody" });
    expect(await accounts.credentials.resolve({ session: used.secret })).toMatchObject({ name: "Ada L" });
  });
});

test("a link for somebody else needs a session of the last 15 minutes, and is told to the audit without its secret", async () => {
  await using accounts = await testAccounts();
  const { secret: session } = await firstAdmin(accounts);
  const ada = await someUser(accounts, "ada");
  const admin = await accounts.credentials.resolve({ session });
  if (admin?.kind !== "user") throw new Error("nobody is signed in");
  const { secret } = await accounts.passwordLinks.makeFor(admin, ada.id, HERE.address);
  expect(accounts.told.at(-1)).toEqual({ act: "link made", who: "root", from: HERE.address, on: "ada" });
  accounts.clock.nowMs += 15 * 60_000;
  const late = accounts.passwordLinks.makeFor(admin, ada.id, HERE.address);
  expect(await refusalOf(late)).toBe("forbidden");
  expect((await accounts.passwordLinks.look(secret)).login).toBe("ada");
});
