import { migrateSqlite, migrationStatus } from "../adapters/sqlite/maintenance.ts";
import { counted } from "../lib/words.ts";
import { migrateOnCassandra } from "./migrate/on-cassandra.ts";
import { conclude, type MigrationRow, tell } from "./migrate/rows.ts";
import { cassandraSettings, STORE_SETTINGS } from "./support/cassandra.ts";
import type { Command, Context } from "./support/command.ts";
import { EXIT_DONE, jsonOption, UsageError } from "./support/command.ts";
import { systemClock } from "./support/system.ts";

export const command: Command = {
  name: "migrate",
  summary: "update the database's schema, or show pending migrations",
  details:
    "On SQLite the service does this when it starts, and creates a missing file.\n" +
    "On Cassandra, run this command, or todos serve --migrate, once for all instances. A second migrator waits for the first. If it is killed, run it again: it continues where it stopped. A missing keyspace is created with up to three replicas in the local data centre, one per node; for another replication, create it yourself. Migrations only add, so the previous release keeps working.",
  arguments: [
    {
      name: "status",
      description:
        "status: show what is applied and what is pending; baseline: take over a keyspace of the Java original; new-epoch: make old ETags stale, after the tables were restored from a snapshot",
      required: false,
      choices: ["status", "baseline", "new-epoch"],
    },
  ],
  options: [
    { name: "dry-run", description: "show what would be applied, and change nothing" },
    jsonOption("the migrations"),
  ],
  settings: STORE_SETTINGS,
  examples: [
    { line: "todos migrate status", does: "what is applied, what is pending" },
    { line: "todos migrate --dry-run", does: "what would be applied; on Cassandra, every statement" },
    { line: "todos migrate --sqlite /var/lib/todos/todos.db", does: "bring that file up to date" },
    { line: "todos migrate --cassandra-endpoints 10.0.0.1", does: "bring the keyspace todos up to date" },
  ],
  run: async (context) => {
    const [verb] = context.args;
    const dryRun = context.has("dry-run");
    if (verb !== undefined && dryRun) {
      throw new UsageError(`--dry-run can't be used with ${verb}`, "See: todos migrate --help");
    }
    const settings = cassandraSettings(context.config);
    if (settings) return migrateOnCassandra(context, settings);
    if (verb === "baseline") {
      throw new UsageError("baseline takes over a Cassandra keyspace", "set CASSANDRA_ENDPOINTS");
    }
    if (verb === "new-epoch") {
      throw new UsageError(
        "new-epoch is for a Cassandra keyspace; todos restore always gives a file a new epoch",
        "set CASSANDRA_ENDPOINTS",
      );
    }
    return verb === "status" ? showStatus(context) : migrateFile(context, dryRun);
  },
};

function migrateFile(context: Context, dryRun: boolean): number {
  const { sqlitePath } = context.config;
  const names = migrateSqlite(sqlitePath, { clock: systemClock, dryRun });
  for (const name of names) tell(context, { migration: name, state: dryRun ? "pending" : "applied" });
  const count = counted(names.length, "migration");
  conclude(context, sqlitePath, names.length, dryRun ? `${count} would be applied` : `${count} applied`);
  return EXIT_DONE;
}

function showStatus(context: Context): number {
  const { applied, pending } = migrationStatus(context.config.sqlitePath);
  const rows: MigrationRow[] = [
    ...applied.map(({ name, appliedAt }) => ({
      migration: name,
      state: "applied" as const,
      appliedAt: new Date(appliedAt).toISOString(),
    })),
    ...pending.map((migration) => ({ migration, state: "pending" as const })),
  ];
  for (const row of rows) tell(context, row);
  return EXIT_DONE;
}
