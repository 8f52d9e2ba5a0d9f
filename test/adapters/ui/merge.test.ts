import { describe, expect, test } from "bun:test";
import { merged, mergedLabels, same } from "../../../src/adapters/ui/merge/merge.ts";

describe("three-way merge by member", () => {
  const cases = [
    ["changed here alone: it is sent", { todo: "a" }, { todo: "b" }, { todo: "a" }, { todo: "b" }, []],
    ["changed to the same on both sides: nothing", { todo: "a" }, { todo: "b" }, { todo: "b" }, {}, []],
    ["changed on both sides: a clash", { todo: "a" }, { todo: "b" }, { todo: "c" }, {}, ["todo"]],
    [
      "other members changed there: they stay",
      { todo: "a" },
      { todo: "b" },
      { todo: "a", priority: "high" },
      { todo: "b" },
      [],
    ],
    [
      "one member clashes, the other goes on",
      { todo: "a", status: "pending" },
      { todo: "b", status: "completed" },
      { todo: "c", status: "pending" },
      { status: "completed" },
      ["todo"],
    ],
    [
      "taken away here, unchanged there: it is taken away",
      { dueDate: "2026-01-01" },
      { dueDate: null },
      { dueDate: "2026-01-01" },
      { dueDate: null },
      [],
    ],
    ["taken away on both sides: nothing", { dueDate: "2026-01-01" }, { dueDate: null }, {}, {}, []],
    [
      "taken away here, changed there: a clash",
      { dueDate: "2026-01-01" },
      { dueDate: null },
      { dueDate: "2026-02-02" },
      {},
      ["dueDate"],
    ],
    [
      "added on both sides: a clash",
      { description: null },
      { description: "x" },
      { description: "y" },
      {},
      ["description"],
    ],
    ["moved on both sides: a clash", { list: "A" }, { list: "B" }, { list: "C" }, {}, ["list"]],
    [
      "labels of both sides come together",
      { labels: ["a"] },
      { labels: ["a", "b"] },
      { labels: ["a", "c"] },
      { labels: ["a", "c", "b"] },
      [],
    ],
    [
      "the same label taken away on both sides: nothing",
      { labels: ["a"] },
      { labels: [] },
      { labels: [] },
      {},
      [],
    ],
    [
      "a description is a whole: no clash only if one side changed it",
      { description: "x\ny" },
      { description: "x1\ny" },
      { description: "x\ny1" },
      {},
      ["description"],
    ],
  ] as const;
  test.each(cases)("%s", (_, base, mine, theirs, send, clash) => {
    expect(merged(base, mine, theirs)).toEqual({ send, clash: [...clash] });
  });
});

describe("labels merge as a set", () => {
  const cases = [
    ["added here, added there", [], ["a"], ["b"], ["b", "a"]],
    ["taken away here, kept there", ["a", "b"], ["b"], ["a", "b", "c"], ["b", "c"]],
    ["taken away there stays away", ["a"], ["a", "b"], [], ["b"]],
    ["the same one added with another case is one", [], ["Home"], ["home"], ["home"]],
  ] as const;
  test.each(cases)("%s", (_, base, mine, theirs, labels) => {
    expect(mergedLabels(base, mine, theirs)).toEqual([...labels]);
  });
});

test("absent, null and undefined are one value; another order of labels is another value", () => {
  expect(same(undefined, null)).toBe(true);
  expect(same(["a", "b"], ["b", "a"])).toBe(false);
});
