import { expect, test } from "bun:test";
import { join } from "node:path";
import { ROOT } from "../../support/binary.ts";

/** The first part of each path of the API, where a text begins with it. */
const PATHS =
  /["'`]\/(?:checklists|tasks|agenda|search|trash|events|me|sessions|tokens|passkeys|users|invitations|set-up|password|actuator|problems|openapi)\b/;

test("the page's sources have no path of the API: links and templates say where to go", async () => {
  const folder = join(ROOT, "src/adapters/ui");
  const found: string[] = [];
  for await (const file of new Bun.Glob("**/*.{ts,tsx}").scan(folder)) {
    const lines = (await Bun.file(join(folder, file)).text()).split("\n");
    for (const [at, line] of lines.entries()) {
      if (PATHS.test(line)) found.push(`${file}:${at + 1}: ${line.trim()}`);
    }
  }
  expect(found).toEqual([]);
});
