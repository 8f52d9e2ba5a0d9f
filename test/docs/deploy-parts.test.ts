import { expect, test } from "bun:test";
import { join } from "node:path";
import { withDeployParts } from "../../scripts/docs/deploy.ts";
import { ROOT } from "../support/binary.ts";

test("docs/deploy.md has the code's costs and policy: npm run docs", async () => {
  const page = await Bun.file(join(ROOT, "docs/deploy.md")).text();
  expect(withDeployParts(page)).toBe(page);
});
