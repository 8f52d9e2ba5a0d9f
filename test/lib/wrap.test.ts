import { expect, test } from "bun:test";
import { wrappedRows } from "../../src/lib/wrap.ts";

test("a text breaks between words, with rows as full as possible", () => {
  expect(wrappedRows("one two three four", 9)).toEqual(["one two", "three", "four"]);
  expect(wrappedRows("", 9)).toEqual([""]);
});

test("later rows may have less room than the first", () => {
  expect(wrappedRows("one two three four", 13, 5)).toEqual(["one two three", "four"]);
  expect(wrappedRows("one two three four", 7, 5)).toEqual(["one two", "three", "four"]);
});

test("a word longer than a row gets its own row", () => {
  expect(wrappedRows("a sha256:0123456789 b", 6)).toEqual(["a", "sha256:0123456789", "b"]);
});
