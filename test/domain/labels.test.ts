import { describe, expect, test } from "bun:test";
import {
  hasLabels,
  LABEL_CHARS_MAX,
  LABEL_PATTERN,
  LABELS_PATTERN,
  labelProblems,
  parsedLabels,
  TASK_LABELS_MAX,
  trimmedLabels,
} from "../../src/domain/labels.ts";

/** @throws Error if it is no filter */
function wanted(text: string): readonly string[] {
  const parsed = parsedLabels(text);
  if ("detail" in parsed) throw new Error(parsed.detail);
  return parsed;
}

test("the documented pattern of a label and the check agree", () => {
  const pattern = new RegExp(LABEL_PATTERN);
  const pieces = ["a", "🧺", ",", " ", "\n", "\0", "\u3000"];
  for (const a of pieces)
    for (const b of pieces)
      for (const c of ["", ...pieces])
        expect([a + b + c, pattern.test(a + b + c)]).toEqual([
          a + b + c,
          labelProblems([a + b + c]).length === 0,
        ]);
});

test("the documented pattern of labels to filter by and the check agree", () => {
  const pattern = new RegExp(LABELS_PATTERN, "u");
  const pieces = ["a", "🧺", ",", " ", "\0", "x".repeat(49), "x".repeat(50), ",y".repeat(19)];
  for (const a of pieces)
    for (const b of pieces)
      for (const c of ["", ...pieces]) {
        const text = a + b + c;
        expect([text, pattern.test(text)]).toEqual([text, !("detail" in parsedLabels(text))]);
      }
});

describe("labels of a task", () => {
  test("are trimmed; their order and case stay", () => {
    expect(trimmedLabels([" Zoo ", "home", "É"])).toEqual(["Zoo", "home", "É"]);
    expect(labelProblems([" Zoo ", "home", "É"])).toEqual([]);
    expect(labelProblems([])).toEqual([]);
  });

  test.each([
    ["", "must not be empty or blank"],
    [" \t\u3000", "must not be empty or blank"],
    ["a,b", "must not contain a comma"],
    ["a\0", "must not contain the character NUL (U+0000)"],
    ["\ud83d", "must not contain a lone surrogate (half of a UTF-16 pair)"],
    ["😀".repeat(LABEL_CHARS_MAX + 1), "must have at most 50 characters; it has 51"],
  ])("%j → refused, with its place", (label, detail) => {
    expect(labelProblems(["first", label])).toEqual([{ pointer: "/labels/1", detail }]);
  });

  test("may have 50 characters, and blanks around them", () => {
    expect(labelProblems([` ${"😀".repeat(LABEL_CHARS_MAX)} `])).toEqual([]);
  });

  test("may be 20, and not 21", () => {
    const labels = Array.from({ length: TASK_LABELS_MAX + 1 }, (_, i) => `label ${i}`);
    expect(labelProblems(labels.slice(1))).toEqual([]);
    expect(labelProblems(labels)).toEqual([
      { pointer: "/labels", detail: "must have at most 20 items; it has 21" },
    ]);
  });

  test.each([
    ["home", "Home"],
    ["home", " home "],
    ["straße", "STRASSE"],
    ["é", "E\u0301"],
    ["İş", "iş"],
  ])("%j and %j are equal but for case → refused", (first, second) => {
    const detail = "must not repeat /labels/0, whatever its case";
    expect(labelProblems([first, "between", second])).toEqual([{ pointer: "/labels/2", detail }]);
  });

  test("may differ in accents alone", () => {
    expect(labelProblems(["resume", "résumé"])).toEqual([]);
  });
});

describe("the filter labels=a,b", () => {
  test("matches tasks that have all of them, in whatever case", () => {
    const labels = ["Home", "Straße", "x"];
    expect(hasLabels(labels, wanted("home"))).toBe(true);
    expect(hasLabels(labels, wanted("X, STRASSE"))).toBe(true);
    expect(hasLabels(labels, wanted("home,HOME,Home"))).toBe(true);
    expect(hasLabels(labels, wanted("home,y"))).toBe(false);
    expect(hasLabels(labels, wanted("hom"))).toBe(false);
    expect(hasLabels([], wanted("home"))).toBe(false);
  });

  test.each(["", ",", "a,,b", "a, ", `${"x".repeat(LABEL_CHARS_MAX + 1)}`])("%j → refused", (text) => {
    expect(parsedLabels(text)).toMatchObject({ pointer: "/query/labels" });
  });

  test("names 20 labels at most", () => {
    const labels = Array.from({ length: TASK_LABELS_MAX + 1 }, (_, i) => `l${i}`);
    expect(wanted(labels.slice(1).join(","))).toHaveLength(20);
    const detail = "must name at most 20 labels";
    expect(parsedLabels(labels.join(","))).toEqual({ pointer: "/query/labels", detail });
  });
});
