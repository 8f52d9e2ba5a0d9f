import type { ImageBlob, LayerCompression } from "../../application/deploy/images.ts";
import { type CompressOptions, compressLayer } from "./compress.ts";
import { layerMediaType } from "./media-types.ts";
import { type TarEntry, tarEnd, tarHeader, tarPadding } from "./tar.ts";

/** Path of the program in an image, without the leading slash. */
export const PROGRAM_PATH = "usr/local/bin/todos";
export const USER_ID = 65532;
export const DATA_FOLDER = "data";
const EXECUTABLE = 0o755;

const folder = (path: string, ownerId = 0): TarEntry => ({
  path: `${path}/`,
  kind: "folder",
  mode: EXECUTABLE,
  ownerId,
  size: 0,
});
const FOLDERS = [folder(DATA_FOLDER, USER_ID), folder("usr"), folder("usr/local"), folder("usr/local/bin")];

export interface Layer {
  readonly blob: ImageBlob;
  readonly diffId: string;
}

export interface ProgramLayer extends Layer {
  /** Hexadecimal SHA-256 of the executable as it was read into the layer. */
  readonly programSha256: string;
}

/** The layer with the program and its data folder, and nothing else. */
export async function programLayer(
  executable: Blob,
  compression: LayerCompression,
  options: CompressOptions,
): Promise<ProgramLayer> {
  const hasher = new Bun.CryptoHasher("sha256");
  const layer = await compressLayer(archive(executable, hasher), compression, options);
  const { content, digest, diffId } = layer;
  const descriptor = { mediaType: layerMediaType(compression), digest, size: content.size };
  return { blob: { descriptor, content }, diffId, programSha256: hasher.digest("hex") };
}

async function* archive(executable: Blob, hasher: Bun.CryptoHasher): AsyncGenerator<Uint8Array> {
  for (const entry of FOLDERS) yield tarHeader(entry);
  const { size } = executable;
  yield tarHeader({ path: PROGRAM_PATH, kind: "file", mode: EXECUTABLE, ownerId: 0, size });
  let read = 0;
  for await (const chunk of executable.stream()) {
    read += chunk.length;
    hasher.update(chunk);
    yield chunk;
  }
  if (read !== size) throw new RangeError("the executable was changed while it was read");
  yield tarPadding(size);
  yield tarEnd();
}
