import { join } from "node:path";
import { digestOf } from "../../src/adapters/oci/digest.ts";

/** The base layers of images, made by `npm run base`. */
export const BASE_FOLDER = "deploy/base";

/** A processor with a base for images. */
export interface BaseSystem {
  readonly architecture: "amd64" | "arm64";
  /** Name of the build's target. */
  readonly target: string;
  readonly archive: string;
  readonly packages: readonly string[];
  /** Where Debian's libraries are. */
  readonly libraryFolder: string;
  readonly loader: string;
  /** The path at which executables look for the loader, and its link target. */
  readonly loaderLink: readonly [path: string, to: string];
}

const PACKAGES = ["libc6", "ca-certificates"];

export const BASE_SYSTEMS: readonly BaseSystem[] = [
  {
    architecture: "amd64",
    target: "linux-x64",
    archive: "linux-amd64.tar.zst",
    packages: PACKAGES,
    libraryFolder: "lib/x86_64-linux-gnu",
    loader: "ld-linux-x86-64.so.2",
    loaderLink: ["lib64/ld-linux-x86-64.so.2", "../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"],
  },
  {
    architecture: "arm64",
    target: "linux-arm64",
    archive: "linux-arm64.tar.zst",
    packages: PACKAGES,
    libraryFolder: "lib/aarch64-linux-gnu",
    loader: "ld-linux-aarch64.so.1",
    loaderLink: ["lib/ld-linux-aarch64.so.1", "aarch64-linux-gnu/ld-linux-aarch64.so.1"],
  },
];

export interface BasePackage {
  readonly name: string;
  readonly version: string;
  /** Of Debian's package file. */
  readonly sha256: string;
}

/** What deploy/base/base.json says of each base. */
export interface BaseRecord {
  readonly digest: string;
  readonly diffId: string;
  readonly packages: readonly BasePackage[];
}

export interface Base extends BaseRecord {
  /** Tar, zstd. */
  readonly archive: Uint8Array;
}

/**
 * The base for a build's target; undefined for a target without images.
 * @throws Error if the file is not the recorded one
 */
export async function baseFor(target: string, root: string): Promise<Base | undefined> {
  const system = BASE_SYSTEMS.find((each) => each.target === target);
  if (!system) return undefined;
  const records: Record<string, BaseRecord> = await Bun.file(join(root, BASE_FOLDER, "base.json")).json();
  const record = records[system.architecture];
  const archive = await Bun.file(join(root, BASE_FOLDER, system.archive)).bytes();
  if (!record || digestOf(archive) !== record.digest) {
    const file = `${BASE_FOLDER}/${system.archive}`;
    throw new Error(`${file} is not what base.json says: check it out again, or run \`npm run base\`.`);
  }
  return { ...record, archive };
}
