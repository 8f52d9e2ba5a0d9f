import { errors, types } from "cassandra-driver";
import { StoreOpenError } from "../../../application/store-open-error.ts";
import { milliseconds, text, whole } from "../rows.ts";
import type { Row, Session } from "../session.ts";
import type { CassandraMigration } from "./migrations.ts";
import { type Statement, statementsOf } from "./statements.ts";

/** The migrator's own tables; everything else comes from migrations. */
export const RECORD_TABLES: readonly Statement[] = statementsOf(`
  -- One row for each statement of a migration that is done; the first is 1.
  CREATE TABLE IF NOT EXISTS schema_migration (
    record text,
    version int,
    statement int,
    name text,
    checksum text,
    statements int,
    readable_from int,
    fence int,
    done_at timestamp,
    PRIMARY KEY (record, version, statement)
  );
  -- Who may migrate now. The fence is raised by every holder.
  CREATE TABLE IF NOT EXISTS schema_lease (
    name text PRIMARY KEY,
    owner text,
    fence int,
    expires_at timestamp
  );
`);

const RECORD = "schema";
const SELECT = `SELECT version, statement, name, checksum, statements, readable_from, done_at
  FROM schema_migration WHERE record = '${RECORD}'`;
const INSERT = `INSERT INTO schema_migration
  (record, version, statement, name, checksum, statements, readable_from, fence, done_at)
  VALUES ('${RECORD}', ?, ?, ?, ?, ?, ?, ?, ?)`;
const TABLES = "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?";

/** The record of one migration. */
export interface RecordedMigration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly readableFrom: number;
  /** Numbers of the statements that are done. */
  readonly done: ReadonlySet<number>;
  readonly complete: boolean;
  /** When the last of them was done, milliseconds since the Unix epoch. */
  readonly doneAt: number;
}

/** By version, in order. */
export type SchemaRecord = readonly RecordedMigration[];

export async function tablesOf(session: Session, keyspace: string): Promise<ReadonlySet<string>> {
  const rows = await session.rows(TABLES, [keyspace]);
  return new Set(rows.map((row) => text(row.table_name)));
}

/** @returns undefined if no migrator has ever worked here, or one is just starting */
export async function readRecord(session: Session, keyspace: string): Promise<SchemaRecord | undefined> {
  const tables = await tablesOf(session, keyspace);
  if (!tables.has("schema_migration")) return undefined;
  const rows = await recordRows(session);
  if (!rows) return undefined;
  const byVersion = Map.groupBy(rows, (row) => whole(row.version));
  return [...byVersion]
    .map(([version, each]) => recorded(version, each))
    .sort((a, b) => a.version - b.version);
}

/** A table that another process is creating is listed a moment before it can be read. */
async function recordRows(session: Session): Promise<readonly Row[] | undefined> {
  try {
    return await session.rows(SELECT, []);
  } catch (error) {
    const unusable = error instanceof errors.ResponseError && error.code === types.responseErrorCodes.invalid;
    if (unusable) return undefined;
    throw error;
  }
}

/** Harmless when repeated. */
export async function recordStatement(
  session: Session,
  migration: CassandraMigration,
  statement: number,
  by: { readonly token: number; readonly now: number },
): Promise<void> {
  const { version, name, checksum, statements, readableFrom } = migration;
  const facts = [name, checksum, statements.length, readableFrom];
  await session.write(INSERT, [version, statement, ...facts, by.token, new Date(by.now)]);
}

/**
 * Migrations that are not done, or not complete.
 * @throws StoreOpenError if the keyspace is newer than this binary or was migrated with other texts
 */
export function pendingOf(
  record: SchemaRecord,
  known: readonly CassandraMigration[],
  keyspace: string,
): readonly CassandraMigration[] {
  for (const { version, name, checksum } of record) {
    const ours = known.find((migration) => migration.version === version);
    if (!ours) throw new StoreOpenError(newerSentence(keyspace, name, known.length));
    if (ours.checksum !== checksum) throw new StoreOpenError(changedSentence(keyspace, name));
  }
  return known.filter(({ version }) => !record.find((each) => each.version === version)?.complete);
}

export function newerSentence(keyspace: string, name: string, known: number): string {
  return `the keyspace ${keyspace} was migrated by a newer todos (its schema is ${name}, this binary knows up to ${known}): use that release or a newer one`;
}

export function changedSentence(keyspace: string, name: string): string {
  return `the keyspace ${keyspace} was migrated with a different text of ${name} than this binary's (the checksums differ): use the release that migrated it`;
}

function recorded(version: number, rows: readonly Row[]): RecordedMigration {
  const [first] = rows;
  if (!first) throw new TypeError("a recorded migration has a row");
  const done = new Set(rows.map((row) => whole(row.statement)));
  return {
    version,
    name: text(first.name),
    checksum: text(first.checksum),
    readableFrom: whole(first.readable_from),
    done,
    complete: done.size === whole(first.statements),
    doneAt: Math.max(...rows.map((row) => milliseconds(row.done_at))),
  };
}
