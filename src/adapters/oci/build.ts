import { open } from "node:fs/promises";
import {
  type BuildRequest,
  type BuiltImage,
  type ImageBlob,
  ImageError,
  type ImageReferrer,
} from "../../application/deploy/images.ts";
import { compressLayer, decompressed } from "./compress.ts";
import { blobOf } from "./digest.ts";
import { checkArchitecture } from "./elf.ts";
import { imageConfig } from "./image-config.ts";
import { type ImageKit, kitIn } from "./kit.ts";
import { layerMediaType, MEDIA_TYPES } from "./media-types.ts";
import { type Layer, PROGRAM_PATH, programLayer } from "./program-layer.ts";
import { pullBase } from "./registry/base.ts";

const HEADER_BYTES = 64;

/**
 * Builds an image out of an executable of todos, in memory. The same executable and base give the same
 * digest. @throws ImageError
 */
export async function buildImage(request: BuildRequest): Promise<BuiltImage> {
  const { binaryPath, architecture, signal } = request;
  const executable = await executableAt(binaryPath);
  checkArchitecture(await executable.slice(0, HEADER_BYTES).bytes(), binaryPath, architecture);
  const kit = await kitIn(executable, binaryPath);
  const base = request.base
    ? await pullBase(request.base, architecture, signal)
    : await ownBase(kit, request);
  const program = await programLayer(executable, request.compression, {
    signal,
    onBytes: (bytesDone) =>
      request.onProgress?.({
        event: "compressing",
        bytesDone: Math.min(bytesDone, executable.size),
        bytesTotal: executable.size,
      }),
  });
  const layers = [...base, program];
  const version = kit ? { "org.opencontainers.image.version": kit.header.version } : {};
  const labels = {
    "org.opencontainers.image.title": "todos",
    ...version,
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
    sbom: kit && sbomReferrer(manifest, kit.sbom),
    compressedBytes: layers.reduce((total, { blob }) => total + blob.descriptor.size, 0),
    program: { sha256: program.programSha256, bytes: executable.size, path: `/${PROGRAM_PATH}` },
  };
}

async function executableAt(path: string): Promise<Blob> {
  try {
    await using file = await open(path, "r");
    if (!(await file.stat()).isFile()) throw new ImageError("bad-binary", `${path} is not a file.`);
    return Bun.file(path);
  } catch (error) {
    if (!(error instanceof Error) || error instanceof ImageError) throw error;
    const code = "code" in error ? error.code : undefined;
    const reason = code === "ENOENT" ? "there is no such file" : error.message;
    throw new ImageError("bad-binary", `${path} can't be read: ${reason}.`, undefined, { cause: error });
  }
}

async function ownBase(
  kit: ImageKit | undefined,
  { binaryPath, compression }: BuildRequest,
): Promise<Layer[]> {
  if (!kit) {
    throw new ImageError(
      "no-base",
      `${binaryPath} has no base for an image with it: it is no build of todos, or one from before it made images.`,
      "Give a newer build of todos with --binary, or an image to stand on with --base REGISTRY/REPOSITORY@sha256:….",
    );
  }
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
