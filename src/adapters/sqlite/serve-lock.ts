import { Database } from "bun:sqlite";
import { existsSync, readFileSync, statSync } from "node:fs";
import { StoreOpenError } from "../../application/store-open-error.ts";
import { explained } from "./explained.ts";
import { sqliteCode } from "./sqlite-errors.ts";

/** A connection that nobody refers to is closed by the garbage collector, and its lock would go with it. */
const held = new Set<Database>();

export interface ServeLock {
  release(): void;
}

/**
 * Makes this process the only one that serves the file. The lock is the operating system's, on a file
 * beside it, so it ends with the process however that ends.
 * @param path absolute, without symbolic links
 * @throws StoreOpenError where another process has it
 */
export function takeServeLock(path: string): ServeLock {
  return explained(path, () => lockFileOf(path));
}

function lockFileOf(path: string): ServeLock {
  const lockPath = serveLockPath(path);
  const db = new Database(lockPath, { create: true, readwrite: true });
  try {
    db.run("PRAGMA busy_timeout = 0");
    db.run("BEGIN EXCLUSIVE");
  } catch (error) {
    db.close();
    if (sqliteCode(error)?.startsWith("SQLITE_BUSY")) throw alreadyServed(path, error);
    throw error;
  }
  held.add(db);
  return {
    release: () => {
      held.delete(db);
      db.close();
    },
  };
}

/** Whether some process serves the file, and which, where the system tells. Takes nothing for itself. */
export function servingProcess(path: string): { readonly pid?: number } | undefined {
  if (!existsSync(serveLockPath(path))) return undefined;
  try {
    takeServeLock(path).release();
    return undefined;
  } catch (error) {
    if (!(error instanceof StoreOpenError)) throw error;
    const pid = holderPid(serveLockPath(path));
    return pid === undefined ? {} : { pid };
  }
}

function serveLockPath(path: string): string {
  return `${path}-serve.lock`;
}

function alreadyServed(path: string, cause: unknown): StoreOpenError {
  const pid = holderPid(serveLockPath(path));
  const who = pid === undefined ? "another todos process" : `another todos process (pid ${pid})`;
  return new StoreOpenError(
    `${path} is already being served by ${who}: only one may. Stop that one, or use another file (--sqlite FILE).`,
    cause,
  );
}

/** Linux lists locks by inode: `1: POSIX ADVISORY WRITE 4711 fd:01:262147 1073741826 1073742335`. */
function holderPid(lockPath: string): number | undefined {
  if (!existsSync("/proc/locks")) return undefined;
  const inode = statSync(lockPath).ino;
  for (const line of readFileSync("/proc/locks", "utf8").split("\n")) {
    const match = /POSIX\s+\w+\s+WRITE\s+(\d+)\s+[0-9a-f]+:[0-9a-f]+:(\d+)\s/.exec(line);
    if (match && Number(match[2]) === inode) return Number(match[1]);
  }
  return undefined;
}
