// `npm run base`: rebuilds deploy/base/ from Debian's current packages. Needs apt-get and dpkg-deb, but not
// root.
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { $ } from "bun";
import { digestOf } from "../src/adapters/oci/digest.ts";
import { readTar } from "../src/adapters/oci/tar.ts";
import {
  BASE_FOLDER,
  BASE_SYSTEMS,
  type BasePackage,
  type BaseRecord,
  type BaseSystem,
} from "./build/base.ts";
import { archiveOf, type BaseFiles } from "./build/base-archive.ts";

const ROOT = join(import.meta.dir, "..");
const COMPRESSION_LEVEL = 22;

const folder = await mkdtemp(join(tmpdir(), "todos-base-"));
try {
  const record: Record<string, unknown> = {};
  for (const system of BASE_SYSTEMS) record[system.architecture] = await makeBase(system);
  const text = `${JSON.stringify(record, undefined, 2)}\n`;
  await Bun.write(join(ROOT, BASE_FOLDER, "base.json"), text);
  console.log(text.trimEnd());
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function makeBase(system: BaseSystem): Promise<BaseRecord> {
  const packages = await download(system);
  const files: BaseFiles = new Map();
  for (const { file, name } of packages) await collect(join(folder, system.architecture, file), name, files);
  const archive = archiveOf(system, files);
  const compressed = await Bun.zstdCompress(archive, { level: COMPRESSION_LEVEL });
  await Bun.write(join(ROOT, BASE_FOLDER, system.archive), compressed);
  const found = packages.map(({ name, version, sha256 }): BasePackage => ({ name, version, sha256 }));
  return { digest: digestOf(compressed), diffId: digestOf(archive), packages: found };
}

interface Downloaded extends BasePackage {
  readonly file: string;
}

/**
 * With its own package lists, so that packages for another processor can be downloaded without changing this
 * machine.
 */
async function download({ architecture, packages }: BaseSystem): Promise<Downloaded[]> {
  const own = join(folder, architecture);
  await mkdir(join(own, "lists/partial"), { recursive: true });
  await mkdir(join(own, "archives/partial"), { recursive: true });
  await Bun.write(join(own, "status"), "");
  await chmod(folder, 0o755);
  const options = [
    `Dir::State=${own}`,
    `Dir::State::lists=${own}/lists`,
    `Dir::State::status=${own}/status`,
    `Dir::Cache=${own}`,
    `APT::Architecture=${architecture}`,
    `APT::Architectures=${architecture}`,
    "APT::Sandbox::User=root",
  ].flatMap((option) => ["-o", option]);
  await $`apt-get ${options} update -qq`.quiet();
  await $`apt-get ${options} download ${packages}`.cwd(own).quiet();
  const files = await Array.fromAsync(new Bun.Glob("*.deb").scan(own));
  return Promise.all(files.sort().map((file) => described(own, file)));
}

async function described(own: string, file: string): Promise<Downloaded> {
  const field = (name: string) => $`dpkg-deb --field ${file} ${name}`.cwd(own).text();
  const sha256 = digestOf(await Bun.file(join(own, file)).bytes()).slice("sha256:".length);
  return { name: (await field("Package")).trim(), version: (await field("Version")).trim(), sha256, file };
}

async function collect(deb: string, packageName: string, files: BaseFiles): Promise<void> {
  const unpacking = Bun.spawn(["dpkg-deb", "--fsys-tarfile", deb], { stdin: "ignore", stdout: "pipe" });
  await readTar(unpacking.stdout, ({ path }) => {
    const parts: Uint8Array[] = [];
    files.set(path, { packageName, parts });
    return (bytes) => parts.push(Uint8Array.from(bytes));
  });
  if ((await unpacking.exited) !== 0) throw new Error(`dpkg-deb could not unpack ${deb}`);
}
