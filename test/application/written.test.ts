import { describe, expect, test } from "bun:test";
import type { Written } from "../../src/application/ports.ts";
import { notFound, rowWritten } from "../../src/application/written.ts";
import { TodosError } from "../../src/domain/errors.ts";

function errorOf(written: Written<string>): TodosError {
  try {
    rowWritten(written, "task");
  } catch (error) {
    if (error instanceof TodosError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("the outcome of a write", () => {
  test("is the row if it was written, even if the row is gone", () => {
    expect(rowWritten({ outcome: "written", row: "the row" }, "task")).toBe("the row");
    expect(rowWritten({ outcome: "written", row: undefined }, "task")).toBeUndefined();
  });

  test("is not-found if it is missing", () => {
    expect(errorOf({ outcome: "missing" })).toMatchObject({
      code: "not-found",
      message: "No such task.",
    });
    expect(notFound("checklist").message).toBe("No such checklist.");
  });

  test("is precondition-failed if it is stale, and says what to do", () => {
    const error = errorOf({ outcome: "stale", version: 3 });
    expect(error.code).toBe("precondition-failed");
    expect(error.message).toContain(
      "The task does not meet the condition in If-Match or If-None-Match. GET it",
    );
  });

  test("is the domain's violation if that refused it", () => {
    const violation = { pointer: "/completed", detail: "completed and status disagree" };
    expect(errorOf({ outcome: "refused", violation })).toMatchObject({
      code: "validation-failed",
      message: violation.detail,
      violations: [violation],
    });
  });
});
