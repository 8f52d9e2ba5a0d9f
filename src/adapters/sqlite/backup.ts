import { statSync } from "node:fs";
import { placeForBackup, refuseToReplace } from "./backup-target.ts";
import { type Contents, copyDatabase, verifiedContents } from "./copy.ts";
import { moveIntoPlace, putWhereNothingIs, removeDatabase } from "./files.ts";
import { placeOfStore } from "./place.ts";

export type BackupPhase = "copying" | "verifying" | "done";

export interface BackupOptions {
  /** Replaces an earlier backup. */
  readonly force?: boolean;
  readonly onProgress?: (phase: BackupPhase) => void;
}

export interface BackupReport extends Contents {
  /** Absolute path of the backup. */
  readonly file: string;
  readonly bytes: number;
}

/**
 * Copies the store into `file`, served or not. The copy contains every write acknowledged before this was called. The
 * name appears only once the copy is complete, verified and on disk.
 * @throws StoreOpenError
 */
export async function backupSqlite(
  path: string,
  file: string,
  { force = false, onProgress = () => undefined }: BackupOptions = {},
): Promise<BackupReport> {
  const source = placeOfStore(path);
  const target = placeForBackup(file, source, force);
  const partial = `${target}.partial-${process.pid}`;
  try {
    onProgress("copying");
    copyDatabase(source, partial);
    onProgress("verifying");
    const contents = verifiedContents(partial);
    if (force) {
      // Something else may have taken the name in the meantime.
      refuseToReplace(target, source, force);
      moveIntoPlace(partial, target);
    } else if (!putWhereNothingIs(partial, target)) {
      refuseToReplace(target, source, force);
    }
    onProgress("done");
    return { file: target, bytes: statSync(target).size, ...contents };
  } finally {
    removeDatabase(partial);
  }
}
