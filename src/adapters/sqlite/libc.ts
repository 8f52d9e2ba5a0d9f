import { dlopen, FFIType } from "bun:ffi";

// struct flock and its constants, the same on every 64-bit Linux.
const FLOCK_BYTES = 32;
const [TYPE_AT, START_AT, LENGTH_AT] = [0, 8, 16];
const F_WRLCK = 1;
const F_UNLCK = 2;
const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;

/** Far beyond any page that a database can have, and beyond the bytes that SQLite itself locks. */
const LOCKED_BYTE = 1n << 62n;

/**
 * Locks one byte of an open file for its open file description: unlike SQLite's own locks, this one lasts
 * until that descriptor is closed, whatever else the process closes. Linux only.
 */
export function lockByte(descriptor: number): "locked" | "held" | "unsupported" {
  if (fcntl()(descriptor, F_OFD_SETLK, byteLock()) === 0) return "locked";
  // errno is undefined by now.
  return byteLockHeld(descriptor) ? "held" : "unsupported";
}

/** Whether another process has locked that byte. The descriptor may be read-only. Linux only. */
export function byteLockHeld(descriptor: number): boolean {
  const found = byteLock();
  return fcntl()(descriptor, F_OFD_GETLK, found) === 0 && view(found).getInt16(TYPE_AT, true) !== F_UNLCK;
}

function byteLock(): Uint8Array {
  const bytes = new Uint8Array(FLOCK_BYTES);
  view(bytes).setInt16(TYPE_AT, F_WRLCK, true);
  view(bytes).setBigInt64(START_AT, LOCKED_BYTE, true);
  view(bytes).setBigInt64(LENGTH_AT, 1n, true);
  return bytes;
}

function view({ buffer }: Uint8Array): DataView {
  return new DataView(buffer);
}

type Fcntl = (descriptor: number, command: number, lock: Uint8Array) => number;
let loaded: Fcntl | undefined;

/** Loaded with the first lock: that takes a fifth of a millisecond. */
function fcntl(): Fcntl {
  loaded ??= dlopen("libc.so.6", {
    fcntl: { args: [FFIType.i32, FFIType.i32, FFIType.ptr], returns: FFIType.i32 },
  }).symbols.fcntl;
  return loaded;
}
