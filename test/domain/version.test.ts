import { describe, expect, test } from "bun:test";
import { type Guard, guardHolds, UNGUARDED } from "../../src/domain/version.ts";

describe("a guard on a row of version 3", () => {
  const cases: readonly (readonly [Guard, boolean])[] = [
    [{}, true],
    [{ anyOf: [3] }, true],
    [{ anyOf: [1, 3, 5] }, true],
    [{ anyOf: [2] }, false],
    [{ anyOf: [2, 4] }, false],
    [{ anyOf: [] }, false],
    [{ noneOf: [] }, true],
    [{ noneOf: [2, 4] }, true],
    [{ noneOf: [3] }, false],
    [{ noneOf: [2, 3] }, false],
    [{ noneOf: "*" }, false],
    [{ anyOf: [3], noneOf: [2] }, true],
    [{ anyOf: [3], noneOf: [3] }, false],
    [{ anyOf: [3], noneOf: "*" }, false],
    [{ anyOf: [2], noneOf: [2] }, false],
  ];
  test.each(cases)("%j holds: %p", (guard, holds) => {
    expect(guardHolds(guard, 3)).toBe(holds);
  });

  test("without a condition holds for every version", () => {
    expect([1, 2, 1_000].every((version) => guardHolds(UNGUARDED, version))).toBe(true);
  });
});
