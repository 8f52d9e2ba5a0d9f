/** A file of a tar archive. Owner 0 and no time by default, so that the same files give the same bytes. */
export interface TarEntry {
  /** Without a leading slash; a folder's ends in one. At most {@link TAR_PATH_BYTES_MAX} bytes. */
  readonly path: string;
  readonly kind: "file" | "folder" | "link";
  readonly mode: number;
  readonly ownerId: number;
  /** Content of a file, bytes; 0 otherwise. */
  readonly size: number;
  /** Target of a symbolic link. */
  readonly linksTo?: string;
}

const BLOCK_BYTES = 512;
const TAR_PATH_BYTES_MAX = 99;
/** Two empty blocks end an archive. */
const END_BYTES = 2 * BLOCK_BYTES;

/** Fields of a header: offset and length in bytes. Source: POSIX.1-1988, ustar interchange format. */
const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  ownerId: [108, 8],
  groupId: [116, 8],
  size: [124, 12],
  time: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  linkName: [157, 100],
  magic: [257, 8],
} as const satisfies Record<string, readonly [number, number]>;

const TYPES = { file: "0", link: "2", folder: "5" } as const;

/** The 512 bytes before an entry's content. @throws RangeError for a path or size that is too long */
export function tarHeader(entry: TarEntry): Uint8Array {
  const header = Buffer.alloc(BLOCK_BYTES);
  for (const path of [entry.path, entry.linksTo ?? ""]) {
    if (Buffer.byteLength(path) > TAR_PATH_BYTES_MAX) throw new RangeError(`too long for tar: ${path}`);
  }
  put(header, "name", entry.path);
  put(header, "mode", octal(entry.mode, FIELDS.mode));
  put(header, "ownerId", octal(entry.ownerId, FIELDS.ownerId));
  put(header, "groupId", octal(entry.ownerId, FIELDS.groupId));
  put(header, "size", octal(entry.size, FIELDS.size));
  put(header, "time", octal(0, FIELDS.time));
  put(header, "checksum", " ".repeat(8));
  put(header, "type", TYPES[entry.kind]);
  put(header, "linkName", entry.linksTo ?? "");
  put(header, "magic", "ustar\u000000");
  put(header, "checksum", `${sum(header).toString(8).padStart(6, "0")}\0 `);
  return header;
}

/** Zeros that fill the last block of `size` bytes of content. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);
}

export function tarEnd(): Uint8Array {
  return new Uint8Array(END_BYTES);
}

function put(header: Buffer, field: keyof typeof FIELDS, text: string): void {
  header.write(text, FIELDS[field][0], "utf8");
}

function octal(value: number, [, length]: readonly [number, number]): string {
  const digits = value.toString(8);
  if (digits.length > length - 1) throw new RangeError(`${value} has no room in a tar header`);
  return digits.padStart(length - 1, "0");
}

function sum(bytes: Uint8Array): number {
  return bytes.reduce((total, byte) => total + byte, 0);
}

/** A file, folder, link or anything else in an archive. */
export interface FoundEntry {
  /** Without a leading `./` or `/`. */
  readonly path: string;
  readonly type: string;
  readonly size: number;
  readonly linksTo: string;
}

/** What to do with an entry's content; undefined skips it. */
export type ContentSink = (bytes: Uint8Array) => void;

/** How GNU and POSIX announce a long name. */
const GNU_LONG_NAME = "L";
const PAX_HEADER = "x";
const META_BYTES_MAX = 1_048_576;

/**
 * Reads an archive as it arrives, keeping no more than one header in memory.
 * @param onEntry is called with each entry and may read its content
 * @throws RangeError if it is not a tar archive
 */
export async function readTar(
  chunks: AsyncIterable<Uint8Array>,
  onEntry: (entry: FoundEntry) => ContentSink | undefined,
): Promise<void> {
  const source = new Blocks(chunks);
  let longName: string | undefined;
  for (;;) {
    const header = await source.take(BLOCK_BYTES);
    if (header.length < BLOCK_BYTES || header.every((byte) => byte === 0)) return;
    const entry = foundEntry(header, longName);
    longName = undefined;
    if (entry.type === GNU_LONG_NAME || entry.type === PAX_HEADER) {
      longName = nameIn(entry, await source.take(metaSize(entry)));
    } else {
      await source.pass(entry.size, onEntry(entry));
    }
    await source.pass(tarPadding(entry.size).length, undefined);
  }
}

function metaSize({ size }: FoundEntry): number {
  if (size > META_BYTES_MAX) throw new RangeError("a header of the archive is larger than any real one");
  return size;
}

function nameIn(entry: FoundEntry, bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString("utf8");
  if (entry.type === GNU_LONG_NAME) return text.replace(/\0.*$/s, "");
  return /^\d+ path=(.*)$/m.exec(text)?.[1];
}

function foundEntry(bytes: Uint8Array, longName: string | undefined): FoundEntry {
  const header = Buffer.from(bytes);
  const field = ([offset, length]: readonly [number, number]) =>
    header.toString("utf8", offset, offset + length).replace(/\0.*$/s, "");
  const written = Number.parseInt(field(FIELDS.checksum).trim(), 8);
  const spaced = Buffer.from(header).fill(" ", FIELDS.checksum[0], FIELDS.checksum[0] + FIELDS.checksum[1]);
  if (written !== sum(spaced)) throw new RangeError("not a tar archive, or damaged");
  const size = Number.parseInt(field(FIELDS.size).trim() || "0", 8);
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError("a file of the archive has no size");
  const prefix = header.toString("latin1", 257, 262) === "ustar" ? field([345, 155]) : "";
  const name = longName ?? (prefix === "" ? field(FIELDS.name) : `${prefix}/${field(FIELDS.name)}`);
  return {
    path: name.replace(/^(?:\.?\/)+/, ""),
    type: field(FIELDS.type) || TYPES.file,
    size,
    linksTo: field(FIELDS.linkName),
  };
}

/** Bytes of a stream, as many at a time as are asked for. */
class Blocks {
  private readonly iterator: AsyncIterator<Uint8Array>;
  private rest: Uint8Array = new Uint8Array();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.iterator = chunks[Symbol.asyncIterator]();
  }

  /** Fewer only at the end of the stream. */
  async take(length: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    await this.pass(length, (bytes) => parts.push(bytes), true);
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  /** Passes `length` bytes on. @throws RangeError if the stream ends first, unless that is allowed */
  async pass(length: number, sink: ContentSink | undefined, mayEnd = false): Promise<void> {
    let left = length;
    while (left > 0) {
      if (this.rest.length === 0) {
        const next = await this.iterator.next();
        if (next.done) {
          if (mayEnd) return;
          throw new RangeError("the archive ends in the middle of a file");
        }
        this.rest = next.value;
      }
      const part = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(part.length);
      left -= part.length;
      if (part.length > 0) sink?.(part);
    }
  }
}
