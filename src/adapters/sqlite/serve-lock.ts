import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { StoreOpenError } from "../../application/store-open-error.ts";
import { type FileIdentity, identityOf } from "./file-identity.ts";
import { FILE_MODE } from "./files.ts";
import { byteLockHeld, lockByte } from "./libc.ts";
import { lockBeside, lockHeldBeside } from "./lock-beside.ts";
import { codeOf, reasonOf } from "./reasons.ts";

/** How often another file may replace the one just opened, as during a restore. */
const ATTEMPTS_MAX = 10;

export interface ServeLock {
  /** The locked file; no other file gets this identity while the lock is held. */
  readonly identity: FileIdentity;
  release(): void;
  /** Releases it without having served: removes an empty file that was created for it. */
  abandon(): void;
}

/**
 * Closing any descriptor of a file drops all of SQLite's locks on it in this process, so a locked file is not opened a
 * second time.
 */
const held = new Set<FileIdentity>();

/**
 * Makes this process the only one that serves the file, and creates an empty file if missing. It is an operating-system
 * lock, so it ends with the process. Take it before SQLite opens the file, and release it after SQLite has closed it.
 * @param path absolute, without symbolic links
 * @throws StoreOpenError if another process has it
 */
export function takeServeLock(path: string): ServeLock {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const lock = lockOpened(path);
    if (identityOf(path) === lock.identity) return lock;
    lock.release();
  }
  throw new StoreOpenError(`${path} is being replaced again and again: stop what does that.`);
}

/** Whether a process serves the file, and which one, if the system reports it. Takes no lock. */
export function servingProcess(path: string): { readonly pid?: number } | undefined {
  const identity = identityOf(path);
  if (identity === undefined) return undefined;
  if (held.has(identity)) return { pid: process.pid };
  if (!isHeld(path)) return undefined;
  const pid = holderPid(identity);
  return pid === undefined ? {} : { pid };
}

function lockOpened(path: string): ServeLock {
  const there = identityOf(path);
  if (there !== undefined && held.has(there)) throw alreadyServed(path, process.pid);
  const descriptor = openedForWriting(path);
  try {
    const { dev, ino } = fstatSync(descriptor);
    const identity = `${dev}:${ino}`;
    const unlock = exclude(path, descriptor, identity);
    held.add(identity);
    const release = () => {
      held.delete(identity);
      closeSync(descriptor);
      unlock?.();
    };
    const abandon = () => {
      const untouched = fstatSync(descriptor).size === 0 && identityOf(path) === identity;
      if (there === undefined && untouched) rmSync(path);
      release();
    };
    return { identity, release, abandon };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** SQLite would silently open an unwritable file for reading. */
function openedForWriting(path: string): number {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
  try {
    return openSync(path, flags, FILE_MODE);
  } catch (error) {
    throw new StoreOpenError(
      `${path} can't be opened for writing (${reasonOf(error)}), and serving it needs that: change its permissions, or name another file (--sqlite FILE).`,
      error,
    );
  }
}

/** @returns what else must be done to release the lock, if anything */
function exclude(path: string, descriptor: number, identity: FileIdentity): (() => void) | undefined {
  if (process.platform !== "linux") {
    const beside = lockBeside(path);
    if (beside === undefined) throw alreadyServed(path, undefined);
    return beside;
  }
  const outcome = lockByte(descriptor);
  if (outcome === "held") throw alreadyServed(path, holderPid(identity));
  if (outcome === "locked") return undefined;
  throw new StoreOpenError(
    `${path} is on a file system without locks, which SQLite needs: name a file on another one (--sqlite FILE).`,
  );
}

function isHeld(path: string): boolean {
  if (process.platform !== "linux") return lockHeldBeside(path);
  try {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return byteLockHeld(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new StoreOpenError(
      `${path} can't be read (${reasonOf(error)}): change its permissions, or name another file.`,
      error,
    );
  }
}

function alreadyServed(path: string, pid: number | undefined): StoreOpenError {
  const who = pid === undefined ? "another todos process" : `another todos process (pid ${pid})`;
  return new StoreOpenError(
    `${path} is already being served by ${who}: only one may. Stop that one, or use another file (--sqlite FILE).`,
  );
}

/** Linux lists each descriptor's locks, for processes of the same user: `lock: 1: OFDLCK ADVISORY WRITE …`. */
function holderPid(identity: FileIdentity): number | undefined {
  return entriesOf("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => entriesOf(`/proc/${pid}/fd`).some((descriptor) => holdsLock(pid, descriptor, identity)));
}

function holdsLock(pid: number, descriptor: string, identity: FileIdentity): boolean {
  try {
    return (
      identityOf(`/proc/${pid}/fd/${descriptor}`) === identity &&
      readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, "utf8").includes("OFDLCK")
    );
  } catch (error) {
    return nothingThere(error, false);
  }
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    return nothingThere(error, []);
  }
}

/** Processes may end while we look, and other users' processes can't be read. */
function nothingThere<T>(error: unknown, instead: T): T {
  if (/^(ENOENT|ESRCH|EACCES|EPERM|ENOTDIR)$/.test(codeOf(error) ?? "")) return instead;
  throw error;
}
