import { describe, expect, test } from "bun:test";
import {
  type IssuedIdentity,
  IssuerUnreachable,
  type SignInProvider,
} from "../../../src/application/accounts/ports.ts";
import { isAwaited } from "../../../src/application/accounts/users.ts";
import { NOBODY } from "../../../src/application/caller.ts";
import { fromBase32 } from "../../../src/lib/base32.ts";
import { totpCode, totpStep } from "../../../src/lib/totp.ts";
import { firstAdmin, HERE, refusalOf, someUser, type TestAccounts, testAccounts } from "./support.ts";

const CALLBACK = "https://todos.example/sessions/oidc/callback";
const ANN: IssuedIdentity = { issuer: "https://id.example", subject: "42", login: "ann", name: "Ann" };

/** What a provider would say: the real one is in the tests of its adapter and of the executable. */
function provider(rules: { signUp?: boolean; adminGroup?: string } = {}) {
  const says = { identity: ANN, reachable: true, states: 0 };
  const peer: SignInProvider = {
    begin: async (redirectUri) => {
      if (!says.reachable) throw new IssuerUnreachable("down");
      const begun = { state: `state-${++says.states}`, nonce: "n", verifier: "v", redirectUri };
      return { url: `https://id.example/auth?state=${begun.state}`, begun };
    },
    finish: async () => says.identity,
  };
  const deps = { name: "ID", load: async () => peer, signUp: false, adminGroup: undefined, ...rules };
  return { says, deps: { provider: deps } };
}

function way(accounts: TestAccounts) {
  const signIn = accounts.provider;
  if (!signIn) throw new Error("there is a provider");
  const begin = async (browser?: string) => {
    const begun = await signIn.begin(CALLBACK, "/docs", browser);
    return { browser: begun.browser, search: new URL(begun.url).search };
  };
  const travel = async () => {
    const { search, browser } = await begin();
    return signIn.finish(search, browser, HERE, NOBODY);
  };
  return { signIn, begin, travel };
}

describe("where signing up is off", () => {
  test("an unknown identity is nobody, even if its login is a user's", async () => {
    await using accounts = await testAccounts(provider().deps);
    await someUser(accounts, "ann", "admin");
    expect(await refusalOf(way(accounts).travel())).toBe("unauthenticated");
  });

  test("linked from a signed-in session, it signs that user in; the same state works once", async () => {
    const { deps } = provider();
    await using accounts = await testAccounts(deps);
    const { caller } = await firstAdmin(accounts);
    if (caller.kind !== "user") throw new Error("no user");
    const { signIn, begin } = way(accounts);
    const begun = await signIn.beginLink(caller, CALLBACK, "/me");
    const { search } = new URL(begun.url);
    expect(await signIn.finish(search, begun.browser, HERE, caller)).toEqual({
      outcome: "linked",
      returnTo: "/me",
    });
    expect(await refusalOf(signIn.finish(search, begun.browser, HERE, caller))).toBe("unauthenticated");

    const next = await begin();
    const arrivals = await Promise.allSettled(
      [1, 2, 3].map(() => signIn.finish(next.search, next.browser, HERE, NOBODY)),
    );
    const arrived = arrivals.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    expect(arrived).toHaveLength(1);
    expect(arrived[0]).toMatchObject({
      outcome: "signed-in",
      returnTo: "/docs",
      signedIn: { user: { login: "root" } },
    });
  });

  test("a link that another session, or nobody, ends is none", async () => {
    await using accounts = await testAccounts(provider().deps);
    const { caller } = await firstAdmin(accounts);
    if (caller.kind !== "user") throw new Error("no user");
    const { signIn } = way(accounts);
    for (const other of [NOBODY, { ...caller, id: "another" }]) {
      const begun = await signIn.beginLink(caller, CALLBACK, "/me");
      const end = signIn.finish(new URL(begun.url).search, begun.browser, HERE, other);
      expect(await refusalOf(end)).toBe("unauthenticated");
    }
    expect(await accounts.identities.list(caller.id)).toEqual([]);
  });

  test("an identity is one user's", async () => {
    await using accounts = await testAccounts(provider().deps);
    const { caller } = await firstAdmin(accounts);
    if (caller.kind !== "user") throw new Error("no user");
    await accounts.identities.link({ ...caller, id: "first" }, ANN, HERE);
    expect(await refusalOf(accounts.identities.link(caller, ANN, HERE))).toBe("conflict");
    await accounts.identities.link(caller, { ...ANN, issuer: "https://other.example" }, HERE);
    await accounts.identities.link(caller, { ...ANN, subject: "43" }, HERE);
    expect(await accounts.identities.list(caller.id)).toHaveLength(2);
  });
});

