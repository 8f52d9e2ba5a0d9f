import { expect, test } from "bun:test";
import { JSON_DEPTH_MAX, parseJson } from "../../../src/adapters/http/api/json.ts";
import { TodosError } from "../../../src/domain/errors.ts";

const TEXTS = [
  "{}",
  "[]",
  "1",
  "null",
  '"a"',
  '{"a":1,"b":{"a":1},"c":[{"a":1},{"a":1},[]]}',
  String.raw`{"a\"":1,"a\\":2,"a\\\"":3,"a":"b\":{\"a\":1}","":"","{":"}:["}`,
  '{"__proto__":1,"constructor":{"__proto__":null},"1":1,"0":2}',
  '{ "a" : [ 1 , { "b" : "c:d" } ] }',
  `${"[".repeat(JSON_DEPTH_MAX)}${"]".repeat(JSON_DEPTH_MAX)}`,
];

function refusal(text: string): string {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof TodosError && error.code === "malformed-request") return error.message;
    throw error;
  }
  return "parsed";
}

test("a body means what JSON.parse makes of it", () => {
  for (const text of TEXTS) expect(parseJson(text)).toEqual(JSON.parse(text));
});

test("two members with the same name in one object are refused by name, at any depth and in any spelling", () => {
  const twice: readonly (readonly [string, string])[] = [
    ['{"a":1,"a":1}', "a"],
    ['{"a":1,"b":[{"c":{"d":1,"d":2}}]}', "d"],
    [String.raw`{"name":1,"n\u0061me":2}`, "name"],
    ['{"__proto__":1,"__proto__":2}', "__proto__"],
    ['{"":1,"b":":","":2}', ""],
    [String.raw`{"a\"":{"x":1},"b":1,"a\"":1}`, 'a"'],
  ];
  for (const [text, name] of twice) {
    expect(refusal(text)).toBe(`The body has an object with two members named "${name}".`);
  }
});

test("the name of a repeated member is cut to what fits into an answer", () => {
  const name = "n".repeat(10_000);
  expect(refusal(`{"${name}":1,"${name}":2}`).length).toBeLessThan(300);
});

test("too deeply nested JSON is not given to the parser, and brackets in strings don't count", () => {
  expect(refusal("[".repeat(JSON_DEPTH_MAX + 1))).toBe("The body is nested more than 64 levels deep.");
  expect(refusal('{"a":'.repeat(JSON_DEPTH_MAX + 1))).toBe("The body is nested more than 64 levels deep.");
  expect(refusal(JSON.stringify("[{".repeat(JSON_DEPTH_MAX)))).toBe("parsed");
});

test("invalid JSON is refused with the parser's reason", () => {
  for (const text of [
    "{",
    '"',
    '"\\',
    "a",
    '{"a"}',
    '{"a":1,}',
    "[1 2]",
    '{"a"::1}',
    "1:2",
    '{"a":1}}',
    ":",
  ]) {
    expect([text, refusal(text)]).toEqual([text, expect.stringMatching(/^The body is not JSON: ./)]);
  }
});
