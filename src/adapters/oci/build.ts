import type { BuildRequest, BuiltImage, ImageBlob, ImageReferrer } from "../../application/deploy/images.ts";
import { compressLayer, decompressed } from "./compress.ts";
import { blobOf } from "./digest.ts";
import { otherProcessor } from "./elf.ts";
import { executableAt } from "./executable.ts";
import { imageConfig } from "./image-config.ts";
import { type ImageKit, kitIn } from "./kit.ts";
import { layerMediaType, MEDIA_TYPES } from "./media-types.ts";
import { type Layer, PROGRAM_PATH, programLayer } from "./program-layer.ts";
import { pullBase } from "./registry/base.ts";

/**
 * Builds an image from an executable of todos, in memory. The same executable and base give the same digest.
 * @throws ImageError
 */
export async function buildImage(request: BuildRequest): Promise<BuiltImage> {
  const { binaryPath, architecture, signal } = request;
  const { file: executable, architecture: found } = await executableAt(binaryPath);
  if (found !== architecture) throw otherProcessor(binaryPath, found, architecture);
  const kit = await kitIn(executable, binaryPath);
  const base = request.base
    ? await pullBase(request.base, architecture, signal)
    : await ownBase(kit, request);
  const program = await programLayer(executable, request.compression, {
    signal,
    cacheFolder: request.cacheFolder,
    onBytes: (bytesDone) =>
      request.onProgress?.({
        event: "compressing",
        bytesDone: Math.min(bytesDone, executable.size),
        bytesTotal: executable.size,
      }),
  });
  const layers = [...base, program];
  const labels = {
    "org.opencontainers.image.title": "todos",
    "org.opencontainers.image.version": kit.header.version,
    ...(request.base ? { "org.opencontainers.image.base.name": request.base.reference } : {}),
    ...request.labels,
  };
  const diffIds = layers.map(({ diffId }) => diffId);
  const config = blobOf(MEDIA_TYPES.config, imageConfig({ architecture, labels, diffIds }));
  const manifest = manifestOf(
    config,
    layers.map(({ blob }) => blob),
  );
  return {
    digest: manifest.descriptor.digest,
    architecture,
    manifest,
    config,
    layers: layers.map(({ blob }) => blob),
    sbom: sbomReferrer(manifest, kit.sbom),
    compressedBytes: layers.reduce((total, { blob }) => total + blob.descriptor.size, 0),
    program: { sha256: program.programSha256, bytes: executable.size, path: `/${PROGRAM_PATH}` },
  };
}

async function ownBase(kit: ImageKit, { compression }: BuildRequest): Promise<Layer[]> {
  const { digest, diffId, size } = kit.header.base;
  if (compression === "zstd") {
    const descriptor = { mediaType: layerMediaType("zstd"), digest, size };
    return [{ blob: { descriptor, content: kit.base }, diffId }];
  }
  const packed = await compressLayer(decompressed(kit.base.stream(), "zstd"), compression);
  const descriptor = {
    mediaType: layerMediaType(compression),
    digest: packed.digest,
    size: packed.content.size,
  };
  return [{ blob: { descriptor, content: packed.content }, diffId }];
}

function manifestOf(config: ImageBlob, layers: readonly ImageBlob[]): ImageBlob {
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  });
  return blobOf(MEDIA_TYPES.manifest, text);
}

/** Source: OCI image specification 1.1, "Guidelines for artifact usage". */
function sbomReferrer(image: ImageBlob, sbom: string): ImageReferrer {
  const empty = blobOf(MEDIA_TYPES.empty, "{}");
  const content = blobOf(MEDIA_TYPES.cyclonedx, sbom);
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    artifactType: MEDIA_TYPES.cyclonedx,
    config: empty.descriptor,
    layers: [content.descriptor],
    subject: image.descriptor,
  });
  const manifest = blobOf(MEDIA_TYPES.manifest, text, { artifactType: MEDIA_TYPES.cyclonedx });
  return { manifest, blobs: [empty, content] };
}
