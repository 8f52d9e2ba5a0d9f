import { expect, test } from "bun:test";
import { join } from "node:path";
import { ROOT } from "../support/binary.ts";

const FOLDER = join(ROOT, "docs/decisions");
const pages = (await Array.fromAsync(new Bun.Glob("[0-9]*.md").scan(FOLDER))).sort();

test("decisions are numbered without gaps, and the list names each", async () => {
  const numbers = pages.map((name) => Number.parseInt(name, 10));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(numbers.length).toBeGreaterThan(0);
  const list = await Bun.file(join(FOLDER, "README.md")).text();
  expect(pages.filter((name) => !list.includes(`(${name})`))).toEqual([]);
});

test("every decision has its context, the decision, and the consequences", async () => {
  for (const name of pages) {
    const headings = (await Bun.file(join(FOLDER, name)).text()).match(/^## .*$/gm);
    expect([name, headings]).toEqual([name, ["## Context", "## Decision", "## Consequences"]]);
  }
});
