import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { codeOf } from "./reasons.ts";

/** Mode of the database and the files next to it, unless someone changes them: only for their owner. */
export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;

/** Files that SQLite keeps next to a WAL database. */
export const LOG_SUFFIX = "-wal";
export const INDEX_SUFFIX = "-shm";

/** Creates an empty file, never following an existing name; SQLite makes it a database. */
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

/** Replaces `to` with `from` in one step that a power cut can't split. Same directory. */
export function moveIntoPlace(from: string, to: string): void {
  syncToDisk(from);
  renameSync(from, to);
  syncToDisk(dirname(to));
}

/** The same if `to` must not exist yet. @returns false if it exists by now; it stays */
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

/** Removes a database and the files next to it. */
export function removeDatabase(path: string): void {
  for (const suffix of ["", LOG_SUFFIX, INDEX_SUFFIX, "-journal"])
    rmSync(`${path}${suffix}`, { force: true });
}
