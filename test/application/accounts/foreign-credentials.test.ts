import { expect, test } from "bun:test";
import {
  type BearerTokens,
  IdentityError,
  IssuerUnreachable,
} from "../../../src/application/accounts/ports.ts";
import { isAwaited } from "../../../src/application/accounts/users.ts";
import { NOBODY } from "../../../src/application/caller.ts";
import { firstAdmin, HERE, refusalOf, someUser, testAccounts } from "./support.ts";

const ISSUER = "https://id.example";

/** A provider whose tokens are subjects in clear: the real checks are in the tests of its adapter. */
const bearer: BearerTokens = {
  async verified(token) {
    if (token === "refused") throw new IdentityError("refused");
    if (token === "unreachable") throw new IssuerUnreachable("down");
    return token.startsWith("jwt-") ? { issuer: ISSUER, subject: token.slice("jwt-".length) } : undefined;
  },
};
const provider = {
  name: "ID",
  signUp: true,
  adminGroup: undefined,
  load: () => Promise.reject(new Error("nobody signs in")),
  loadBearer: async () => bearer,
};

test("a provider's token is its user's, if the identity is linked; it makes no user", async () => {
  await using accounts = await testAccounts({ provider });
  const { caller } = await firstAdmin(accounts);
  if (caller.kind !== "user") throw new Error("no user");
  await accounts.identities.link(caller, { issuer: ISSUER, subject: "42" }, HERE);
  const by = (token: string) => Promise.resolve(accounts.credentials.resolve({ bearer: token }));
  expect(await by("jwt-42")).toMatchObject({ kind: "user", login: "root", way: "jwt" });
  for (const token of ["jwt-root", "jwt-43", "refused", "no JWT", ""])
    expect(await by(token)).toEqual(NOBODY);
  expect(await refusalOf(by("unreachable"))).toBe("provider-unavailable");
  expect((await accounts.users.list(undefined, 10)).items).toHaveLength(1);
  await someUser(accounts, "second", "admin");
  await accounts.users.change(caller.id, { disabled: true });
  expect(await by("jwt-42")).toEqual(NOBODY);
});

test("without a provider a JWT is nobody's", async () => {
  await using accounts = await testAccounts();
  expect(await accounts.credentials.resolve({ bearer: "jwt-42" })).toEqual(NOBODY);
});

test("a user whom a proxy vouches for has come in, and no longer counts as invited", async () => {
  await using accounts = await testAccounts();
  const ann = await accounts.users.create({ login: "ann", role: "user" });
  expect(isAwaited(ann)).toBe(true);
  await accounts.credentials.resolve({ vouched: { kind: "login", login: "ann" } });
  expect(isAwaited(await accounts.users.get(ann.id))).toBe(false);
});

test("a proxy's word counts before the cookie, for users that there are; what is unclear is nobody", async () => {
  await using accounts = await testAccounts();
  const { secret } = await firstAdmin(accounts);
  const ann = await someUser(accounts, "ann");
  const by = (vouched: Parameters<typeof accounts.credentials.resolve>[0]["vouched"]) =>
    Promise.resolve(accounts.credentials.resolve({ session: secret, vouched }));
  expect(await by({ kind: "login", login: "ann" })).toMatchObject({ login: "ann", way: "proxy" });
  expect(await by({ kind: "nothing" })).toMatchObject({ login: "root", way: "session" });
  expect(await by({ kind: "login", login: "nobody" })).toEqual(NOBODY);
  expect(await by({ kind: "unclear", reason: "twice" })).toEqual(NOBODY);
  await accounts.users.change(ann.id, { disabled: true });
  expect(await by({ kind: "login", login: "ann" })).toEqual(NOBODY);
});
