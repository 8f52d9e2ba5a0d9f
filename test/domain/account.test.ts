import { describe, expect, test } from "bun:test";
import { loginOf, loginProblem, normalPassword, passwordProblem } from "../../src/domain/account.ts";

describe("logins", () => {
  test.each(["a", "Ada", "ada.l-2_x@todos.example", "a+b", "x".repeat(64)])(
    "%s: kept in lower case",
    (login) => {
      expect(loginOf(login)).toBe(login.toLowerCase());
      expect(loginProblem(login)).toBeUndefined();
    },
  );

  test.each(["", " ada", "ada ", "a b", "ä", "аda", "a\n", "a/b", "x".repeat(65), "<b>"])(
    "%j: none",
    (login) => {
      expect(loginOf(login)).toBeUndefined();
      expect(loginProblem(login)).toContain("1 to 64");
    },
  );
});

describe("passwords", () => {
  test.each([
    ["nine digits", "at least 10", "123456789"],
    ["nine keys", "at least 10", "🔑".repeat(9)],
    ["1,001 letters", "at most 1000", "x".repeat(1_001)],
    ["ten million letters", "at most 1000", "x".repeat(10_000_000)],
    ["the login", "must not be the login", "ada@todos.example"],
    ["the login in capitals", "must not be the login", "ADA@todos.example"],
    ["half a character", "lone surrogate", "\ud800aaaaaaaaaa"],
  ])("%s: %s", (_what, reason, password) => {
    expect(passwordProblem(password, "ada@todos.example")).toContain(reason);
  });

  test.each([
    ["ten characters", "ten chars!"],
    ["ten keys", "🔑".repeat(10)],
    ["1,000 letters", "x".repeat(1_000)],
    ["1,000 keys", "🔑".repeat(1_000)],
  ])("%s: fine", (_what, password) => expect(passwordProblem(password, "ada")).toBeUndefined());

  test("the same characters typed on different keyboards are one password", () => {
    expect(normalPassword("Zu\u0308richberg")).toBe(normalPassword("Z\u00fcrichberg"));
  });
});
