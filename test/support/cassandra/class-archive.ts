import { existsSync, readdirSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { findJava17 } from "../java/java.ts";

/** Without the archive a node takes twice as much of a processor to start: Java reads and checks 9,000 classes. */
export interface ClassArchive {
  readonly path: string;
  /** The jars one by one: Java only uses an archive that was made with the same class path, in the same order. */
  readonly classPath: readonly string[];
}

/** @param jars folder; another one, or another Java, needs another archive */
export function classArchiveOf(jars: string): ClassArchive {
  const name = Bun.hash(`${jars} ${findJava17()}`).toString(36);
  const files = readdirSync(jars).filter((file) => file.endsWith(".jar"));
  return {
    path: join(jars, "..", `classes-${name}.jsa`),
    classPath: files.sort().map((file) => join(jars, file)),
  };
}

/** Arguments of a node that uses the archive if there is one. */
export function archiveArguments({ path }: ClassArchive): readonly string[] {
  return existsSync(path) ? [`-XX:SharedArchiveFile=${path}`, "-Xlog:cds=off", "-Xlog:cds+dynamic=off"] : [];
}

/**
 * Makes the archive, unless it is there.
 * @param start starts a node with more arguments for Java, and returns how to end it with SIGTERM
 */
export async function makeClassArchive(
  { path }: ClassArchive,
  start: (jvmArguments: readonly string[]) => Promise<() => Promise<void>>,
): Promise<void> {
  if (existsSync(path)) return;
  const unfinished = `${path}.${process.pid}`;
  try {
    const end = await start([`-XX:ArchiveClassesAtExit=${unfinished}`]);
    await end();
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
}
