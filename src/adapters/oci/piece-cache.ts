import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";

/** At most 250 MB: the two pieces of Bun's runtime, and the first and last ones of some builds. */
const PIECES_KEPT_MAX = 12;

/**
 * Compressed pieces on disk. Most of an executable is Bun's runtime, the same in every build on the same
 * Bun, and takes more than a minute to compress well. It only saves time: a cached piece is decompressed and
 * compared before use, and an unusable folder is ignored.
 */
export class PieceCache {
  /** @param folder created when needed @param settings of the compression, part of the file names */
  constructor(
    private readonly folder: string,
    private readonly settings: string,
  ) {}

  /** The compressed form of `piece`, from the cache or from `compress`. */
  async get(
    piece: Uint8Array<ArrayBuffer>,
    compress: () => Promise<Uint8Array<ArrayBuffer>>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const sha256 = new Bun.CryptoHasher("sha256").update(piece).digest("hex");
    const path = join(this.folder, `${this.settings}-${sha256}`);
    const found = await kept(path, piece);
    if (found) return found;
    const made = await compress();
    await this.keep(path, made);
    return made;
  }

  private async keep(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const temporary = `${path}.${process.pid}`;
    try {
      await mkdir(this.folder, { recursive: true });
      await Bun.write(temporary, bytes);
      await rename(temporary, path);
      await this.forgetOldest();
    } catch (error) {
      if (!isOfDisk(error)) throw error;
    }
  }

  private async forgetOldest(): Promise<void> {
    const names = await readdir(this.folder);
    if (names.length <= PIECES_KEPT_MAX) return;
    const files = await Promise.all(
      names.map(async (name) => ({ name, usedMs: (await stat(join(this.folder, name))).mtimeMs })),
    );
    files.sort((a, b) => b.usedMs - a.usedMs);
    for (const { name } of files.slice(PIECES_KEPT_MAX)) await rm(join(this.folder, name), { force: true });
  }
}

async function kept(path: string, piece: Uint8Array): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const bytes = await Bun.file(path).bytes();
    if (!Buffer.from(await Bun.zstdDecompress(bytes)).equals(piece)) return undefined;
    const now = new Date();
    await utimes(path, now, now);
    return bytes;
  } catch (error) {
    // Missing, unreadable or changed: then it is compressed again.
    if (isOfDisk(error) || isDamage(error)) return undefined;
    throw error;
  }
}

/** Whether the operating system refused: the work continues without the cache. */
function isOfDisk(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

/** Whether the decoder refused. */
function isDamage(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_ZSTD";
}
