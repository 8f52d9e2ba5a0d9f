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
    "On SQLite the service does this by itself when it starts, and a file that is not there is made.\n" +
    "On Cassandra it is done once for all instances, by this command or by todos serve --migrate: under a lease, so that a second migrator waits; each statement is recorded, so that it can be killed anywhere and goes on when run again. A keyspace that is missing is made with a replica on each of up to three nodes of the local data centre; make it yourself for another replication. Migrations only add: the previous release runs on.",
  arguments: [
    {
      name: "status",
      description:
        "status: show what is applied and what is pending; baseline: take over a keyspace of the service this one descends from; new-epoch: after its tables were restored from a snapshot, so that ETags from before mean nothing any more",
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
      throw new UsageError(
        `--dry-run goes with migrate alone, not with ${verb}`,
        "See: todos migrate --help",
      );
    }
    const settings = cassandraSettings(context.config);
    if (settings) return migrateOnCassandra(context, settings);
    if (verb === "baseline") {
      throw new UsageError("baseline takes over a keyspace of Cassandra", "set CASSANDRA_ENDPOINTS");
    }
    if (verb === "new-epoch") {
      throw new UsageError(
        "new-epoch is for a keyspace of Cassandra; todos restore gives a file a new epoch by itself",
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
