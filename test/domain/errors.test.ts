import { describe, expect, test } from "bun:test";
import { ERROR_CODES, refuse, TodosError, type Violation } from "../../src/domain/errors.ts";

function refusal(violations: readonly Violation[]): TodosError {
  try {
    return refuse(violations);
  } catch (error) {
    if (error instanceof TodosError) return error;
    throw error;
  }
}

describe("an error that a user can cause", () => {
  test("has its code, its sentence and nothing else if nothing else is given", () => {
    const error = new TodosError("conflict", "No.");
    expect(error).toMatchObject({ name: "TodosError", code: "conflict", message: "No.", violations: [] });
    expect(error.retryAfterS).toBeUndefined();
    expect("cause" in error).toBe(false);
    expect(error).toBeInstanceOf(Error);
  });

  test("has violations, a retry time, and its cause", () => {
    const cause = new Error("inner");
    const violations = [{ pointer: "/a", detail: "b" }];
    const error = new TodosError("store-unavailable", "Later.", { violations, retryAfterS: 5, cause });
    expect(error).toMatchObject({ violations, retryAfterS: 5 });
    expect(error.cause).toBe(cause);
  });

  test("has its own code for each kind", () => {
    expect(new Set(ERROR_CODES).size).toBe(ERROR_CODES.length);
  });
});

describe("a refusal", () => {
  const first = { pointer: "/name", detail: "must not be empty or blank" };
  const second = { pointer: "/x", detail: "is not a member" };

  test("says what is wrong and where", () => {
    const error = refusal([first]);
    expect(error).toMatchObject({ code: "validation-failed", violations: [first] });
    expect(error.message).toBe("must not be empty or blank");
  });

  test("with several mistakes names all, says the first, and how many more there are", () => {
    expect(refusal([first, second])).toMatchObject({
      message: "must not be empty or blank (and 1 more)",
      violations: [first, second],
    });
    expect(refusal([first, second, second]).message).toEndWith("(and 2 more)");
  });

  test("without a reason is still a sentence", () => {
    expect(refusal([]).message).toBe("is not allowed");
  });
});
