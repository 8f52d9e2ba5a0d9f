import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { LayerCompression } from "../../application/deploy/images.ts";
import { PieceCache } from "./piece-cache.ts";

/**
 * A layer is compressed in pieces, several at a time; the concatenated pieces are one valid stream (RFC
 * 8878 section 3.1, RFC 1952 section 2.2). The size of a piece decides the bytes and so never depends on
 * the machine. The first one holds what differs between two programs on the same runtime, which is the ELF header.
 * On x64 the next two end where the runtime does, so that they are the same for every build, and in the cache.
 */
const FIRST_PIECE_BYTES = 65_536;
const PIECE_BYTES = 54_525_952;
/** Each takes about 400 MB at this level, whose window is the whole piece. */
const PIECES_AT_ONCE_MAX = 2;
/** The next one takes twice the memory. */
const ZSTD_LEVEL = 21;
const GZIP_LEVEL = 9;
/** The byte of a gzip header that names the system; this value means "unknown". */
const GZIP_SYSTEM_AT = 9;
const GZIP_SYSTEM_UNKNOWN = 255;

export interface CompressedLayer {
  readonly content: Blob;
  readonly digest: string;
  /** Digest of what was compressed. */
  readonly diffId: string;
}

export interface CompressOptions {
  readonly signal?: AbortSignal | undefined;
  /** The cache of compressed pieces; absent: no cache. */
  readonly cacheFolder?: string | undefined;
  /** Called with the number of bytes of the source that are done, 0 first. */
  readonly onBytes?: (bytesDone: number) => void;
}

/** The same content gives the same bytes. @throws what `signal` was aborted with */
export async function compressLayer(
  source: AsyncIterable<Uint8Array>,
  compression: LayerCompression,
  { signal, cacheFolder, onBytes }: CompressOptions = {},
): Promise<CompressedLayer> {
  const plain = new Bun.CryptoHasher("sha256");
  const packed = new Bun.CryptoHasher("sha256");
  const done: Uint8Array<ArrayBuffer>[] = [];
  const running: { readonly bytes: number; readonly result: Promise<Uint8Array<ArrayBuffer>> }[] = [];
  const compress = compressor(compression, cacheFolder);
  let bytesDone = 0;
  const finishOldest = async () => {
    const oldest = running.shift();
    if (!oldest) return;
    const result = await unlessAborted(oldest.result, signal);
    packed.update(result);
    done.push(result);
    bytesDone += oldest.bytes;
    onBytes?.(bytesDone);
  };
  onBytes?.(0);
  const atOnce = Math.min(availableParallelism(), PIECES_AT_ONCE_MAX);
  for await (const piece of pieces(source)) {
    signal?.throwIfAborted();
    plain.update(piece);
    if (running.length >= atOnce) await finishOldest();
    running.push({ bytes: piece.length, result: compress(piece) });
  }
  while (running.length > 0) await finishOldest();
  return {
    content: new Blob(done),
    digest: `sha256:${packed.digest("hex")}`,
    diffId: `sha256:${plain.digest("hex")}`,
  };
}

/** A piece takes seconds and cannot be cancelled: stopping does not wait for it. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function* pieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let piece = new Uint8Array(FIRST_PIECE_BYTES);
  let filled = 0;
  for await (const chunk of source) {
    for (let from = 0; from < chunk.length; ) {
      const part = chunk.subarray(from, from + piece.length - filled);
      piece.set(part, filled);
      filled += part.length;
      from += part.length;
      if (filled < piece.length) continue;
      yield piece;
      piece = new Uint8Array(PIECE_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

type Compressor = (piece: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>;

function compressor(compression: LayerCompression, cacheFolder: string | undefined): Compressor {
  if (compression === "gzip") return gzipped;
  if (cacheFolder === undefined) return zstandard;
  const cache = new PieceCache(cacheFolder, `bun-${Bun.version}-zstd-${ZSTD_LEVEL}`);
  return (piece) => cache.get(piece, () => zstandard(piece));
}

async function zstandard(piece: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await Bun.zstdCompress(piece, { level: ZSTD_LEVEL }));
}

async function gzipped(piece: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(await promisify(gzip)(piece, { level: GZIP_LEVEL }));
  bytes[GZIP_SYSTEM_AT] = GZIP_SYSTEM_UNKNOWN;
  return bytes;
}

/** The content of a stored layer, as it is read. @throws RangeError if it was not compressed that way */
export async function* decompressed(
  stored: AsyncIterable<Uint8Array<ArrayBuffer>>,
  compression: LayerCompression | "none",
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (compression === "none") return yield* stored;
  try {
    yield* streamOf(stored).pipeThrough(new DecompressionStream(compression));
  } catch (error) {
    // What the decoder throws; errors of the source have other types.
    if (!(error instanceof TypeError)) throw error;
    throw new RangeError(`it can't be unpacked as ${compression}`, { cause: error });
  }
}

function streamOf(chunks: AsyncIterable<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream({
    pull: async (controller) => {
      const next = await iterator.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    cancel: async () => {
      await iterator.return?.();
    },
  });
}
