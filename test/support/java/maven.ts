import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { finished, ROOT } from "../binary.ts";

const CACHE = join(ROOT, ".cache");
/** A repository may be out of reach for a moment, and every suite on Cassandra rests on this one download. */
const RETRY_AFTER_MS = [2_000, 10_000, 30_000];
/** Names the cache entry after its pom; 16 hex digits are plenty for a handful of poms. */
const HASH_CHARS = 16;

/**
 * Folder of the jars that a pom's dependencies resolve to, fetched by Maven once and kept in
 * `.cache/NAME/`. Suites may ask at the same time: what is in the cache is always complete.
 * @throws Error if Maven is missing or fails.
 */
export async function jarsOf(pom: string, name: string): Promise<string> {
  return cached(join(CACHE, name, `lib-${await fileHash(pom)}`), async (folder) => {
    await copyDependencies(pom, folder);
  });
}

/** A folder made by `fill` and then put in its place as a whole, unless it already exists. */
export async function cached(folder: string, fill: (folder: string) => Promise<void>): Promise<string> {
  if (existsSync(folder)) return folder;
  await mkdir(join(folder, ".."), { recursive: true });
  const unfinished = await mkdtemp(`${folder}.`);
  try {
    await fill(unfinished);
    await rename(unfinished, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

export async function fileHash(...paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(await readFile(path));
  return hash.digest("hex").slice(0, HASH_CHARS);
}

async function copyDependencies(pom: string, folder: string): Promise<void> {
  if (!Bun.which("mvn")) {
    throw new Error("Maven (mvn) is needed to fetch Cassandra. Install it (Debian: apt-get install maven).");
  }
  // Maven writes beside the pom it is given, so it gets a copy.
  const work = await mkdtemp(`${folder}-pom.`);
  try {
    await cp(pom, join(work, "pom.xml"));
    const argv = [
      "mvn",
      "-q",
      "-B",
      "-f",
      work,
      "dependency:copy-dependencies",
      `-DoutputDirectory=${folder}`,
    ];
    let result = await finished(argv);
    for (const pauseMs of RETRY_AFTER_MS) {
      if (result.exitCode === 0) return;
      await Bun.sleep(pauseMs);
      result = await finished(argv);
    }
    if (result.exitCode !== 0) {
      throw new Error(`Maven could not fetch ${pom}:\n${result.stdout}${result.stderr}`);
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
