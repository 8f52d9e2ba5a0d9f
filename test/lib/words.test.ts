import { expect, test } from "bun:test";
import { lastPartOf } from "../../src/lib/arn.ts";
import { reasonOf } from "../../src/lib/reason.ts";
import { commaSeparated, counted } from "../../src/lib/words.ts";

test("one is singular, any other count plural", () => {
  expect([0, 1, 2].map((count) => counted(count, "task"))).toEqual(["0 tasks", "1 task", "2 tasks"]);
  expect(counted(1_234_567, "byte")).toBe("1,234,567 bytes");
});

test("the last part of an ARN is its id; a text without a slash is its own last part", () => {
  expect(lastPartOf("arn:aws:ecs:eu-west-1:111122223333:task/todos/4f2a")).toBe("4f2a");
  expect(lastPartOf("4f2a")).toBe("4f2a");
});

test("the reason of an error is its message; of any other thrown value, its text", () => {
  expect(reasonOf(new RangeError("too far"))).toBe("too far");
  expect(reasonOf("too far")).toBe("too far");
});

test("a list with commas: blanks around entries and empty entries are ignored", () => {
  expect(commaSeparated(" a, b b,,c ,")).toEqual(["a", "b b", "c"]);
  expect(commaSeparated("")).toEqual([]);
});
