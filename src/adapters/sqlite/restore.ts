import { Database } from "bun:sqlite";
import { copyFileSync, existsSync, linkSync, renameSync, rmSync, statSync } from "node:fs";
import type { Clock } from "../../application/ports.ts";
import { StoreOpenError } from "../../application/store-open-error.ts";
import { type Contents, copyDatabase, verifiedContents } from "./copy.ts";
import { identityOf } from "./file-identity.ts";
import { INDEX_SUFFIX, LOG_SUFFIX, moveIntoPlace, removeDatabase, syncToDisk } from "./files.ts";
import { keepOwner } from "./owner.ts";
import { placeForFile, placeOfExisting, refuseMountedAlone } from "./place.ts";
import { rowOf } from "./rows.ts";
import { takeServeLock } from "./serve-lock.ts";
import { sqliteCode } from "./sqlite-errors.ts";

export type RestorePhase = "verifying" | "copying" | "replacing" | "done";

export interface RestoreOptions {
  readonly clock: Clock;
  /** Keeps the replaced database next to the new one; on by default. */
  readonly keepReplaced?: boolean;
  readonly onProgress?: (phase: RestorePhase) => void;
}

export interface RestoreReport extends Contents {
  /** Absolute path of the store. */
  readonly path: string;
  /** Where the replaced database is now, if there was one and it was kept. */
  readonly keptAs?: string;
}

/**
 * Replaces the store with a backup that gets a new epoch: versions that clients have seen no longer count. At every
 * moment there is a complete store, the old one or the new one. It must not be in service.
 * @throws StoreOpenError
 */
export async function restoreSqlite(
  file: string,
  path: string,
  { clock, keepReplaced = true, onProgress = () => undefined }: RestoreOptions,
): Promise<RestoreReport> {
  const source = placeOfExisting(file, "backup");
  const target = placeForFile(path);
  refuseMountedAlone(target);
  const before = identityOf(target);
  if (before !== undefined && before === identityOf(source)) {
    throw new StoreOpenError(`${source} is the store itself: name a backup.`);
  }
  const lock = takeServeLock(target);
  const partial = `${target}.restoring-${process.pid}`;
  try {
    onProgress("verifying");
    verifiedContents(source);
    onProgress("copying");
    copyDatabase(source, partial, "backup");
    giveNewEpoch(partial);
    const contents = verifiedContents(partial);
    keepALog(partial);
    keepOwner(partial, target, before !== undefined);
    syncToDisk(partial);
    onProgress("replacing");
    const keptAs = before === undefined ? undefined : setAside(target, keepReplaced, clock.now());
    moveIntoPlace(partial, target);
    onProgress("done");
    return { path: target, ...contents, ...(keptAs !== undefined && { keptAs }) };
  } finally {
    removeDatabase(partial);
    // After success, the name belongs to another file.
    lock.abandon();
  }
}

function giveNewEpoch(path: string): void {
  const db = new Database(path, { readwrite: true });
  try {
    db.run("UPDATE meta SET value = lower(hex(randomblob(8))) WHERE key = 'epoch'");
  } finally {
    db.close();
  }
}

/** Like every store: that distinguishes it from a backup, which may be replaced. */
function keepALog(path: string): void {
  const db = new Database(path, { readwrite: true });
  try {
    db.run("PRAGMA journal_mode = WAL");
  } finally {
    db.close();
  }
}

/**
 * Leaves the old file in place, with a second name if it is kept, and without a log: an old log next to
 * a new database would be replayed into it.
 */
function setAside(target: string, keep: boolean, now: number): string | undefined {
  foldLog(target);
  const stamp = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const keptAs = keep ? `${target}.replaced-${stamp}` : undefined;
  if (keptAs !== undefined) {
    secondName(target, keptAs);
    // Only a file too damaged to open still has a non-empty log.
    if (hasBytes(`${target}${LOG_SUFFIX}`)) renameSync(`${target}${LOG_SUFFIX}`, `${keptAs}${LOG_SUFFIX}`);
  }
  for (const suffix of [LOG_SUFFIX, INDEX_SUFFIX]) rmSync(`${target}${suffix}`, { force: true });
  return keptAs;
}

/** Writes the log's pages into the file. A file that is not a sound database is left unchanged. */
function foldLog(target: string): void {
  const db = new Database(target, { readwrite: true });
  try {
    const row: unknown = db.query("PRAGMA wal_checkpoint(TRUNCATE)").get();
    if (rowOf(row).busy === 1) {
      throw new StoreOpenError(
        `${target} is being read by another process, a backup perhaps: wait for it to end, then restore again.`,
      );
    }
  } catch (error) {
    if (!/^SQLITE_(NOTADB|CORRUPT)/.test(sqliteCode(error) ?? "")) throw error;
  } finally {
    db.close();
  }
}

function secondName(target: string, name: string): void {
  try {
    linkSync(target, name);
  } catch {
    // Not every file system has hard links; a copy is slower and as good.
    copyFileSync(target, name);
    syncToDisk(name);
  }
}

function hasBytes(path: string): boolean {
  return existsSync(path) && statSync(path).size > 0;
}
