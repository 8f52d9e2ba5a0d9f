import { expect, test } from "bun:test";
import { terminalPicture } from "../support/terminal-picture.ts";

const texts = (svg: string) => [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map((match) => match[1]);

test("a picture of a terminal shows its final contents, in colour", async () => {
  const svg = await terminalPicture(
    "one\n  12 s  working\r\x1b[K\x1b[32mdone\x1b[0m <b>\n\n\x1b[1mnext\x1b[0m\n",
  );
  expect(texts(svg)).toEqual(["one", "done", "&lt;b&gt;", "next"]);
  expect(svg).toMatch(/fill="#98c379" textLength="33.6">done</);
  expect(svg).toMatch(/font-weight="bold" [^>]*>next</);
  expect(svg).not.toContain("working");
});

test("columns stay aligned: several spaces are kept in the picture", async () => {
  expect(texts(await terminalPicture("INFO  ready\n"))).toEqual(["INFO\u00a0\u00a0ready"]);
});

test("lines longer than the terminal continue in the next row", async () => {
  const svg = await terminalPicture(`${"x".repeat(120)}\n`);
  expect(texts(svg).map((text) => text?.length)).toEqual([100, 20]);
});
