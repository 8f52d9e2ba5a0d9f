import { accessSync, constants, existsSync, mkdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { StoreOpenError } from "../../application/store-open-error.ts";

const ANOTHER_STORE = "name another file (--sqlite FILE)";

/**
 * The file's absolute path without symbolic links; its directory is there and may be written.
 * @param advice what else to do, for the sentence where that can't be
 * @throws StoreOpenError saying what stands in the way
 */
export function placeForFile(path: string, advice = ANOTHER_STORE): string {
  const wanted = resolve(path);
  const directory = dirname(wanted);
  makeDirectory(directory, wanted, advice);
  const place = existsSync(wanted) ? realpathSync(wanted) : join(realpathSync(directory), basename(wanted));
  refuseDirectory(place);
  refuseUnwritable(dirname(place), place, advice);
  return place;
}

/** The path of a file that must be there already, absolute and without symbolic links. */
export function placeOfExisting(path: string, what: string): string {
  const wanted = resolve(path);
  if (!existsSync(wanted)) {
    throw new StoreOpenError(`${wanted}: there is no ${what} of that name. Check the path.`);
  }
  const place = realpathSync(wanted);
  refuseDirectory(place);
  return place;
}

function refuseDirectory(place: string): void {
  if (!existsSync(place) || !statSync(place).isDirectory()) return;
  throw new StoreOpenError(
    `${place} is a directory where a file is needed: name the file too, for example ${join(place, "todos.db")}.`,
  );
}

function makeDirectory(directory: string, place: string, advice: string): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw new StoreOpenError(
      `${place} can't be made because its directory can't be (${reasonOf(error)}): make ${directory} yourself, or ${advice}.`,
      error,
    );
  }
}

function refuseUnwritable(directory: string, place: string, advice: string): void {
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    if (existsSync(place)) accessSync(place, constants.R_OK | constants.W_OK);
  } catch (error) {
    const subject = existsSync(place) ? `${place} or its directory` : directory;
    throw new StoreOpenError(
      `${subject} can't be written by this user (${reasonOf(error)}), and SQLite needs to: change its permissions, or ${advice}.`,
      error,
    );
  }
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
