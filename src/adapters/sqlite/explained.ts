import { StoreOpenError } from "../../application/store-open-error.ts";
import { reasonOf } from "./place.ts";
import { sqliteCode } from "./sqlite-errors.ts";

/** Turns what SQLite says about a file into one sentence for an operator. */
export function explained<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = sqliteCode(error);
    if (code === undefined) throw error;
    throw new StoreOpenError(sentenceFor(path, code, reasonOf(error)), error);
  }
}

function sentenceFor(path: string, code: string, reason: string): string {
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return `${path} is locked by another program that is writing to it: wait for it to end, or stop it.`;
  }
  if (code.startsWith("SQLITE_FULL")) {
    return `${path} can't be prepared because its disk is full: make room, or name another file (--sqlite FILE).`;
  }
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) {
    return `${path} is damaged (${code}): restore a backup (todos restore FILE).`;
  }
  return `${path} can't be opened (${code}: ${reason}): check the file, its directory's permissions and the disk.`;
}
