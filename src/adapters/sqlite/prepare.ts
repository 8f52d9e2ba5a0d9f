import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { StoreOpenError } from "../../application/store-open-error.ts";
import { openReader } from "./connection.ts";
import { explained, type Role } from "./explained.ts";
import { makeFile } from "./files.ts";
import { identify } from "./identity.ts";
import { applyMigrations, type SchemaState, schemaState } from "./schema.ts";

/** How long migrating waits for another process's write lock, ms. */
const MIGRATION_BUSY_TIMEOUT_MS = 5_000;

/**
 * A reader on the file with the current schema; a missing file is created, an older one is migrated.
 * @param now milliseconds since the Unix epoch, recorded as the time of a migration
 * @throws StoreOpenError
 */
export function openMigrated(path: string, now: number): Database {
  return explained(path, () => {
    const reader = existsSync(path) ? openCurrent(path) : undefined;
    if (reader) return reader;
    migrate(path, now);
    return openReader(path);
  });
}

/** Brings the schema up to date, and creates the file if missing. @returns names applied @throws StoreOpenError */
export function migrate(path: string, now: number): readonly string[] {
  return explained(path, () => migrateFile(path, now));
}

function migrateFile(path: string, now: number): readonly string[] {
  if (!existsSync(path)) makeFile(path);
  const db = new Database(path, { readwrite: true, strict: true });
  try {
    db.run(`PRAGMA busy_timeout = ${MIGRATION_BUSY_TIMEOUT_MS}`);
    identify(db, path);
    // Before WAL, so that a new file is never seen without our application_id.
    const applied = applyMigrations(db, path, now);
    db.run("PRAGMA journal_mode = WAL");
    return applied.map(({ name }) => name);
  } finally {
    db.close();
  }
}

/** Runs `work` on a read-only connection to an existing file of ours. @throws StoreOpenError */
export function withReader<T>(
  path: string,
  work: (db: Database, state: SchemaState) => T,
  role: Role = "store",
): T {
  const read = () => {
    const db = openReader(path);
    try {
      refuseEmpty(identify(db, path, role), path);
      return work(db, schemaState(db, path));
    } finally {
      db.close();
    }
  };
  return explained(path, read, role);
}

/** `undefined` if the schema is not the current one. */
function openCurrent(path: string): Database | undefined {
  const db = openReader(path);
  try {
    if (identify(db, path) === "ours" && schemaState(db, path).pending.length === 0) return db;
    db.close();
    return undefined;
  } catch (error) {
    db.close();
    throw error;
  }
}

function refuseEmpty(identity: "ours" | "empty", path: string): void {
  if (identity === "ours") return;
  throw new StoreOpenError(`${path} holds no store: it is an empty database. Check the path.`);
}
