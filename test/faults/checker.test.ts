import { expect, test } from "bun:test";
import { checkRow } from "./checker.ts";
import type { Operation } from "./history.ts";

const write = (
  value: string,
  expected: number,
  outcome: Operation["outcome"],
  at = expected * 10,
): Operation => ({
  kind: "write",
  row: "r",
  value,
  expected,
  outcome,
  invokedAt: at,
  endedAt: at + 5,
  ...(outcome === "ok" ? { version: expected + 1 } : {}),
});
const read = (value: string, version: number, at: number): Operation => ({
  kind: "read",
  row: "r",
  value,
  version,
  outcome: "ok",
  invokedAt: at,
  endedAt: at + 1,
});

test("a history of one winner per version passes, undecided writes done or not", () => {
  const operations = [write("a", 1, "ok"), write("b", 1, "stale"), write("c", 2, "lost"), read("c", 3, 40)];
  expect(checkRow(operations, { version: 3, value: "c" })).toMatchObject({
    violations: [],
    acknowledged: 1,
    stale: 1,
    undecided: 1,
    undecidedButDone: 1,
  });
  expect(checkRow(operations.slice(0, 3), { version: 2, value: "a" }).violations).toEqual([]);
});

test("an acknowledged write that is gone is found", () => {
  const operations = [write("a", 1, "ok"), write("b", 2, "ok")];
  expect(checkRow(operations, { version: 2, value: "a" }).violations).toContain(
    "acknowledged version 3 is lost: the row ended at 2",
  );
});

test("an acknowledged write whose version another value has taken is found", () => {
  expect(checkRow([write("a", 1, "ok")], { version: 2, value: "b" }).violations).toEqual([
    "version 2 has several values: a, b",
  ]);
});

test("two winners of one version are found", () => {
  const { violations } = checkRow([write("a", 1, "ok"), write("b", 1, "ok")], { version: 2, value: "a" });
  expect(violations).toContain("version 1 has 2 winners: a, b");
});

test("a write that was refused and done is found", () => {
  const { violations } = checkRow([write("a", 1, "stale")], { version: 2, value: "a" });
  expect(violations).toContain("a was refused by 412, and is seen all the same");
});

test("a write that was said to have changed nothing, and did, is found", () => {
  const { violations } = checkRow([write("a", 1, "untouched")], { version: 2, value: "a" });
  expect(violations).toContain("a was told that nothing was changed, and is seen all the same");
});

test("a refusal that nobody else's write explains is found", () => {
  const { violations } = checkRow([write("a", 1, "stale")], { version: 1, value: "first" });
  expect(violations).toEqual(["a was refused by 412 though nobody else replaced version 1"]);
});

test("a read of what was replaced long before is found", () => {
  const operations = [write("a", 1, "ok", 10), read("first", 1, 20)];
  expect(checkRow(operations, { version: 2, value: "a" }).violations).toEqual([
    "a read saw version 1 after version 2 had been told to somebody",
  ]);
});

test("more versions than writes are found", () => {
  const { violations } = checkRow([write("a", 1, "ok")], { version: 4, value: "a" });
  expect(violations).toContain("the row ended at version 4 after 1 acknowledged and 0 undecided writes");
});
