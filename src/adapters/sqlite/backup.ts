import { existsSync, statSync } from "node:fs";
import { StoreOpenError } from "../../application/store-open-error.ts";
import { type Contents, copyDatabase, verifiedContents } from "./copy.ts";
import { moveIntoPlace, removeDatabase } from "./files.ts";
import { placeForFile, placeOfExisting } from "./place.ts";

export type BackupPhase = "copying" | "verifying" | "done";

export interface BackupOptions {
  /** Replaces a file that is there already. */
  readonly force?: boolean;
  readonly onProgress?: (phase: BackupPhase) => void;
}

export interface BackupReport extends Contents {
  /** Absolute path of the backup. */
  readonly file: string;
  readonly bytes: number;
}

/**
 * Copies the store into `file`, served or not: it holds every write acknowledged before this was called.
 * The name appears only when the copy is whole, verified and on disk.
 * @throws StoreOpenError
 */
export async function backupSqlite(
  path: string,
  file: string,
  { force = false, onProgress = () => undefined }: BackupOptions = {},
): Promise<BackupReport> {
  const source = placeOfExisting(path, "store");
  const target = placeForFile(file, "name another file");
  if (source === target) throw new StoreOpenError(`${target} is the store itself: name another file.`);
  if (existsSync(target) && !force) {
    throw new StoreOpenError(`${target} is there already: name another file, or replace it with --force.`);
  }
  const partial = `${target}.partial-${process.pid}`;
  try {
    onProgress("copying");
    copyDatabase(source, partial);
    onProgress("verifying");
    const contents = verifiedContents(partial);
    moveIntoPlace(partial, target);
    onProgress("done");
    return { file: target, bytes: statSync(target).size, ...contents };
  } finally {
    removeDatabase(partial);
  }
}
