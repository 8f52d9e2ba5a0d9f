import type { Database } from "bun:sqlite";
import { StoreOpenError } from "../../application/store-open-error.ts";
import { ANOTHER_FILE, type Role } from "./explained.ts";
import { rowOf, whole } from "./rows.ts";
import { sqliteCode } from "./sqlite-errors.ts";

/** SQLite's `application_id` of our files: the letters "todo". */
export const APPLICATION_ID = 0x746f646f;

/** `ours`, or `empty`: a file that was never written. @throws StoreOpenError for another program's file */
export function identify(db: Database, path: string, role: Role = "store"): "ours" | "empty" {
  try {
    if (applicationId(db) === APPLICATION_ID) return "ours";
    if (applicationId(db) === 0 && isEmpty(db)) return "empty";
  } catch (error) {
    throw sqliteCode(error) === "SQLITE_NOTADB" ? notADatabase(path, role, error) : error;
  }
  throw new StoreOpenError(
    `${path} is an SQLite database of some other program, and todos leaves it alone: ${ANOTHER_FILE[role]}.`,
  );
}

function notADatabase(path: string, role: Role, cause: unknown): StoreOpenError {
  return new StoreOpenError(
    `${path} is not a database (its first bytes are not SQLite's): ${role === "store" ? "move that file away, or " : ""}${ANOTHER_FILE[role]}.`,
    cause,
  );
}

function applicationId(db: Database): number {
  return whole(rowOf(db.query("PRAGMA application_id").get()).application_id);
}

function isEmpty(db: Database): boolean {
  return whole(rowOf(db.query("SELECT count(*) AS count FROM sqlite_schema").get()).count) === 0;
}
