import { describe, expect, test } from "bun:test";
import { codePoints, TEXT_PATTERN, TRIMMED_CHARS, textProblem } from "../../src/domain/text.ts";
import { seededRandom } from "../support/random.ts";

const BLANK = "must not be empty or blank";
const NUL = "must not contain the character NUL (U+0000)";
const LONE = "must not contain a lone surrogate (half of a UTF-16 pair)";
const HIGH = "\ud83d";
const LOW = "\ude00";
const UNITS = 0x10000;

function everyUnit(): string[] {
  return Array.from({ length: UNITS }, (_, unit) => String.fromCharCode(unit));
}

describe("code points are counted", () => {
  test.each([
    ["", 0],
    ["a", 1],
    ["ä", 1],
    ["\u{1F600}", 1],
    ["a\u{1F600}b", 3],
    ["\u{1F600}\u{1F600}", 2],
    ["\u{10FFFF}", 1],
    ["\u{10000}", 1],
    ["👨‍👩‍👧", 5],
    ["e\u0301", 2],
    [HIGH, 1],
    [LOW, 1],
    [HIGH + HIGH, 2],
    [LOW + HIGH, 2],
    [LOW + LOW, 2],
    [HIGH + HIGH + LOW, 2],
    [`${HIGH}a${LOW}`, 3],
    [`${HIGH}\ue000`, 2],
    ["\ud7ff\udc00", 2],
  ])("%j has %d", (text, count) => {
    expect(codePoints(text)).toBe(count);
  });

  test("like the language's own iteration, for any mixture", () => {
    const random = seededRandom(1);
    const pieces = [
      "a",
      "ß",
      HIGH,
      LOW,
      "\u{1F600}",
      "\ud7ff",
      "\ue000",
      "\udbff",
      "\udfff",
      "\ud800",
      "\udc00",
    ];
    for (let round = 0; round < 2_000; round++) {
      const text = Array.from({ length: random.below(12) }, () => random.pick(pieces)).join("");
      expect(codePoints(text)).toBe([...text].length);
    }
  });
});

describe("the characters that trimming removes", () => {
  test("are those of the language's own trim, out of all characters", () => {
    const trimmed = new RegExp(`^[${TRIMMED_CHARS}]$`);
    const disagreeing = everyUnit().filter((unit) => trimmed.test(unit) !== (unit.trim() === ""));
    expect(disagreeing).toEqual([]);
  });

  test("make a blank text on their own, alone and all together", () => {
    const blanks = everyUnit().filter((unit) => unit.trim() === "");
    expect(blanks).toHaveLength(25);
    for (const text of [...blanks, blanks.join("")]) expect(textProblem(text, 10)).toBe(BLANK);
  });
});

describe("the documented pattern", () => {
  const pattern = new RegExp(TEXT_PATTERN);

  test("and the check agree about every single character except lone surrogates, which no JSON can send", () => {
    const disagreeing = everyUnit().filter(
      (unit) => unit.isWellFormed() && pattern.test(unit) !== (textProblem(unit, 1) === undefined),
    );
    expect(disagreeing).toEqual([]);
  });

  test("and the check agree about any mixture of blanks, NULs and letters", () => {
    const random = seededRandom(2);
    const pieces = ["a", "\u{1F600}", " ", "\n", "\0", "\u3000", "\ufeff", "\u200b", "\u180e"];
    for (let round = 0; round < 2_000; round++) {
      const text = Array.from({ length: random.below(6) }, () => random.pick(pieces)).join("");
      expect([text, pattern.test(text)]).toEqual([text, textProblem(text, 100) === undefined]);
    }
  });
});

describe("a text", () => {
  test.each([
    ["x", undefined],
    ["12345", undefined],
    ["  12345\n", undefined],
    ["\u{1F600}".repeat(5), undefined],
    ["\u{1F600}1234", undefined],
    ["", BLANK],
    [" \t\n", BLANK],
    ["123456", "must have at most 5 characters; it has 6"],
    [" 123456 ", "must have at most 5 characters; it has 6"],
    ["\u{1F600}".repeat(6), "must have at most 5 characters; it has 6"],
    ["1 2 3 4", "must have at most 5 characters; it has 7"],
    ["a\0b", NUL],
    ["\0", NUL],
    ["\0a", NUL],
    ["a\0", NUL],
    [HIGH, LONE],
    [`a${LOW}`, LONE],
    [LOW + HIGH, LONE],
  ])("%j: %p", (text, problem) => {
    expect(textProblem(text, 5)).toBe(problem as string);
  });

  test("is as long as allowed, to the code point, whatever its characters are made of", () => {
    const random = seededRandom(3);
    for (let round = 0; round < 200; round++) {
      const charsMax = 1 + random.below(50);
      const text = Array.from({ length: charsMax }, () => random.pick(["a", "ä", "\u{1F600}"])).join("");
      expect(textProblem(` ${text}\n`, charsMax)).toBeUndefined();
      expect(textProblem(` ${text}b\n`, charsMax)).toBe(
        `must have at most ${charsMax} characters; it has ${charsMax + 1}`,
      );
    }
  });
});
