import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";

/** What SQLite keeps beside a WAL database. */
export const LOG_SUFFIX = "-wal";
export const INDEX_SUFFIX = "-shm";

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

/** Removes a database and what may lie beside it. */
export function removeDatabase(path: string): void {
  for (const suffix of ["", LOG_SUFFIX, INDEX_SUFFIX, "-journal"])
    rmSync(`${path}${suffix}`, { force: true });
}
