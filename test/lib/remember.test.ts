import { expect, test } from "bun:test";
import { remember } from "../../src/lib/remember.ts";

test("as many as allowed are kept; after one more, only that one is", () => {
  const map = new Map<string, number>();
  remember(map, "a", 1, 2);
  remember(map, "b", 2, 2);
  expect([...map]).toEqual([
    ["a", 1],
    ["b", 2],
  ]);
  remember(map, "c", 3, 2);
  expect([...map]).toEqual([["c", 3]]);
});
