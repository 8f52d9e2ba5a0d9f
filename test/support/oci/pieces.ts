import { spyOn } from "bun:test";
import { join } from "node:path";
import { architectureAt } from "../../../src/adapters/oci/executable.ts";
import { ociImages } from "../../../src/adapters/oci/images.ts";
import { ROOT } from "../binary.ts";
import { FULL_SIZE } from "../size.ts";

/** Compresses the runtime in a second instead of a hundred, a fifth worse. */
const QUICK_LEVEL = 3;
/** Of an image as users build it. */
export const IMAGE_BYTES_MAX = 50_000_000;
/**
 * The runtime, compressed quickly, is 9.3 MB larger, and what the program adds a sixth: an image within this limit is
 * within the other one if it is compressed well.
 */
const QUICKLY_COMPRESSED_BYTES_MAX = 60_000_000;
/** Of an image whose pieces are in {@link piecesCache}. */
export const CACHED_IMAGE_BYTES_MAX = FULL_SIZE ? IMAGE_BYTES_MAX : QUICKLY_COMPRESSED_BYTES_MAX;

const FOLDER = join(ROOT, ".cache", FULL_SIZE ? "deployer" : "deployer-quick");
const filled = new Map<string, Promise<unknown>>();

/**
 * Value of XDG_CACHE_HOME for every test that needs the image as users build it, but is not about compressing it: that
 * takes a hundred seconds of a processor. In an ordinary run the pieces in it are compressed as quickly as possible, at
 * full size by the first one that needs them.
 * @param binary the executable that becomes the image
 */
export async function piecesCache(binary: string): Promise<string> {
  if (!FULL_SIZE) {
    const filling = filled.get(binary) ?? fillQuickly(binary);
    filled.set(binary, filling);
    await filling;
  }
  return FOLDER;
}

/** The program takes a piece from the cache whatever its level: it compares what comes out. */
async function fillQuickly(binaryPath: string): Promise<void> {
  const compress = Bun.zstdCompress;
  using _ = spyOn(Bun, "zstdCompress").mockImplementation((piece) => compress(piece, { level: QUICK_LEVEL }));
  const cacheFolder = join(FOLDER, "todos/image-pieces");
  const architecture = await architectureAt(binaryPath);
  await ociImages.build({ binaryPath, architecture, compression: "zstd", cacheFolder });
}
