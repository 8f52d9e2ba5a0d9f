import { closeSync, constants, lstatSync, openSync, readSync } from "node:fs";
import { basename, resolve } from "node:path";
import { StoreOpenError } from "../../application/store-open-error.ts";
import { identityOf } from "./file-identity.ts";
import { INDEX_SUFFIX, LOG_SUFFIX } from "./files.ts";
import { APPLICATION_ID } from "./identity.ts";
import { placeForCopy } from "./place.ts";
import { reasonOf } from "./reasons.ts";
import { servingProcess } from "./serve-lock.ts";

const BESIDE_A_DATABASE = /-(wal|shm|journal|serve\.lock)$/;
const ANOTHER = "name another file";

// The first bytes of every SQLite file.
const HEADER_BYTES = 100;
const MAGIC = "SQLite format 3\0";
const [WRITE_VERSION_AT, READ_VERSION_AT, APPLICATION_ID_AT] = [18, 19, 68];
/** A file that has been served has a log, and says so here; one written by VACUUM does not. */
const WITHOUT_LOG = 1;

/**
 * The target of a backup: a free name, or with `force` that of an earlier backup. Nothing else is ever replaced.
 * @param source the store, absolute and without symbolic links
 * @throws StoreOpenError
 */
export function placeForBackup(file: string, source: string, force: boolean): string {
  const wanted = resolve(file);
  if (BESIDE_A_DATABASE.test(basename(wanted))) {
    throw new StoreOpenError(
      `${wanted} is a name that SQLite uses for a database's other files: ${ANOTHER}.`,
    );
  }
  const target = placeForCopy(wanted, ANOTHER);
  refuseToReplace(target, source, force);
  return target;
}

/** Checks what is there now. @throws StoreOpenError */
export function refuseToReplace(target: string, source: string, force: boolean): void {
  const there = lstatSync(target, { throwIfNoEntry: false });
  if (!there) return;
  if (there.isSymbolicLink()) throw refusal(target, "is a symbolic link");
  if (!there.isFile()) throw refusal(target, "already exists and is not a regular file");
  if (identityOf(target) === identityOf(source)) throw refusal(target, "is the store itself");
  if (servingProcess(target)) throw refusal(target, "is a store that is being served");
  if (!isEarlierBackup(target)) throw refusal(target, "already exists and is not a backup made by todos");
  if (force) return;
  throw new StoreOpenError(`${target} already exists: ${ANOTHER}, or replace it with --force.`);
}

function refusal(target: string, what: string): StoreOpenError {
  return new StoreOpenError(`${target} ${what}: ${ANOTHER}.`);
}

function isEarlierBackup(path: string): boolean {
  if ([LOG_SUFFIX, INDEX_SUFFIX].some((suffix) => identityOf(`${path}${suffix}`) !== undefined)) return false;
  const header = firstBytes(path);
  return (
    header.length === HEADER_BYTES &&
    header.toString("latin1", 0, MAGIC.length) === MAGIC &&
    header[WRITE_VERSION_AT] === WITHOUT_LOG &&
    header[READ_VERSION_AT] === WITHOUT_LOG &&
    header.readUInt32BE(APPLICATION_ID_AT) === APPLICATION_ID
  );
}

function firstBytes(path: string): Buffer {
  try {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const header = Buffer.alloc(HEADER_BYTES);
      return header.subarray(0, readSync(descriptor, header, 0, HEADER_BYTES, 0));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new StoreOpenError(
      `${path} already exists and can't be read (${reasonOf(error)}): ${ANOTHER}.`,
      error,
    );
  }
}
