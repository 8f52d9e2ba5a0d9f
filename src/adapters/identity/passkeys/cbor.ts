/**
 * The part of CBOR (RFC 8949) that WebAuthn uses: integers, byte and text strings, arrays, maps, booleans and null, all
 * of definite length, which is CTAP2's canonical form.
 */
export type Cbor = number | string | boolean | null | Uint8Array | readonly Cbor[] | CborMap;
export type CborMap = ReadonlyMap<number | string, Cbor>;

/** A COSE key in an attestation is four levels deep. */
const DEPTH_MAX = 8;

/**
 * Reads one value.
 * @returns the value, and where the bytes after it begin
 * @throws RangeError if it ends early, or is not of that part
 */
export function readCbor(bytes: Uint8Array, start = 0): { readonly value: Cbor; readonly end: number } {
  const reader = new Reader(bytes, start);
  const value = reader.value(DEPTH_MAX);
  return { value, end: reader.at };
}

const MAJOR_SHIFT = 5;
const INFO_MASK = 0x1f;
/** Up to here the number is in the first byte itself. */
const INFO_INLINE_MAX = 23;

class Reader {
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  value(depth: number): Cbor {
    if (depth === 0) throw new RangeError("CBOR is nested too deeply");
    const head = this.view.getUint8(this.at++);
    const info = head & INFO_MASK;
    switch (head >> MAJOR_SHIFT) {
      case 0:
        return this.number(info);
      case 1:
        return -1 - this.number(info);
      case 2:
        return this.string(info);
      case 3:
        return new TextDecoder().decode(this.string(info));
      case 4:
        return this.items(this.number(info), depth);
      case 5:
        return this.map(this.number(info), depth);
      default:
        return simple(head);
    }
  }

  private number(info: number): number {
    if (info <= INFO_INLINE_MAX) return info;
    const bytes = [1, 2, 4][info - INFO_INLINE_MAX - 1];
    if (bytes === undefined) throw new RangeError("CBOR has a longer number, or an indefinite length");
    const at = this.at;
    this.at += bytes;
    if (bytes === 1) return this.view.getUint8(at);
    return bytes === 2 ? this.view.getUint16(at) : this.view.getUint32(at);
  }

  private string(info: number): Uint8Array {
    const length = this.number(info);
    const start = this.at;
    if (length > this.bytes.length - start) throw new RangeError("CBOR ends early");
    this.at += length;
    return this.bytes.subarray(start, this.at);
  }

  private items(count: number, depth: number): readonly Cbor[] {
    const found: Cbor[] = [];
    for (let n = 0; n < count; n++) found.push(this.value(depth - 1));
    return found;
  }

  private map(count: number, depth: number): CborMap {
    const found = new Map<number | string, Cbor>();
    for (let n = 0; n < count; n++) {
      const key = this.value(depth - 1);
      if (typeof key !== "number" && typeof key !== "string") throw new RangeError("CBOR has an odd map key");
      if (found.has(key)) throw new RangeError("CBOR has a map key twice");
      found.set(key, this.value(depth - 1));
    }
    return found;
  }
}

function simple(head: number): boolean | null {
  if (head === 0xf4) return false;
  if (head === 0xf5) return true;
  if (head === 0xf6) return null;
  throw new RangeError("CBOR has a value that WebAuthn does not use");
}
