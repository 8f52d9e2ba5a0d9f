import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../binary.ts";
import { compileJava } from "../java/java.ts";
import { cached, fileHash } from "../java/maven.ts";

const CACHE = join(ROOT, ".cache/keyspaces");

/** Folder of the classes compiled from a folder of Java sources against jars; compiled again when a source changes. */
export async function classesOf(sourceFolder: string, jars: string): Promise<string> {
  const sources = (await readdir(sourceFolder)).filter((name) => name.endsWith(".java")).sort();
  const paths = sources.map((name) => join(sourceFolder, name));
  return cached(join(CACHE, `classes-${await fileHash(...paths)}`), async (folder) => {
    await mkdir(folder, { recursive: true });
    await compileJava(paths, join(jars, "*"), folder);
  });
}
