import { expect, test } from "bun:test";
import { wrappedRows } from "../../src/lib/wrap.ts";

test("a text breaks between words, each row as full as it can be", () => {
  expect(wrappedRows("one two three four", 9)).toEqual(["one two", "three", "four"]);
  expect(wrappedRows("", 9)).toEqual([""]);
});

test("later rows may have less room than the first", () => {
  expect(wrappedRows("one two three four", 13, 5)).toEqual(["one two three", "four"]);
  expect(wrappedRows("one two three four", 7, 5)).toEqual(["one two", "three", "four"]);
});

test("a word that is longer than a row gets a row to itself", () => {
  expect(wrappedRows("a sha256:0123456789 b", 6)).toEqual(["a", "sha256:0123456789", "b"]);
});
