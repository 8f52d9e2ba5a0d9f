import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "bun";
import { hostTarget, type Target } from "./targets.ts";

/**
 * Path of the Bun executable at the start of a target's binary: the running one for this host, else the one in
 * node_modules, else one downloaded once into `.cache/` and checked against the lockfile's checksum.
 * @throws Error that says what to do, if it is not available
 */
export async function runtimeFor(target: Target, root: string): Promise<string> {
  if (target.name === hostTarget().name) return process.execPath;
  const installed = join(root, "node_modules", target.packageName, "bin/bun");
  if (existsSync(installed)) return installed;
  const cached = join(root, ".cache/runtimes", `${target.name}-${Bun.version}`);
  if (!existsSync(cached)) await fetchRuntime(target, root, cached);
  return join(cached, "bin/bun");
}

async function fetchRuntime(target: Target, root: string, folder: string): Promise<void> {
  const temporary = `${folder}.${process.pid}`;
  await mkdir(temporary, { recursive: true });
  try {
    const wanted = `${target.packageName}@${Bun.version}`;
    const packed = await $`npm pack ${wanted} --pack-destination ${temporary} --loglevel=error`
      .cwd(root)
      .quiet()
      .nothrow();
    if (packed.exitCode !== 0) throw new Error(unavailable(wanted, packed.stderr.toString()));
    const archive = (await readdir(temporary)).find((name) => name.endsWith(".tgz")) ?? "";
    await checkIntegrity(join(temporary, archive), target, root);
    await $`tar -xzf ${archive} --strip-components=1`.cwd(temporary).quiet();
    await rm(join(temporary, archive));
    await rename(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function unavailable(wanted: string, reason: string): string {
  return [
    `The Bun executable to build on, ${wanted}, could not be fetched with npm pack:`,
    reason.trim() || "npm gave no reason.",
    "Check the network and npm's registry setting, or put the package's files into node_modules.",
  ].join("\n");
}

async function checkIntegrity(archive: string, target: Target, root: string): Promise<void> {
  const lock = await Bun.file(join(root, "package-lock.json")).json();
  const expected: unknown = lock.packages?.[`node_modules/${target.packageName}`]?.integrity;
  const digest = createHash("sha512")
    .update(await Bun.file(archive).bytes())
    .digest("base64");
  if (expected !== `sha512-${digest}`) {
    throw new Error(`${target.packageName} as fetched has another checksum than in package-lock.json.`);
  }
}
