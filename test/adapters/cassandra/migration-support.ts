import { join } from "node:path";
import type { Client } from "cassandra-driver";
import type { LeaseTimes } from "../../../src/adapters/cassandra/schema/lease.ts";
import type { CassandraMigration } from "../../../src/adapters/cassandra/schema/migrations.ts";
import {
  CASSANDRA_MIGRATIONS,
  cassandraMigration,
} from "../../../src/adapters/cassandra/schema/migrations.ts";
import type { MigrationProgress } from "../../../src/adapters/cassandra/schema/progress.ts";
import type { CassandraSettings } from "../../../src/adapters/cassandra/settings.ts";

const CHILD = join(import.meta.dir, "children/migrate.ts");

export const clock = { now: () => Date.now() };
/** Short, so that a test need not wait long for the lease of a killed one. */
export const SHORT_LEASE: LeaseTimes = { lastsMs: 400, renewEveryMs: 100, skewMs: 0, lookEveryMs: 20 };

/** The name of a keyspace that does not exist. What is made of it ends with its cluster. */
export function unusedKeyspace(): string {
  return `m_${Bun.randomUUIDv7().replaceAll("-", "")}`;
}

/**
 * Everything that a migration can have created: tables, columns, their types and kinds, without the
 * migrator's own.
 */
export async function schemaOf(client: Client, keyspace: string): Promise<readonly string[]> {
  const { rows } = await client.execute(
    "SELECT table_name, column_name, kind, type, clustering_order FROM system_schema.columns WHERE keyspace_name = ?",
    [keyspace],
  );
  return rows.map((row) => Object.values(row).join(" ")).sort();
}

export interface Killed {
  readonly signal: unknown;
  readonly code: number | null;
}

/** The step of the migrator at which a child kills itself, with -9. */
export interface Fate {
  readonly step: MigrationProgress["step"];
  /** How many such steps it survives; at the next it dies. */
  readonly survives: number;
}

/** Migrates in a separate process, which may not live to finish. */
export async function migrateInChild(settings: CassandraSettings, fate?: Fate): Promise<Killed> {
  const child = Bun.spawn([process.execPath, CHILD, JSON.stringify({ settings, fate })], {
    stdout: "inherit",
    stderr: "inherit",
  });
  await child.exited;
  return { signal: child.signalCode, code: child.exitCode };
}

/** This binary's migrations and one more that only adds. */
export function withOneMore(text: string): readonly CassandraMigration[] {
  const number = String(CASSANDRA_MIGRATIONS.length + 1).padStart(4, "0");
  return [...CASSANDRA_MIGRATIONS, cassandraMigration(`${number}_next`, text)];
}
