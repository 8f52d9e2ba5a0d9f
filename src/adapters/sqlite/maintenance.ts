import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { People } from "../../application/accounts/people.ts";
import { EVERYBODY } from "../../application/accounts/records.ts";
import type { Clock } from "../../application/ports.ts";
import { StoreOpenError } from "../../application/store-open-error.ts";
import { type Contents, contents, integrityProblems } from "./copy.ts";
import { LOG_SUFFIX } from "./files.ts";
import { MIGRATIONS } from "./migrations.ts";
import { placeForStore, placeOfStore } from "./place.ts";
import { migrate, withReader } from "./prepare.ts";
import { rowOf, whole } from "./rows.ts";
import type { AppliedMigration } from "./schema.ts";
import { servingProcess } from "./serve-lock.ts";

export interface MigrationStatus {
  readonly applied: readonly AppliedMigration[];
  /** Names, in order. */
  readonly pending: readonly string[];
}

/** What is applied and what is pending; all is pending if there is no file. @throws StoreOpenError */
export function migrationStatus(path: string): MigrationStatus {
  if (isNothing(path)) return { applied: [], pending: MIGRATIONS.map(({ name }) => name) };
  return withReader(placeOfStore(path), (_db, { applied, pending }) => ({
    applied,
    pending: pending.map(({ name }) => name),
  }));
}

/**
 * Brings the schema up to date, and creates the file if missing.
 * @returns names of the migrations applied, or, with `dryRun`, of those that would be
 * @throws StoreOpenError
 */
export function migrateSqlite(
  path: string,
  { clock, dryRun = false }: { readonly clock: Clock; readonly dryRun?: boolean },
): readonly string[] {
  return dryRun ? migrationStatus(path).pending : migrate(placeForStore(path), clock.now());
}

export type SqliteInspection =
  | { readonly state: "missing"; readonly path: string }
  | { readonly state: "unusable"; readonly path: string; readonly problem: string }
  | (Contents & {
      readonly state: "usable";
      readonly path: string;
      readonly bytes: number;
      readonly logBytes: number;
      /** Number of the last migration applied. */
      readonly schemaVersion: number;
      readonly pending: readonly string[];
      /** Findings of SQLite's integrity check; empty if all is well. */
      readonly integrityProblems: readonly string[];
      /** Present if a process serves the file. */
      readonly servedBy?: { readonly pid?: number };
    });

/** Checks the file without changing it. Reads all of it. */
export function inspectSqlite(path: string): SqliteInspection {
  const wanted = resolve(path);
  if (isNothing(wanted)) return { state: "missing", path: wanted };
  try {
    return inspectExisting(placeOfStore(wanted));
  } catch (error) {
    if (error instanceof StoreOpenError) return { state: "unusable", path: wanted, problem: error.message };
    throw error;
  }
}

/**
 * Whether a process serves the file, and which one, if the system reports it; a file that can't be opened
 * is not served.
 */
export function servedBy(path: string): { readonly pid?: number } | undefined {
  const wanted = resolve(path);
  if (isNothing(wanted)) return undefined;
  try {
    return servingProcess(placeOfStore(wanted));
  } catch (error) {
    if (error instanceof StoreOpenError) return undefined;
    throw error;
  }
}

/** Who there is; nothing without a file that has the current schema. @throws StoreOpenError */
export function peopleIn(path: string): People | undefined {
  const wanted = resolve(path);
  if (isNothing(wanted)) return undefined;
  return withReader(placeOfStore(wanted), (db, { pending }) => {
    if (pending.length > 0) return undefined;
    const row = rowOf(db.query(PEOPLE).get());
    return { users: whole(row.users) > 0, admins: whole(row.admins) > 0 };
  });
}

const PEOPLE = `SELECT
  EXISTS (SELECT 1 FROM account_record WHERE kind = 'user' AND owner = '${EVERYBODY}') AS users,
  EXISTS (SELECT 1 FROM account_record WHERE kind = 'user' AND owner = '${EVERYBODY}'
    AND value ->> 'role' = 'admin' AND NOT value ->> 'disabled') AS admins`;

function inspectExisting(path: string): SqliteInspection {
  const servedBy = servingProcess(path);
  return withReader(path, (db, { applied, pending }) => ({
    state: "usable",
    path,
    bytes: statSync(path).size,
    logBytes: existsSync(`${path}${LOG_SUFFIX}`) ? statSync(`${path}${LOG_SUFFIX}`).size : 0,
    schemaVersion: applied.length,
    pending: pending.map(({ name }) => name),
    integrityProblems: integrityProblems(db),
    ...contents(db),
    ...(servedBy && { servedBy }),
  }));
}

/** An empty file counts as none: `serve` makes a store of it. */
function isNothing(path: string): boolean {
  return !existsSync(path) || (statSync(path).isFile() && statSync(path).size === 0);
}
