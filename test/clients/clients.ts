import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { finished, ROOT } from "../support/binary.ts";

const PACKAGE = join(import.meta.dir, "package");
/** Installing is a matter of seconds, unless the registry is slow. */
export const CLIENTS_DEADLINE_MS = 300_000;

/**
 * A folder with clients that others wrote, installed from npm once: generic HAL clients and generators of clients. They
 * have a lockfile of their own, as the generators want another TypeScript than this project.
 * @throws Error with npm's output
 */
export async function strangersClients(): Promise<string> {
  const lock = await Bun.file(join(PACKAGE, "package-lock.json")).bytes();
  const folder = join(ROOT, ".cache/clients", createHash("sha256").update(lock).digest("hex").slice(0, 16));
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.part`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  for (const name of ["package.json", "package-lock.json"])
    await cp(join(PACKAGE, name), join(unfinished, name));
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const install = await finished(["npm", "ci", ...options], { cwd: unfinished, environment: surroundings() });
  if (install.exitCode !== 0) throw new Error(`npm ci failed:\n${install.stdout}${install.stderr}`);
  await rename(unfinished, folder);
  return folder;
}

/** npm may be set up by variables. */
function surroundings(): Record<string, string> {
  const set = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(set);
}
