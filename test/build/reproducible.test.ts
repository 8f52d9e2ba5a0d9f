import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { finished, ROOT } from "../support/binary.ts";
import { passedBefore, recordPassed } from "./inputs.ts";

const BUILD_DEADLINE_MS = 240_000;
/** In the project, so that a copy of node_modules can be made of hard links. */
let folder: string;

beforeAll(async () => {
  await mkdir(join(ROOT, ".cache"), { recursive: true });
  folder = await mkdtemp(join(ROOT, ".cache/reproducible-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function copySources(to: string): Promise<void> {
  const listed = await finished(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
  for (const path of listed.stdout.split("\0").filter((name) => name !== "")) {
    if (!(await Bun.file(join(ROOT, path)).exists())) continue;
    await mkdir(dirname(join(to, path)), { recursive: true });
    await cp(join(ROOT, path), join(to, path));
  }
  // Not a symbolic link: the bundler names its parts after the files' real paths below the root.
  const copy = await finished(["cp", "-al", join(ROOT, "node_modules"), join(to, "node_modules")]);
  expect(copy).toMatchObject({ exitCode: 0 });
}

/** Hash of the executable for this machine, built in `at`. */
async function digestOfBuildIn(at: string): Promise<string> {
  const constants = ["--commit", "0".repeat(40), "--commit-time", "2026-01-01T00:00:00.000Z"];
  const build = await finished([process.execPath, join(at, "scripts/build.ts"), ...constants], { cwd: at });
  expect(build).toMatchObject({ exitCode: 0 });
  return createHash("sha256")
    .update(await Bun.file(join(at, "dist/todos")).bytes())
    .digest("hex");
}

test.skipIf(await passedBefore(ROOT, "reproducible"))(
  "the same sources give the same bytes, in another folder and with another node_modules (when the build changed)",
  async () => {
    const one = join(folder, "a");
    const other = join(folder, "somewhere/deeper/b");
    await copySources(one);
    await copySources(other);
    expect(await digestOfBuildIn(one)).toBe(await digestOfBuildIn(other));
    await recordPassed(ROOT, "reproducible");
  },
  BUILD_DEADLINE_MS,
);
