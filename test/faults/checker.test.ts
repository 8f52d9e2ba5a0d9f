import { expect, test } from "bun:test";
import { checkKeyed, checkRow } from "./checker.ts";
import type { KeyedOperation, Operation } from "./history.ts";

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

test("a history of one winner per version passes, whether undecided writes were done or not", () => {
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

test("a lost acknowledged write is found", () => {
  const operations = [write("a", 1, "ok"), write("b", 2, "ok")];
  expect(checkRow(operations, { version: 2, value: "a" }).violations).toContain(
    "acknowledged version 3 is lost: the row ended at 2",
  );
});

test("an acknowledged write whose version has another value is found", () => {
  expect(checkRow([write("a", 1, "ok")], { version: 2, value: "b" }).violations).toEqual([
    "version 2 has several values: a, b",
  ]);
});

test("two winners of one version are found", () => {
  const { violations } = checkRow([write("a", 1, "ok"), write("b", 1, "ok")], { version: 2, value: "a" });
  expect(violations).toContain("version 1 has 2 winners: a, b");
});

test("a write that was refused but done is found", () => {
  const { violations } = checkRow([write("a", 1, "stale")], { version: 2, value: "a" });
  expect(violations).toContain("a was refused by 412, and is seen all the same");
});

test("a write that was reported as unchanged but done is found", () => {
  const { violations } = checkRow([write("a", 1, "untouched")], { version: 2, value: "a" });
  expect(violations).toContain("a was told that nothing was changed, and is seen all the same");
});

test("a refusal that no other write explains is found", () => {
  const { violations } = checkRow([write("a", 1, "stale")], { version: 1, value: "first" });
  expect(violations).toEqual(["a was refused by 412 though nobody else replaced version 1"]);
});

test("a read of a long-replaced value is found", () => {
  const operations = [write("a", 1, "ok", 10), read("first", 1, 20)];
  expect(checkRow(operations, { version: 2, value: "a" }).violations).toEqual([
    "a read saw version 1 after version 2 had been told to someone",
  ]);
});

test("more versions than writes are found", () => {
  const { violations } = checkRow([write("a", 1, "ok")], { version: 4, value: "a" });
  expect(violations).toContain("the row ended at version 4 after 1 acknowledged and 0 undecided writes");
});

function keyed(
  kind: KeyedOperation["kind"],
  outcome: KeyedOperation["outcome"],
  at: number,
  id?: string,
): KeyedOperation {
  return { kind, key: "k", outcome, invokedAt: at, endedAt: at + 5, ...(id !== undefined && { id }) };
}

test("a keyed row that is created, seen, deleted and requested again passes; so does an unknown deletion, done or not", () => {
  const made = [keyed("create", "unknown", 0), keyed("create", "done", 10, "a"), keyed("read", "done", 20)];
  const gone = [keyed("delete", "done", 30), keyed("create", "done", 40, "a"), keyed("read", "absent", 50)];
  expect(checkKeyed([...made, ...gone], [])).toEqual([]);
  expect(checkKeyed(made, ["a"])).toEqual([]);
  const doubtful = [...made, keyed("delete", "unknown", 30)];
  expect([checkKeyed(doubtful, ["a"]), checkKeyed(doubtful, [])]).toEqual([[], []]);
  expect(checkKeyed([keyed("create", "unknown", 0)], ["a"])).toEqual([]);
});

test("a keyed row that is lost, doubled or resurrected is found", () => {
  const made = [keyed("create", "done", 10, "a")];
  expect(checkKeyed(made, [])).toEqual(["lost at the end"]);
  expect(checkKeyed([...made, keyed("read", "absent", 20)], ["a"])).toContain(
    "lost: it was missed, and nobody deleted it",
  );
  expect(checkKeyed(made, ["a", "b"])).toEqual(["doubled: a, b"]);
  expect(checkKeyed([...made, keyed("create", "done", 20, "b")], ["a"])).toEqual(["doubled: a, b"]);
  const gone = [...made, keyed("delete", "done", 20)];
  expect(checkKeyed(gone, ["a"])).toEqual(["resurrected at the end"]);
  expect(checkKeyed([...gone, keyed("read", "done", 30)], [])).toEqual([
    "resurrected: seen after it was gone",
  ]);
  const missed = [...made, keyed("delete", "unknown", 20), keyed("read", "absent", 30)];
  expect(checkKeyed(missed, ["a"])).toEqual(["resurrected at the end"]);
});
