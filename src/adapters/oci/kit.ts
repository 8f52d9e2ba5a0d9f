import { ImageError } from "../../application/deploy/images.ts";
import { digestOf, isDigest } from "./digest.ts";

/**
 * What a build puts into a Linux executable for its image: the base layer and the bill of materials. It
 * is found by its first bytes, so it can be read from an executable that can't run here. In order: {@link
 * MAGIC}, length of the header (u32, little endian), the header (JSON), the base layer (tar, zstd), the
 * bill of materials (CycloneDX JSON, zstd).
 */
export interface ImageKit {
  readonly header: KitHeader;
  readonly base: Blob;
  /** CycloneDX, JSON. */
  readonly sbom: string;
}

export interface KitHeader {
  readonly version: string;
  readonly base: {
    readonly size: number;
    readonly digest: string;
    /** Digest of the archive before it was compressed. */
    readonly diffId: string;
  };
  readonly sbom: { readonly size: number; readonly digest: string };
}

/** "\0todos image kit" in hexadecimal: written out it would be found in the program's own text. */
const MAGIC = Buffer.from("00746f646f7320696d616765206b697401", "hex");
const LENGTH_BYTES = 4;
const HEADER_BYTES_MAX = 65_536;
const SCAN_BYTES = 8_388_608;

/** The bytes of a kit. */
export function kitBytes(header: KitHeader, base: Uint8Array, sbom: Uint8Array): Uint8Array {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(text.length);
  return Buffer.concat([MAGIC, length, text, base, sbom]);
}

/** The kit inside an executable. @throws ImageError `bad-binary` if there is none, or a damaged one */
export async function kitIn(executable: Blob, path: string): Promise<ImageKit> {
  const start = await positionOf(executable);
  if (start === undefined) {
    const advice = "Name one with --binary: dist/todos from `npm run build`, or a Linux release.";
    throw new ImageError("bad-binary", `${path} is not a build of todos for Linux.`, advice);
  }
  const headerAt = start + MAGIC.length + LENGTH_BYTES;
  const length = Buffer.from(await executable.slice(start + MAGIC.length, headerAt).bytes()).readUInt32LE();
  if (length > HEADER_BYTES_MAX) throw damaged(path);
  const header = kitHeader(await executable.slice(headerAt, headerAt + length).text(), path);
  const baseAt = headerAt + length;
  const sbomAt = baseAt + header.base.size;
  const base = await executable.slice(baseAt, sbomAt).bytes();
  const sbom = await executable.slice(sbomAt, sbomAt + header.sbom.size).bytes();
  if (digestOf(base) !== header.base.digest || digestOf(sbom) !== header.sbom.digest) throw damaged(path);
  return { header, base: new Blob([base]), sbom: Buffer.from(await Bun.zstdDecompress(sbom)).toString() };
}

async function positionOf(executable: Blob): Promise<number | undefined> {
  for (let from = 0; from < executable.size; from += SCAN_BYTES) {
    const part = Buffer.from(await executable.slice(from, from + SCAN_BYTES + MAGIC.length).arrayBuffer());
    const found = part.indexOf(MAGIC);
    if (found >= 0) return from + found;
  }
  return undefined;
}

function kitHeader(text: string, path: string): KitHeader {
  const header: unknown = parsed(text);
  if (!isKitHeader(header)) throw damaged(path);
  return header;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isKitHeader(value: unknown): value is KitHeader {
  if (value === null || typeof value !== "object") return false;
  const { version, base, sbom } = value as Partial<Record<keyof KitHeader, unknown>>;
  return typeof version === "string" && isPart(base) && isPart(sbom) && isDigest(String(base.diffId));
}

function isPart(value: unknown): value is { size: number; digest: string; diffId?: unknown } {
  if (value === null || typeof value !== "object") return false;
  const { size, digest } = value as { size?: unknown; digest?: unknown };
  return Number.isSafeInteger(size) && isDigest(String(digest));
}

function damaged(path: string): ImageError {
  return new ImageError(
    "bad-binary",
    `The parts of ${path} for its image are damaged.`,
    "The file was changed after it was built. Build or download it again and compare it with SHA256SUMS.",
  );
}
