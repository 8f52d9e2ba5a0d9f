import { mkdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { digestOf } from "../../src/adapters/oci/digest.ts";
import { kitBytes } from "../../src/adapters/oci/kit.ts";
import { type Base, type BasePackage, baseFor } from "./base.ts";
import type { Component, Sbom } from "./sbom.ts";
import type { Target } from "./targets.ts";

const SBOM_COMPRESSION_LEVEL = 19;
const LICENCES: Readonly<Record<string, string>> = {
  libc6: "LGPL-2.1-or-later",
  "ca-certificates": "MPL-2.0",
};

/**
 * Path, relative to the root, of the kit for images of this target's executable: it is part of the
 * executable's bytes, so it is the same on every machine. Undefined for a target without images.
 */
export async function imageKitFor(target: Target, root: string, sbom: Sbom): Promise<string | undefined> {
  const base = await baseFor(target.name, root);
  if (!base) return undefined;
  const path = `.cache/image-kits/${target.name}/todos.image-kit`;
  const temporary = join(root, `${path}.${process.pid}`);
  await mkdir(dirname(temporary), { recursive: true });
  await Bun.write(temporary, await kitOf(base, sbom));
  await rename(temporary, join(root, path));
  return path;
}

async function kitOf(base: Base, sbom: Sbom): Promise<Uint8Array> {
  const text = JSON.stringify(sbomOfImage(sbom, base.packages));
  const packed = await Bun.zstdCompress(text, { level: SBOM_COMPRESSION_LEVEL });
  const header = {
    version: sbom.metadata.component.version,
    base: { size: base.archive.length, digest: base.digest, diffId: base.diffId },
    sbom: { size: packed.length, digest: digestOf(packed) },
  };
  return kitBytes(header, base.archive, packed);
}

/** The executable's bill of materials, and the contents of the image's base. */
function sbomOfImage(sbom: Sbom, packages: readonly BasePackage[]): Sbom {
  return { ...sbom, components: [...sbom.components, ...packages.map(debianComponent)] };
}

function debianComponent({ name, version, sha256 }: BasePackage): Component {
  const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?distro=debian-12`;
  return {
    type: "library",
    "bom-ref": purl,
    name,
    version,
    licenses: [{ license: { id: LICENCES[name] ?? "unknown" } }],
    purl,
    hashes: [{ alg: "SHA-256", content: sha256 }],
  };
}
