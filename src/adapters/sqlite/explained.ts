import { StoreOpenError } from "../../application/store-open-error.ts";
import { reasonOf } from "./reasons.ts";
import { sqliteCode } from "./sqlite-errors.ts";

/** The file's role in the command that opens it: that decides what the user can do. */
export type Role = "store" | "backup";

/** Other files are named differently. */
export const ANOTHER_FILE: Readonly<Record<Role, string>> = {
  store: "name another file (--sqlite FILE)",
  backup: "name another backup",
};

/** Turns what SQLite says about a file into one sentence for an operator. */
export function explained<T>(path: string, work: () => T, role: Role = "store"): T {
  try {
    return work();
  } catch (error) {
    const code = sqliteCode(error);
    if (code === undefined) throw error;
    throw new StoreOpenError(sentenceFor(path, code, reasonOf(error), role), error);
  }
}

function sentenceFor(path: string, code: string, reason: string, role: Role): string {
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return `${path} is locked by another program that is writing to it: wait for it to end, or stop it.`;
  }
  if (code.startsWith("SQLITE_FULL")) {
    return `${path} can't be prepared because its disk is full: make room, or ${ANOTHER_FILE[role]}.`;
  }
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) {
    return `${path} is damaged (${code}): ${role === "store" ? "restore a backup (todos restore FILE)" : ANOTHER_FILE[role]}.`;
  }
  return `${path} can't be opened (${code}: ${reason}): check the file, its directory's permissions and the disk.`;
}