test("another browser can't end a sign-in, and does not use it up; two tabs of one browser can both", async () => {
  await using accounts = await testAccounts(provider({ signUp: true }).deps);
  const { signIn, begin } = way(accounts);
  const one = await begin();
  const two = await begin(one.browser);
  const thief = await begin();
  for (const browser of [undefined, "", thief.browser])
    expect(await refusalOf(signIn.finish(one.search, browser, HERE, NOBODY))).toBe("unauthenticated");
  expect(two.browser).toBe(one.browser);
  for (const { search, browser } of [one, two])
    expect((await signIn.finish(search, browser, HERE, NOBODY)).outcome).toBe("signed-in");
});

test("after ten minutes a sign-in has ended; without a state, or with two, there is none", async () => {
  await using accounts = await testAccounts(provider({ signUp: true }).deps);
  const { signIn, begin } = way(accounts);
  const { search, browser } = await begin();
  for (const other of ["", "?code=1", `${search}&state=x`, "?state="])
    expect(await refusalOf(signIn.finish(other, browser, HERE, NOBODY))).toBe("unauthenticated");
  accounts.clock.nowMs += 10 * 60_000;
  expect(await refusalOf(signIn.finish(search, browser, HERE, NOBODY))).toBe("unauthenticated");
});

describe("where signing up is on", () => {
  test("an unknown identity becomes a user; a login that is taken stays its owner's", async () => {
    const { says, deps } = provider({ signUp: true });
    await using accounts = await testAccounts(deps);
    const owner = await someUser(accounts, "ann", "admin");
    const { travel } = way(accounts);
    const arrival = await travel();
    if (arrival.outcome !== "signed-in") throw new Error(arrival.outcome);
    expect(arrival.signedIn.user).toMatchObject({ login: "ann-2", name: "Ann", role: "user" });
    expect(arrival.signedIn.user.id).not.toBe(owner.id);
    says.identity = { ...ANN, name: "Ann Newname", login: "other" };
    const again = await travel();
    if (again.outcome !== "signed-in") throw new Error(again.outcome);
    expect(again.signedIn.user.id).toBe(arrival.signedIn.user.id);
    for (const login of ["Ünï çode!", "", "a".repeat(300)]) {
      says.identity = { ...ANN, subject: login, login };
      const other = await travel();
      if (other.outcome !== "signed-in") throw new Error(other.outcome);
      expect(other.signedIn.user.login).toMatch(/^[a-z0-9._@+-]{1,64}$/);
    }
  });

  test("a user who comes in only that way no longer counts as invited, even if that was before it was noted", async () => {
    await using accounts = await testAccounts(provider({ signUp: true }).deps);
    const { travel } = way(accounts);
    const arrival = await travel();
    if (arrival.outcome !== "signed-in") throw new Error(arrival.outcome);
    const { id } = arrival.signedIn.user;
    expect(isAwaited(await accounts.users.get(id))).toBe(false);
    await accounts.parts.book.change("user", id, ({ arrived: _, ...user }) => user);
    expect(isAwaited(await accounts.users.get(id))).toBe(true);
    await travel();
    expect(isAwaited(await accounts.users.get(id))).toBe(false);
  });

  test("the same person twice at once is one user", async () => {
    await using accounts = await testAccounts(provider({ signUp: true }).deps);
    const { travel } = way(accounts);
    const arrivals = await Promise.all([travel(), travel(), travel()]);
    const ids = arrivals.map((each) => (each.outcome === "signed-in" ? each.signedIn.user.id : each.outcome));
    expect(new Set(ids).size).toBe(1);
    expect((await accounts.users.list(undefined, 10)).items).toHaveLength(1);
  });

  test("the admin group's members are admins while they are in it; one who was linked keeps the role", async () => {
    const { says, deps } = provider({ signUp: true, adminGroup: "admins" });
    await using accounts = await testAccounts(deps);
    const { caller } = await firstAdmin(accounts);
    if (caller.kind !== "user") throw new Error("no user");
    const { travel } = way(accounts);
    const roleWith = async (groups: readonly string[] | undefined) => {
      says.identity = groups === undefined ? ANN : { ...ANN, groups };
      const arrival = await travel();
      return arrival.outcome === "signed-in" ? arrival.signedIn.user.role : arrival.outcome;
    };
    expect(await roleWith(["staff", "admins"])).toBe("admin");
    expect(await roleWith(undefined)).toBe("admin");
    expect(await roleWith(["admins2"])).toBe("user");
    says.identity = { ...ANN, subject: "root's", groups: [] };
    await accounts.identities.link(caller, says.identity, HERE);
    const arrival = await travel();
    expect(arrival).toMatchObject({ signedIn: { user: { login: "root", role: "admin" } } });
  });
});

