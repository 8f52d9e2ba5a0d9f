import { closeSync, constants, existsSync, openSync } from "node:fs";
import { FILE_MODE } from "./files.ts";
import { codeOf } from "./reasons.ts";

// macOS has locks of open file descriptions, too, but calling fcntl there takes more than a foreign function
// with three arguments; a lock that is taken by opening a file needs no foreign function at all. It can't be
// on the database itself: there it would stand in the way of SQLite's own.

/** macOS's `open` takes an exclusive lock with this flag. */
const O_EXLOCK = 0x20;
const SUFFIX = "-serve.lock";

/** Locks a file beside the database, and makes it where there is none. @returns what releases it; undefined where another one holds it */
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
