import { expect, test } from "bun:test";
import { taskRefFrom, taskRefText, textsFrom } from "../../src/domain/task-ref.ts";

test("a reference to a task comes back from its text, whatever its ids are", () => {
  for (const ref of [
    { checklistId: "a", id: "b" },
    { checklistId: 'of "old", it is', id: "\uFFFD 😀" },
  ]) {
    expect(taskRefFrom(taskRefText(ref))).toEqual(ref);
  }
});

test("anything else is refused", () => {
  for (const text of ["{}", "null", '"ab"', '["a",1]']) expect(() => textsFrom(text)).toThrow(TypeError);
  for (const text of ["[]", '["a"]']) expect(() => taskRefFrom(text)).toThrow(TypeError);
  expect(() => textsFrom("[")).toThrow(SyntaxError);
});
