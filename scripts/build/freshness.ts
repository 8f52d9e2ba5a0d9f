import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { BASE_FOLDER } from "./base.ts";
import { type Commit, commitOf } from "./commit.ts";
import { BYTECODE_ORDER, type Metafile } from "./compile.ts";
import { PAGE_SOURCES } from "./page.ts";

/**
 * A file next to `dist/todos` that records its inputs, so that `npm start` builds only if they
 * changed.
 */
const RECORD = "dist/.built-from.json";
/** Inputs of a build that are not bundled. */
const ALWAYS = ["package.json", "package-lock.json", "scripts/build.ts", BYTECODE_ORDER];

interface BuildRecord {
  readonly files: readonly string[];
  readonly digest: string;
}

export async function isFresh(root: string): Promise<boolean> {
  if (!existsSync(join(root, "dist/todos")) || !existsSync(join(root, RECORD))) return false;
  const { files, digest }: BuildRecord = await Bun.file(join(root, RECORD)).json();
  return digest === (await digestOf(root, files, await commitOf(root)));
}

export async function recordBuild(root: string, bundle: Metafile, commit: Commit): Promise<void> {
  const own = Object.keys(bundle.inputs).filter((path) => !path.includes("node_modules/"));
  const helpers = await Array.fromAsync(new Bun.Glob("scripts/build/*.ts").scan(root));
  // Macros read them, which the bundle does not show.
  const migrations = await Array.fromAsync(new Bun.Glob("migrations/*/*").scan(root));
  const base = await Array.fromAsync(new Bun.Glob(`${BASE_FOLDER}/*`).scan(root));
  const page = await Promise.all(PAGE_SOURCES.map((glob) => Array.fromAsync(new Bun.Glob(glob).scan(root))));
  const files = [...new Set([...own, ...helpers, ...migrations, ...base, ...page.flat(), ...ALWAYS])].sort();
  const record: BuildRecord = { files, digest: await digestOf(root, files, commit) };
  await Bun.write(join(root, RECORD), JSON.stringify(record));
}

async function digestOf(root: string, files: readonly string[], commit: Commit): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([commit, Bun.version, files]));
  for (const path of files) {
    const file = Bun.file(join(root, path));
    hash.update((await file.exists()) ? await file.bytes() : "gone");
  }
  return hash.digest("hex");
}
