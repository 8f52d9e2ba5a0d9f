import { expect, test } from "bun:test";
import { Secret, TOTP } from "otpauth";
import { firstAdmin, HERE, PASSWORD, refusalOf, type TestAccounts, testAccounts } from "./support.ts";

/** An authenticator app of others. */
function app(accounts: TestAccounts, secret: string) {
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  return { code: (offS = 0) => totp.generate({ timestamp: accounts.clock.now() + offS * 1_000 }) };
}

/** A user with a second factor. */
async function protectedUser(accounts: TestAccounts) {
  const { caller } = await firstAdmin(accounts);
  if (caller.kind !== "user") throw new Error("no user");
  const { secret } = await accounts.twoFactor.begin(caller, "todos");
  const phone = app(accounts, secret);
  const codes = await accounts.twoFactor.confirm(caller, phone.code(), HERE);
  const signIn = (code?: string) =>
    accounts.signIn.withPassword({ login: "root", password: PASSWORD, ...(code ? { code } : {}) }, HERE);
  return { caller, phone, codes, signIn };
}

test("until a code shows that an app has the secret, nothing has changed", async () => {
  await using accounts = await testAccounts();
  const { caller } = await firstAdmin(accounts);
  if (caller.kind !== "user") throw new Error("no user");
  expect(await refusalOf(accounts.twoFactor.confirm(caller, "123456", HERE))).toBe("not-found");
  const { secret } = await accounts.twoFactor.begin(caller, "todos");
  expect(await refusalOf(accounts.twoFactor.confirm(caller, app(accounts, secret).code(90), HERE))).toBe(
    "validation-failed",
  );
  await accounts.signIn.withPassword({ login: "root", password: PASSWORD }, HERE);
});

test("a password alone no longer signs in; a code does, once, and not the one that switched it on", async () => {
  await using accounts = await testAccounts();
  const { phone, signIn } = await protectedUser(accounts);
  expect(await refusalOf(signIn())).toBe("second-factor-required");
  expect(await refusalOf(signIn(phone.code()))).toBe("unauthenticated");
  accounts.clock.nowMs += 30_000;
  const code = phone.code();
  const ends = await Promise.allSettled([signIn(code), signIn(code), signIn(code)]);
  expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await refusalOf(signIn(code))).toBe("unauthenticated");
});

test("a recovery code signs in once, however it is typed", async () => {
  await using accounts = await testAccounts();
  const { codes, signIn } = await protectedUser(accounts);
  expect(codes).toHaveLength(10);
  expect(new Set(codes).size).toBe(10);
  const [first = "", second = ""] = codes;
  expect(first).toMatch(/^([a-z2-7]{4}-){3}[a-z2-7]{4}$/);
  const typed = first.toUpperCase().replaceAll("-", " ").replaceAll("O", "0").replaceAll("L", "1");
  const ends = await Promise.allSettled([signIn(typed), signIn(first)]);
  expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  await signIn(second);
  expect(await refusalOf(signIn(second))).toBe("unauthenticated");
  const { recovery } = await accounts.users.get((await accounts.users.findByLogin("root"))?.id ?? "");
  expect(recovery).toHaveLength(8);
  expect(JSON.stringify(recovery)).not.toContain(codes[2]);
});

test("wrong codes slow down like wrong passwords", async () => {
  await using accounts = await testAccounts();
  const { signIn } = await protectedUser(accounts);
  const said: string[] = [];
  for (let n = 0; n < 6; n++) said.push(await refusalOf(signIn("000000")));
  expect(said.slice(0, 4)).toEqual(Array(4).fill("unauthenticated"));
  expect(said[5]).toBe("too-many-requests");
});

test("to change it, somebody must have signed in not long ago; without it a password is enough again", async () => {
  await using accounts = await testAccounts();
  const { caller, phone, signIn } = await protectedUser(accounts);
  expect(await refusalOf(accounts.twoFactor.begin(caller, "todos"))).toBe("conflict");
  accounts.clock.nowMs += 15 * 60_000;
  expect(await refusalOf(accounts.twoFactor.remove(caller, HERE))).toBe("forbidden");
  const { session: _, ...byToken } = caller;
  expect(await refusalOf(accounts.twoFactor.remove(byToken, HERE))).toBe("forbidden");
  const again = await signIn(phone.code());
  if (again.caller.kind !== "user") throw new Error("no user");
  await accounts.twoFactor.remove(again.caller, HERE);
  await signIn();
  const acts = accounts.told.map(({ act }) => act);
  expect(acts).toEqual(expect.arrayContaining(["second factor on", "second factor off"]));
});
