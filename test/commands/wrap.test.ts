import { expect, test } from "bun:test";
import { wrapped } from "../../src/commands/support/wrap.ts";

test("a line longer than the terminal is broken between words and continues indented", () => {
  expect(wrapped("  one two three four five", 20)).toBe("  one two three four\n    five");
});

test("a quoted line continues as a quotation", () => {
  expect(wrapped("    | first second third", 20)).toBe("    | first second\n    |   third");
});

test("a word longer than the terminal stays whole", () => {
  const word = "x".repeat(50);
  expect(wrapped(`${word} and more ${word}`, 20)).toBe(`${word}\n  and more\n  ${word}`);
});

test("without a terminal, in a very narrow one, or if it fits, a line stays unchanged", () => {
  const line = "  one two three four five";
  expect([wrapped(line, undefined), wrapped(line, 10), wrapped(line, line.length)]).toEqual([
    line,
    line,
    line,
  ]);
});
