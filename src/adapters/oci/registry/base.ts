import { type BaseRequest, type ImageArchitecture, ImageError } from "../../../application/deploy/images.ts";
import { compressionOf, ociLayerType } from "../media-types.ts";
import type { Layer } from "../program-layer.ts";
import { imageReference } from "../reference.ts";
import { RegistryClient } from "./client.ts";
import { downloadBlob } from "./download.ts";
import { storedImage } from "./manifests.ts";

/** A base should be small; this stops one named by mistake from filling the memory. */
const BASE_BYTES_MAX = 536_870_912;

/** Layers of a base image, from its registry. @throws ImageError */
export async function pullBase(
  { reference, credentials }: BaseRequest,
  architecture: ImageArchitecture,
  signal: AbortSignal | undefined,
): Promise<Layer[]> {
  const { repository, digest } = imageReference(reference);
  if (digest === undefined) {
    throw new ImageError(
      "bad-reference",
      `The base "${reference}" has no digest, so it could change.`,
      "Name it as REGISTRY/REPOSITORY@sha256:…, with the digest its registry shows.",
    );
  }
  const client = new RegistryClient({ ...repository, ...(credentials && { credentials }) }, { signal });
  const { manifest, config } = await storedImage(client, digest, architecture);
  if (config.os !== "linux" || config.architecture !== architecture) {
    const found = `${config.os} on ${config.architecture}`;
    throw new ImageError(
      "bad-image",
      `The base ${reference} is for ${found}, but the image is for Linux on ${architecture}.`,
    );
  }
  const bytes = manifest.layers.reduce((total, { size }) => total + size, 0);
  if (bytes > BASE_BYTES_MAX || manifest.layers.length !== config.diffIds.length) {
    throw new ImageError("bad-image", `The base ${reference} is too large or incomplete.`);
  }
  const layers: Layer[] = [];
  for (const [index, { mediaType, digest, size }] of manifest.layers.entries()) {
    if (compressionOf(mediaType) === undefined) {
      throw new ImageError(
        "bad-image",
        `The base ${reference} has a layer of an unknown kind: ${mediaType}.`,
      );
    }
    const parts = await Array.fromAsync(downloadBlob(client, { digest, size }));
    const descriptor = { mediaType: ociLayerType(mediaType), digest, size };
    layers.push({ blob: { descriptor, content: new Blob(parts) }, diffId: config.diffIds[index] ?? "" });
  }
  return layers;
}
