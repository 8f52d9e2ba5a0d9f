import type { Descriptor, ImageBlob } from "../../application/deploy/images.ts";

const DIGEST = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** `sha256:` and the hexadecimal hash of all of `parts`. */
export function digestOf(...parts: readonly (Uint8Array | string)[]): string {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const part of parts) hasher.update(part);
  return `sha256:${hasher.digest("hex")}`;
}

/** A blob with a small content. @param text is stored as UTF-8 */
export function blobOf(
  mediaType: string,
  text: string,
  more: Pick<Descriptor, "artifactType" | "annotations"> = {},
): ImageBlob {
  const bytes = new TextEncoder().encode(text);
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length, ...more };
  return { descriptor, content: new Blob([bytes]) };
}
