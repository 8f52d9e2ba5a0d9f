import { expect, test } from "bun:test";
import { Memo } from "../../../src/adapters/http/kernel/memo.ts";

test("what was made of a header is remembered: of so many, and of none that is long", () => {
  let times = 0;
  const memo = new Memo((text) => {
    times++;
    return { text };
  });
  const first = memo.of("a");
  expect(first).toEqual({ text: "a" });
  expect(memo.of("a")).toBe(first);
  const long = "x".repeat(2_000);
  expect(memo.of(long)).not.toBe(memo.of(long));
  expect(times).toBe(3);
  for (let other = 0; other < 1_000; other++) memo.of(String(other));
  expect(memo.of("a")).not.toBe(first);
});
