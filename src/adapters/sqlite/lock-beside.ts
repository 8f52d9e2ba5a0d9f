import { closeSync, constants, existsSync, openSync } from "node:fs";
import { FILE_MODE } from "./files.ts";
import { codeOf } from "./reasons.ts";

// macOS has open file description locks too, but fcntl there can't be called as a foreign function with three
// arguments; a lock that is taken by opening a file needs no foreign function. It can't be on the database itself,
// where it would conflict with SQLite's own.

/** macOS's `open` takes an exclusive lock with this flag. */
const O_EXLOCK = 0x20;
const SUFFIX = "-serve.lock";

/**
 * Locks a file next to the database, and creates it if missing.
 * @returns what releases it; undefined if another process holds it
 */
export function lockBeside(path: string): (() => void) | undefined {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK | O_EXLOCK;
  try {
    const descriptor = openSync(`${path}${SUFFIX}`, flags, FILE_MODE);
    return () => closeSync(descriptor);
  } catch (error) {
    if (codeOf(error) === "EAGAIN") return undefined;
    throw error;
  }
}

export function lockHeldBeside(path: string): boolean {
  if (!existsSync(`${path}${SUFFIX}`)) return false;
  const release = lockBeside(path);
  release?.();
  return release === undefined;
}
