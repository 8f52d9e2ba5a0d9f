import type { LayerCompression } from "../../application/deploy/images.ts";

/** Source: OCI image specification 1.1, "Media types". */
export const MEDIA_TYPES = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  index: "application/vnd.oci.image.index.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  /** Config of a manifest that is not an image. */
  empty: "application/vnd.oci.empty.v1+json",
  cyclonedx: "application/vnd.cyclonedx+json",
} as const;

/** Docker's types from before OCI; bases may still be stored with them. */
export const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
export const DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip";

const LAYER = "application/vnd.oci.image.layer.v1.tar";

export function layerMediaType(compression: LayerCompression): string {
  return `${LAYER}+${compression}`;
}

/** How a layer of this type is compressed; undefined for a type that we can't read. */
export function compressionOf(mediaType: string): LayerCompression | "none" | undefined {
  if (mediaType === LAYER) return "none";
  if (mediaType === layerMediaType("gzip") || mediaType === DOCKER_LAYER) return "gzip";
  return mediaType === layerMediaType("zstd") ? "zstd" : undefined;
}

/** An OCI manifest's layers must have OCI's names; the bytes of Docker's are the same. */
export function ociLayerType(mediaType: string): string {
  return mediaType === DOCKER_LAYER ? layerMediaType("gzip") : mediaType;
}
