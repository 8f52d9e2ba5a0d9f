import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { finished, ROOT } from "../support/binary.ts";

const { stdout } = await finished([
  "git",
  "ls-files",
  "-z",
  "--cached",
  "--others",
  "--exclude-standard",
  "*.md",
]);
const files = stdout.split("\0").filter((file) => file !== "" && existsSync(join(ROOT, file)));

describe("links between documents", () => {
  test("there are documents to look at", () => {
    expect(files).toContain("README.md");
    expect(files.length).toBeGreaterThan(10);
  });

  for (const file of files) {
    test(`${file}: every relative link leads somewhere`, async () => {
      const markdown = await Bun.file(join(ROOT, file)).text();
      const broken = await Promise.all(targetsOf(markdown).map((target) => isBroken(file, target)));
      expect(targetsOf(markdown).filter((_, index) => broken[index])).toEqual([]);
    });
  }

  test("a link in an image's link is seen, one in code is not", () => {
    const markdown = "[![a](b.png)](c.md) [d](e.md#f) `[g](h)`\n```\n[i](j)\n```\n[k](https://l.example)";
    expect(targetsOf(markdown)).toEqual(["c.md", "b.png", "e.md#f"].sort());
  });
});

/** Relative targets, sorted. */
function targetsOf(markdown: string): string[] {
  const text = markdown.replace(/^```[\s\S]*?^```$/gm, "").replace(/`[^`\n]*`/g, "");
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target)).sort();
}

async function isBroken(file: string, target: string): Promise<boolean> {
  const [path = "", anchor] = target.split("#");
  const place = path === "" ? join(ROOT, file) : join(ROOT, dirname(file), path);
  if (!existsSync(place)) return true;
  if (anchor === undefined) return false;
  return !anchorsOf(await Bun.file(place).text()).includes(anchor);
}

/** Anchors of headings, as code hosts make them. */
function anchorsOf(markdown: string): string[] {
  const headings = [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, text = ""]) => text);
  return headings.map((text) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
