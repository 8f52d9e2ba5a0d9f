import { expect, test } from "bun:test";
import { then } from "../../src/lib/then.ts";

const double = (n: number) => 2 * n;

test("what is there is continued at once, without a promise", () => {
  expect(then(2, double)).toBe(4);
});

test("what comes later is continued then, and what fails fails the whole", async () => {
  expect(await then(Promise.resolve(2), double)).toBe(4);
  const failing = then(Promise.reject(new Error("late")), double);
  expect(failing).toBeInstanceOf(Promise);
  expect(Promise.resolve(failing)).rejects.toThrow("late");
});
