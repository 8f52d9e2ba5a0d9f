// `npm run build`: dist/todos for this machine. `--all`: dist/<target>/todos for every target, and SHA256SUMS.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Commit, commitOf } from "./build/commit.ts";
import { bundledFiles, type Contents, compile } from "./build/compile.ts";
import { contentsOf } from "./build/contents.ts";
import { isFresh, recordBuild } from "./build/freshness.ts";
import { hostTarget, TARGETS } from "./build/targets.ts";

const root = join(import.meta.dir, "..");
const { values: flags } = parseArgs({
  options: {
    all: { type: "boolean", default: false },
    // For `npm start`: build only if something changed, and print nothing otherwise.
    quiet: { type: "boolean", default: false },
    // If the sources come without their history, as in an image build.
    commit: { type: "string" },
    "commit-time": { type: "string" },
  },
});

async function main(): Promise<void> {
  if (flags.quiet && (await isFresh(root))) return;
  const started = Bun.nanoseconds();
  const commit = await sourceCommit();
  const bundle = await bundledFiles(root);
  const contents = await contentsOf(root, bundle, commit);
  if (flags.all) {
    await buildAll(contents);
  } else {
    await compile(root, hostTarget(), contents, join(root, "dist/todos"));
    await recordBuild(root, bundle, commit);
    say(`dist/todos for ${hostTarget().name}`, started);
  }
}

async function sourceCommit(): Promise<Commit> {
  const found = await commitOf(root);
  return { hash: flags.commit ?? found.hash, time: flags["commit-time"] ?? found.time };
}

async function buildAll(contents: Contents): Promise<void> {
  const sums: string[] = [];
  for (const target of TARGETS) {
    const started = Bun.nanoseconds();
    const path = `${target.name}/todos`;
    await compile(root, target, contents, join(root, "dist", path));
    const bytes = await Bun.file(join(root, "dist", path)).bytes();
    sums.push(`${createHash("sha256").update(bytes).digest("hex")}  ${path}\n`);
    say(`dist/${path}`, started);
  }
  await Bun.write(join(root, "dist/SHA256SUMS"), sums.join(""));
}

/** On standard error: with `npm start`, standard output belongs to the program. */
function say(what: string, startedNs: number): void {
  console.error(`built ${what} in ${((Bun.nanoseconds() - startedNs) / 1e9).toFixed(1)} s`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
