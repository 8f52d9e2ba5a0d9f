import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { codeOf } from "./reasons.ts";

/** Of the database and whatever lies beside it, as long as nobody has changed them: their owner's alone. */
export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;

/** What SQLite keeps beside a WAL database. */
export const LOG_SUFFIX = "-wal";
export const INDEX_SUFFIX = "-shm";

/** Makes an empty file that was not there, whatever the name leads to; SQLite makes a database of it. */
export function makeFile(path: string): void {
  closeSync(openSync(path, "wx", FILE_MODE));
}

/** Forces a file's or a directory's contents to disk. */
export function syncToDisk(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Puts `from` in `to`'s place in one step that a power cut can't halve. Same directory. */
export function moveIntoPlace(from: string, to: string): void {
  syncToDisk(from);
  renameSync(from, to);
  syncToDisk(dirname(to));
}

/** The same where there must be nothing yet. @returns false where there is something by now; it stays */
export function putWhereNothingIs(from: string, to: string): boolean {
  syncToDisk(from);
  try {
    linkSync(from, to);
    rmSync(from);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    // Not every file system has hard links.
    if (existsSync(to)) return false;
    renameSync(from, to);
  }
  syncToDisk(dirname(to));
  return true;
}

/** Removes a database and what may lie beside it. */
export function removeDatabase(path: string): void {
  for (const suffix of ["", LOG_SUFFIX, INDEX_SUFFIX, "-journal"])
    rmSync(`${path}${suffix}`, { force: true });
}
