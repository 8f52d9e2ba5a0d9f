import { describe, expect, test } from "bun:test";
import {
  FREE_GUESSES,
  GUESSES_REMEMBERED_MAX,
  Guesses,
  PENDING_PER_SOURCE_MAX,
} from "../../../src/application/accounts/guesses.ts";
import { TodosError } from "../../../src/domain/errors.ts";

function guessing() {
  let now = 1_000_000;
  const guesses = new Guesses({ now: () => now });
  const waitS = (target: string, source: string): number | undefined => {
    try {
      guesses.attempt(target, source).settle("wrong");
      return undefined;
    } catch (error) {
      return error instanceof TodosError ? error.retryAfterS : Number.NaN;
    }
  };
  return { guesses, waitS, later: (ms: number) => (now += ms) };
}

describe("guesses are slowed down", () => {
  test("four wrong ones on one login go through; the fifth waits, from any address, and then twice as long", () => {
    const { waitS, later } = guessing();
    const waits = Array.from({ length: FREE_GUESSES }, (_, i) => waitS("login ada", `10.0.0.${i}`));
    expect(waits).toEqual([undefined, undefined, undefined, undefined]);
    expect(waitS("login ada", "10.0.1.1")).toBe(1);
    later(1_000);
    expect(waitS("login ada", "10.0.1.1")).toBeUndefined();
    expect(waitS("login ada", "10.0.1.2")).toBe(2);
    for (let i = 0; i < 20; i++) {
      later(60_000);
      expect(waitS("login ada", `10.0.2.${i}`)).toBeUndefined();
    }
    expect(waitS("login ada", "10.0.3.1")).toBe(60);
  });

  test("an address that tries many logins waits, and others do not", () => {
    const { waitS } = guessing();
    for (let i = 0; i < FREE_GUESSES; i++) expect(waitS(`login u${i}`, "10.0.0.1")).toBeUndefined();
    expect(waitS("login u9", "10.0.0.1")).toBe(1);
    expect(waitS("login u9", "10.0.0.2")).toBeUndefined();
  });

  test("many attempts on one login at once count before they are answered", () => {
    const { guesses } = guessing();
    for (let i = 0; i < FREE_GUESSES; i++) guesses.attempt("login ada", `10.0.0.${i}`);
    expect(() => guesses.attempt("login ada", "10.0.0.9")).toThrow("too many");
  });

  test("fifty people behind one address sign in together, and a success clears the login", () => {
    const { guesses, waitS } = guessing();
    const begun = Array.from({ length: PENDING_PER_SOURCE_MAX }, (_, i) =>
      guesses.attempt(`login u${i}`, "a"),
    );
    expect(() => guesses.attempt("login one-more", "a")).toThrow("too many");
    for (const attempt of begun) attempt.settle("right");
    expect(guesses.size).toBe(0);
    expect(waitS("login u1", "a")).toBeUndefined();
  });

  test("an address with four failures has one attempt at a time", () => {
    const { guesses, waitS, later } = guessing();
    for (let i = 0; i < FREE_GUESSES; i++) waitS(`login u${i}`, "a");
    later(60_000);
    const begun = guesses.attempt("login u7", "a");
    expect(() => guesses.attempt("login u8", "a")).toThrow("too many");
    begun.settle("right");
    guesses.attempt("login u8", "a").settle("right");
  });

  test("what ended without an answer does not count", () => {
    const { guesses, waitS } = guessing();
    for (let i = 0; i < 10; i++) guesses.attempt("login ada", "a").settle("undecided");
    expect(waitS("login ada", "a")).toBeUndefined();
  });

  test("an hour later all starts again", () => {
    const { waitS, later } = guessing();
    for (let i = 0; i < FREE_GUESSES; i++) waitS("login ada", "a");
    later(3_600_000);
    for (let i = 0; i < FREE_GUESSES; i++) expect(waitS("login ada", "a")).toBeUndefined();
  });

  test("many logins and addresses do not fill the memory", () => {
    const { guesses, later } = guessing();
    for (let i = 0; i < 3 * GUESSES_REMEMBERED_MAX; i++) {
      guesses.attempt(`login ${i}`, `s ${i}`).settle("wrong");
      later(1);
    }
    expect(guesses.size).toBe(2 * GUESSES_REMEMBERED_MAX);
  });
});
