import { access, constants, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type BuiltImage, type ImageBlob, ImageError } from "../../application/deploy/images.ts";
import { reasonOf } from "../../lib/reason.ts";
import { MEDIA_TYPES } from "./media-types.ts";

const LAYOUT_VERSION = '{"imageLayoutVersion":"1.0.0"}';
const MARKER = "oci-layout";
const INDEX = "index.json";
/** Name of the image in the layout; the one that tools use by default. */
const REF_NAME = "latest";

/** Creates the folder of a layout, long before the layout is written. @throws ImageError `disk` */
export async function prepareLayout(folder: string): Promise<void> {
  await explained(folder, async () => {
    await checkFolder(folder);
    await access(folder, constants.W_OK | constants.X_OK);
  });
}

/**
 * Writes an OCI image layout; the index, which makes it one, comes last. Files of an earlier layout in
 * `folder` that this image does not need are removed.
 * @throws ImageError `disk`, or what `signal` was aborted with
 */
export async function writeLayout(image: BuiltImage, folder: string, signal?: AbortSignal): Promise<void> {
  await explained(folder, () => writeFiles(image, folder, signal), signal);
}

async function explained(folder: string, work: () => Promise<void>, signal?: AbortSignal): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (signal?.aborted || error instanceof ImageError || !(error instanceof Error)) throw error;
    throw new ImageError("disk", `The image can't be written to ${folder}: ${diskReason(error)}.`, ADVICE, {
      cause: error,
    });
  }
}

const ADVICE = "Name a writable folder with 100 MB of free space with --output.";

async function writeFiles(image: BuiltImage, folder: string, signal?: AbortSignal): Promise<void> {
  await checkFolder(folder);
  const blobsFolder = join(folder, "blobs/sha256");
  await mkdir(blobsFolder, { recursive: true });
  await rm(join(folder, INDEX), { force: true });
  const blobs = [image.manifest, image.config, ...image.layers, image.sbom.manifest, ...image.sbom.blobs];
  for (const blob of blobs) {
    signal?.throwIfAborted();
    await writeWhole(join(blobsFolder, fileName(blob)), blob.content);
  }
  const wanted = new Set(blobs.map(fileName));
  for (const name of await readdir(blobsFolder)) {
    if (!wanted.has(name)) await rm(join(blobsFolder, name), { recursive: true });
  }
  await writeWhole(join(folder, MARKER), new Blob([LAYOUT_VERSION]));
  await writeWhole(join(folder, INDEX), new Blob([layoutIndex(image)]));
}

/** A folder with other files in it is left alone. */
async function checkFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = await readdir(folder);
  if (names.length === 0 || names.includes(MARKER) || names.every((name) => name === "blobs")) return;
  throw new ImageError(
    "disk",
    `${folder} holds other files and no earlier image.`,
    "Name an empty or a new folder with --output.",
  );
}

async function writeWhole(path: string, content: Blob): Promise<void> {
  const temporary = `${path}.part`;
  try {
    const written = await Bun.write(temporary, content);
    if (written !== content.size) throw new Error("no space is left on the disk");
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function fileName({ descriptor }: ImageBlob): string {
  return descriptor.digest.slice("sha256:".length);
}

function layoutIndex({ manifest, architecture, sbom }: BuiltImage): string {
  const image = {
    ...manifest.descriptor,
    platform: { architecture, os: "linux" },
    annotations: { "org.opencontainers.image.ref.name": REF_NAME },
  };
  const manifests = [image, sbom.manifest.descriptor];
  return JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests });
}

/** Why a file could not be written, in words. */
export function diskReason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") return "no space is left on the disk";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "EROFS") return "the file system is read-only";
  if (code === "ENOTDIR" || code === "EEXIST") return "a file has the name of a folder";
  if (code === "ENOENT") return "no folder can be made there";
  return reasonOf(error);
}
