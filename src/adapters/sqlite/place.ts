import { accessSync, constants, existsSync, mkdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { StoreOpenError } from "../../application/store-open-error.ts";
import { FOLDER_MODE } from "./files.ts";
import { isMountPoint } from "./mounts.ts";
import { codeOf, reasonOf } from "./reasons.ts";

const ANOTHER_STORE = "name another file (--sqlite FILE)";
const WRITABLE_FOLDER = constants.R_OK | constants.W_OK | constants.X_OK;

/**
 * The file's absolute path without symbolic links; its directory exists and is writable.
 * @throws StoreOpenError with the reason
 */
export function placeForFile(path: string): string {
  const wanted = resolve(path);
  const directory = dirname(wanted);
  makeDirectory(directory, wanted, ANOTHER_STORE);
  const place = existsSync(wanted) ? realpathSync(wanted) : join(realpathSync(directory), basename(wanted));
  refuseDirectory(place);
  refuseUnwritable(dirname(place), place);
  return place;
}

/**
 * The same for a file that will replace whatever has the name now, which is not checked.
 * @param advice what else to do, for the error message
 * @throws StoreOpenError
 */
export function placeForCopy(path: string, advice: string): string {
  const wanted = resolve(path);
  makeDirectory(dirname(wanted), wanted, advice);
  const directory = realpathSync(dirname(wanted));
  const place = join(directory, basename(wanted));
  refuseDirectory(place);
  refuseInaccessible(
    directory,
    WRITABLE_FOLDER,
    (reason) => `${place} can't be made (${reason}): change the permissions of ${directory}, or ${advice}.`,
  );
  return place;
}

/** The same for a store: SQLite must find its log by this path, now and after a crash. @throws StoreOpenError */
export function placeForStore(path: string): string {
  const place = placeForFile(path);
  refuseMountedAlone(place);
  refuseOtherNames(place);
  return place;
}

/** The path of a store that must be there already, absolute and without symbolic links. @throws StoreOpenError */
export function placeOfStore(path: string): string {
  const place = placeOfExisting(path, "store");
  refuseMountedAlone(place);
  refuseOtherNames(place);
  return place;
}

/** The path of a file that must be there already and be readable, absolute and without symbolic links. */
export function placeOfExisting(path: string, what: "store" | "backup"): string {
  const wanted = resolve(path);
  const place = realPathOf(wanted, what);
  refuseDirectory(place);
  refuseInaccessible(
    place,
    constants.R_OK,
    (reason) => `${place} can't be read (${reason}): change its permissions.`,
  );
  return place;
}

function realPathOf(wanted: string, what: string): string {
  try {
    return realpathSync(wanted);
  } catch (error) {
    throw new StoreOpenError(
      codeOf(error) === "ENOENT"
        ? `${wanted}: there is no ${what} of that name. Check the path.`
        : `${wanted} can't be examined (${reasonOf(error)}): check the path and its permissions.`,
      error,
    );
  }
}

/** The log next to the mounted name is not the one next to the file itself, and is lost with the container. */
export function refuseMountedAlone(place: string): void {
  if (!isMountPoint(place)) return;
  const folder = dirname(place);
  throw new StoreOpenError(
    `${place} is mounted without its folder, so SQLite's log next to it would be lost: mount the folder that holds the file, for example with -v "$PWD/data:${folder}".`,
  );
}

/** A file's log has the file's name: under another name, what is in the log is missing. */
function refuseOtherNames(place: string): void {
  const names = statSync(place, { throwIfNoEntry: false })?.nlink ?? 1;
  if (names < 2) return;
  throw new StoreOpenError(
    `${place} has ${names} names (hard links), and SQLite's log belongs to one of them: remove the other names (find them with find -samefile ${place}), or copy the file.`,
  );
}

function refuseDirectory(place: string): void {
  if (!existsSync(place) || !statSync(place).isDirectory()) return;
  throw new StoreOpenError(
    `${place} is a directory where a file is needed: name the file too, for example ${join(place, "todos.db")}.`,
  );
}

function makeDirectory(directory: string, place: string, advice: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: FOLDER_MODE });
  } catch (error) {
    throw new StoreOpenError(
      `${place} can't be made because its directory can't be (${reasonOf(error)}): make ${directory} yourself, or ${advice}.`,
      error,
    );
  }
}

function refuseUnwritable(directory: string, place: string): void {
  const sentence = (subject: string) => (reason: string) =>
    `${subject} can't be written by this user (${reason}), and SQLite needs to: change its permissions, or ${ANOTHER_STORE}.`;
  refuseInaccessible(directory, WRITABLE_FOLDER, sentence(directory));
  if (existsSync(place)) refuseInaccessible(place, constants.R_OK | constants.W_OK, sentence(place));
}

function refuseInaccessible(path: string, mode: number, sentence: (reason: string) => string): void {
  try {
    accessSync(path, mode);
  } catch (error) {
    throw new StoreOpenError(sentence(reasonOf(error)), error);
  }
}
