import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bunBuild } from "./bun-build.ts";
import type { Commit } from "./commit.ts";
import { docsAssets } from "./docs-assets.ts";
import { imageKitFor } from "./image-kit.ts";
import { runtimeFor } from "./runtime.ts";
import type { Sbom } from "./sbom.ts";
import type { Target } from "./targets.ts";

/** Threads' files are entry points too: the bundler does not follow `new Worker`. */
const ENTRY_POINTS = ["src/main.ts", "src/commands/serve/sqlite-writer.ts"];

/** The folder in which the binary is started must not run code in it or configure it. */
const NO_AUTOLOAD = ["dotenv", "bunfig", "tsconfig", "package-json"].map(
  (kind) => `--no-compile-autoload-${kind}`,
);

/**
 * By itself Bun takes the CommonJS build of packages that have one for Node, of which nothing unused can be left out:
 * the AWS SDK alone is 170 kB larger. Elysia loads file-type only to check uploaded files, which no operation takes.
 */
const CONTENT_FLAGS = [
  "--minify",
  "--format=esm",
  "--splitting",
  "--conditions=module",
  "--external=file-type",
];
const BUNDLE_FLAGS = [...CONTENT_FLAGS, "--target=bun"];
/**
 * Stores what a start uses together, so that fewer pages are read and kept. `npm run build:profile`
 * records it.
 */
export const BYTECODE_ORDER = "scripts/build/bytecode-order.txt";

/**
 * Functions nested deeper are compiled when they are first called. It makes the executable 1.1 MB smaller, and neither a
 * start nor its memory differs measurably; at 1 a start would take 4 ms more of a processor.
 */
const BYTECODE_DEPTH = 2;

const COMPILE_FLAGS = [
  "--compile",
  ...CONTENT_FLAGS,
  "--bytecode",
  `--bytecode-order=${BYTECODE_ORDER}`,
  `--bytecode-depth=${BYTECODE_DEPTH}`,
  ...NO_AUTOLOAD,
];

/** Part of what `bun build --metafile` writes. Paths are relative to the root. */
export interface Metafile {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, { readonly inputs: Readonly<Record<string, BytesIn>> }>>;
}
interface BytesIn {
  readonly bytesInOutput: number;
}

/** What is put into the executable beside the code. */
export interface Contents {
  readonly commit: Commit;
  readonly sbom: Sbom;
  /** Files of the page, as paths from the root. */
  readonly page: readonly string[];
}

/** Bundles without compiling, to find out which files are included. */
export async function bundledFiles(root: string): Promise<Metafile> {
  const folder = join(root, "dist", `.bundle-${process.pid}`);
  const metafile = join(folder, "meta.json");
  await mkdir(folder, { recursive: true });
  try {
    const outputs = [`--outdir=${folder}`, `--metafile=${metafile}`];
    await bunBuild(root, [...BUNDLE_FLAGS, ...outputs, ...entryPoints(root)]);
    return await Bun.file(metafile).json();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Writes the executable to `outfile` atomically: a running one is replaced, not overwritten. Its file
 * name is part of the bytes, so every target uses the same.
 */
export async function compile(
  root: string,
  target: Target,
  contents: Contents,
  outfile: string,
): Promise<void> {
  const folder = join(dirname(outfile), `.compile-${process.pid}`);
  const made = join(folder, "todos");
  await mkdir(folder, { recursive: true });
  try {
    const runtime = await runtimeFor(target, root);
    const kit = await imageKitFor(target, root, contents.sbom);
    const assets = [...(await docsAssets(root)), ...contents.page, ...(kit === undefined ? [] : [kit])];
    const outputs = [
      `--target=${target.bunTarget}`,
      `--compile-executable-path=${runtime}`,
      `--outfile=${made}`,
      ...assets.map((path) => `--asset=${path}`),
    ];
    await bunBuild(root, [...COMPILE_FLAGS, ...defines(contents), ...outputs, ...entryPoints(root)]);
    await rename(made, outfile);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function entryPoints(root: string): string[] {
  return ENTRY_POINTS.filter((path) => existsSync(join(root, path)));
}

function defines({ commit, sbom }: Contents): string[] {
  const values = {
    TODOS_COMMIT: commit.hash,
    TODOS_COMMIT_TIME: commit.time,
    TODOS_SBOM: JSON.stringify(sbom),
  };
  return Object.entries(values).map(([name, value]) => `--define=${name}=${JSON.stringify(value)}`);
}
