import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { $ } from "bun";
import { quietEnvironment, type Running, start } from "./process.ts";

const ROOT = join(import.meta.dir, "../..");
const CACHE = join(ROOT, ".cache/bench");
let todosPath = join(ROOT, "dist/todos");
const LIMIT_FLAGS = ["--compile", "--minify", "--bytecode", "--format=esm"];

export type LimitName = "health" | "answers" | "group-commit" | "cassandra-loop";

/** A new folder for databases, on the project's disk, because some rows measure fsync. */
export async function workFolder(): Promise<string> {
  const folder = join(CACHE, `run-${process.pid}`);
  await mkdir(folder, { recursive: true });
  return folder;
}

/**
 * Builds the programs to measure: `dist/todos`, and the limit programs with the same flags.
 * @param program an executable to measure instead of `dist/todos`
 */
export async function buildAll(program?: string): Promise<void> {
  if (program === undefined) await $`${process.execPath} scripts/build.ts --quiet`.cwd(ROOT);
  else todosPath = resolve(program);
  const files = await readdir(join(ROOT, "bench/limit"));
  for (const file of files.filter((each) => each.endsWith(".ts"))) {
    const name = file.replace(/\.ts$/, "");
    await $`${process.execPath} build ${LIMIT_FLAGS} --outfile=${limitPath(name)} bench/limit/${file}`
      .cwd(ROOT)
      .quiet();
  }
}

export function limitPath(name: string): string {
  return join(CACHE, `limit-${name}`);
}

/** The executable that is measured. */
export function todosBinary(): string {
  return todosPath;
}

export function todosCommand(database: string, port = 0): string[] {
  return [todosPath, "serve", "--port", String(port), "--sqlite", database];
}

export function limitCommand(name: LimitName, database: string, port = 0, ...more: string[]): string[] {
  return [limitPath(name), String(port), database, ...more];
}

export async function startTodos(database: string): Promise<Running> {
  return start(todosCommand(database));
}

export async function startLimit(name: LimitName, database: string, ...more: string[]): Promise<Running> {
  return start(limitCommand(name, database, 0, ...more));
}

/** A database with the current schema and only the inbox, or an existing one. */
export async function migrated(folder: string, name: string): Promise<string> {
  const path = join(folder, `${name}.db`);
  if (!existsSync(path)) await $`${todosPath} migrate --sqlite ${path}`.env(quietEnvironment()).quiet();
  return path;
}

/**
 * Drops the programs' files from the system's cache, as after a boot. A file that was just written is cached
 * in large pieces, and every touched page maps a whole piece into the process: 8 MiB more for the same
 * program.
 */
export async function forgetPrograms(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await $`sync ${path} && dd if=${path} iflag=nocache count=0`.quiet().nothrow();
  }
}

/** What `todos version` says, line by line. */
export async function todosVersion(): Promise<string> {
  return (await $`${todosPath} version`.env(quietEnvironment()).text()).trim();
}
