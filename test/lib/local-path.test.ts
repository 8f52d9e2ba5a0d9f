import { expect, test } from "bun:test";
import { localPath } from "../../src/lib/local-path.ts";

test("paths of this site stay as they are", () => {
  for (const path of [
    "/",
    "/tasks?checklist=1&q=a%20b",
    "/docs#/tasks",
    "/a//b",
    "/user@host",
    "/?next=https://x.example/",
  ])
    expect(localPath(path)).toBe(path);
});

test("what leads elsewhere, or might, is refused", () => {
  const elsewhere = [
    "",
    "tasks",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/\u0000/evil.example",
    "/\u007f",
    "/é",
    "/／evil.example",
    "https://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "good.example@evil.example",
    "@evil.example",
    ".evil.example",
    ":80",
    "/.//evil.example",
    "/..//evil.example",
    "/x/..//evil.example",
    "/%2e//evil.example",
    `/${"a".repeat(2_048)}`,
  ];
  for (const text of elsewhere) expect([text, localPath(text)]).toEqual([text, undefined]);
});

test("what is given is, for a browser's parser, on the site that it is read on", () => {
  const pieces = [
    "/",
    "\\",
    ".",
    "..",
    "@",
    ":",
    "evil.example",
    "%2f",
    "%5c",
    "?",
    "#",
    "\t",
    "a",
    "https:",
  ];
  let seed = 7;
  const next = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({ length: 1 + next(6) }, () => pieces[next(pieces.length)]).join("");
    const given = localPath(text);
    if (given !== undefined)
      expect(new URL(given, "https://here.example/x").origin).toBe("https://here.example");
  }
});