test("signing in elsewhere does not replace the second factor", async () => {
  await using accounts = await testAccounts(provider().deps);
  const { caller } = await firstAdmin(accounts);
  if (caller.kind !== "user") throw new Error("no user");
  await accounts.identities.link(caller, ANN, HERE);
  const { secret } = await accounts.twoFactor.begin(caller, "todos");
  const code = (off: number) =>
    totpCode(fromBase32(secret) ?? new Uint8Array(), totpStep(accounts.clock.now()) + off);
  await accounts.twoFactor.confirm(caller, code(0), HERE);
  const { signIn, travel } = way(accounts);
  const arrival = await travel();
  if (arrival.outcome !== "second-factor") throw new Error(arrival.outcome);
  const finish = (given: string, ticket = arrival.ticket) =>
    signIn.withSecondFactor(ticket, given, HERE, NOBODY);
  expect(await refusalOf(finish(code(1), "wrong"))).toBe("unauthenticated");
  expect(await refusalOf(finish("000000"))).toBe("unauthenticated");
  expect((await finish(code(1))).user.login).toBe("root");
  accounts.clock.nowMs += 60_000;
  expect(await refusalOf(finish(code(1)))).toBe("unauthenticated");
});

test("a disabled user does not get in; the last way in can't be removed", async () => {
  await using accounts = await testAccounts(provider({ signUp: true }).deps);
  await firstAdmin(accounts);
  const { travel } = way(accounts);
  const arrival = await travel();
  if (arrival.outcome !== "signed-in" || arrival.signedIn.caller.kind !== "user") throw new Error("not in");
  const { caller } = arrival.signedIn;
  const [identity] = await accounts.identities.list(caller.id);
  expect(await refusalOf(accounts.identities.remove(caller, identity?.id ?? "", HERE))).toBe("conflict");
  await accounts.users.setPassword(caller.id, "a hash");
  const again = await travel();
  if (again.outcome !== "signed-in" || again.signedIn.caller.kind !== "user") throw new Error("not in");
  await accounts.users.change(caller.id, { disabled: true });
  expect(await refusalOf(travel())).toBe("unauthenticated");
  await accounts.users.change(caller.id, { disabled: false });
  const last = await travel();
  if (last.outcome !== "signed-in" || last.signedIn.caller.kind !== "user") throw new Error("not in");
  await accounts.identities.remove(last.signedIn.caller, identity?.id ?? "", HERE);
  expect(await accounts.identities.list(caller.id)).toEqual([]);
});

test("a provider that can't be reached is told as such", async () => {
  const { says, deps } = provider();
  await using accounts = await testAccounts(deps);
  says.reachable = false;
  expect(await refusalOf(way(accounts).begin())).toBe("provider-unavailable");
});
