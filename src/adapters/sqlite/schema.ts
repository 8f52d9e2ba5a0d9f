import type { Database } from "bun:sqlite";
import { StoreOpenError } from "../../application/store-open-error.ts";
import { APPLICATION_ID } from "./identity.ts";
import { MIGRATIONS, type Migration } from "./migrations.ts";
import { rowOf, text, whole } from "./rows.ts";

export interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  /** Milliseconds since the Unix epoch. */
  readonly appliedAt: number;
}

export interface SchemaState {
  readonly applied: readonly AppliedMigration[];
  readonly pending: readonly Migration[];
}

const CREATE_RECORD = `CREATE TABLE schema_migration (
  version INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  checksum TEXT NOT NULL,
  applied_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID`;

/**
 * What has been applied to the file and what has not.
 * @throws StoreOpenError if the file is newer than this binary or was migrated with other texts
 */
export function schemaState(
  db: Database,
  path: string,
  known: readonly Migration[] = MIGRATIONS,
): SchemaState {
  const rows = hasRecord(db)
    ? db.query("SELECT version, name, checksum, applied_at FROM schema_migration ORDER BY version").all()
    : [];
  const applied = rows.map((row) => checkedAgainst(known, rowOf(row), path));
  return { applied, pending: known.filter(({ version }) => version > applied.length) };
}

/**
 * Applies what is pending, all or nothing, under SQLite's write lock.
 * @param now milliseconds since the Unix epoch
 * @returns the migrations that this call applied; none if another process was first
 */
export function applyMigrations(
  db: Database,
  path: string,
  now: number,
  known: readonly Migration[] = MIGRATIONS,
): readonly Migration[] {
  const applyAll = db.transaction(() => {
    const { applied, pending } = schemaState(db, path, known);
    if (applied.length === 0) {
      db.run(`PRAGMA application_id = ${APPLICATION_ID}`);
      db.run(CREATE_RECORD);
    }
    for (const migration of pending) apply(db, migration, now);
    return pending;
  });
  return applyAll.immediate();
}

function apply(db: Database, { version, name, sql, checksum }: Migration, now: number): void {
  db.run(sql.replaceAll(":now", String(now)));
  db.run("INSERT INTO schema_migration (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)", [
    version,
    name,
    checksum,
    now,
  ]);
}

function hasRecord(db: Database): boolean {
  return db.query("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migration'").get() !== null;
}

function checkedAgainst(
  known: readonly Migration[],
  cells: Readonly<Record<string, unknown>>,
  path: string,
): AppliedMigration {
  const version = whole(cells.version);
  const name = text(cells.name);
  const ours = known.find((migration) => migration.version === version);
  if (!ours) {
    throw new StoreOpenError(
      `${path} was written by a newer todos (its schema is ${name}, this binary knows up to ${known.length}): use that release or a newer one.`,
    );
  }
  if (ours.checksum !== text(cells.checksum)) {
    throw new StoreOpenError(
      `${path} was migrated with a different text of ${name} than this binary's (the checksums differ): use the release that made it, or restore a backup.`,
    );
  }
  return { version, name, appliedAt: whole(cells.applied_at) };
}
