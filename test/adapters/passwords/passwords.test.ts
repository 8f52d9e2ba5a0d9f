import { describe, expect, test } from "bun:test";
import { argon2Passwords } from "../../../src/adapters/passwords/argon2.ts";

const passwords = argon2Passwords();

describe("passwords are kept as argon2id", () => {
  test("in OWASP's sizes, with a salt of its own each time", async () => {
    const [one, other] = await Promise.all([
      passwords.hash("correct horse"),
      passwords.hash("correct horse"),
    ]);
    expect(one).toStartWith("$argon2id$v=19$m=19456,t=2,p=1$");
    expect(other).not.toBe(one);
    expect(await passwords.verify("correct horse", one)).toBe(true);
    expect(await passwords.verify("correct hors", one)).toBe(false);
    expect(await passwords.verify("correct horse", undefined)).toBe(false);
  });

  test("every character of a long one counts", async () => {
    const long = "x".repeat(1_000);
    const hash = await passwords.hash(long);
    expect(await passwords.verify(long, hash)).toBe(true);
    expect(await passwords.verify(`${long.slice(0, -1)}y`, hash)).toBe(false);
    expect(await passwords.verify(long.slice(0, -1), hash)).toBe(false);
  });

  test("the same characters from another keyboard are the same password", async () => {
    expect(await passwords.verify("Z\u00fcrichberg!", await passwords.hash("Zu\u0308richberg!"))).toBe(true);
  });

  test("past 130 at once, more are refused and told when to try again", async () => {
    const begun = Array.from({ length: 130 }, () =>
      passwords.verify("x", "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAA"),
    );
    const refused = passwords.hash("one more");
    expect(refused).rejects.toThrow("Too many people");
    await Promise.allSettled(begun);
  });
});

describe("common passwords", () => {
  test.each(["password123", "PASSWORD123", "1234567890", "qwertyuiop", "1q2w3e4r5t", "basketball"])(
    "%s is one",
    async (common) => {
      expect(await passwords.isCommon(common)).toBe(true);
    },
  );

  test("a sentence is none", async () => {
    expect(await passwords.isCommon("correct horse battery staple")).toBe(false);
  });
});
