import { createCipheriv } from "node:crypto";
import { BASE_SYSTEMS, baseFor } from "../../../scripts/build/base.ts";
import { digestOf } from "../../../src/adapters/oci/digest.ts";
import { kitBytes } from "../../../src/adapters/oci/kit.ts";
import { ROOT } from "../binary.ts";

const MACHINES = { amd64: 0x3e, arm64: 0xb7 } as const;
const SBOM = '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}';

export interface StandIn {
  readonly architecture?: "amd64" | "arm64";
  /** Of what no compressor makes smaller, so that uploads have several pieces. */
  readonly randomBytes?: number;
  /** Other content for another number. */
  readonly seed?: number;
}

/** 64 bytes as an executable for Linux begins. */
export function elfHeader(machine: number): Buffer {
  const header = Buffer.alloc(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]);
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(machine, 18);
  return header;
}

/** Bytes that look random and are the same for the same seed. */
function noise(length: number, seed: number): Uint8Array {
  const key = Buffer.alloc(16, seed);
  return createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** Writes a file that has all of a todos build but the program: quicker to compress than the real one. */
export async function standInExecutable(
  path: string,
  { architecture = "amd64", randomBytes = 100_000, seed = 1 }: StandIn = {},
): Promise<string> {
  const target = BASE_SYSTEMS.find((system) => system.architecture === architecture)?.target ?? "";
  const base = await baseFor(target, ROOT);
  if (!base) throw new Error(`no base for ${architecture}`);
  const sbom = Bun.zstdCompressSync(SBOM);
  const header = {
    version: "0.0.0",
    base: { size: base.archive.length, digest: base.digest, diffId: base.diffId },
    sbom: { size: sbom.length, digest: digestOf(sbom) },
  };
  const kit = kitBytes(header, base.archive, sbom);
  await Bun.write(path, Buffer.concat([elfHeader(MACHINES[architecture]), noise(randomBytes, seed), kit]));
  return path;
}
