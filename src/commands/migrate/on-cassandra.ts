import type { StatementPlace } from "../../adapters/cassandra/schema/progress.ts";
import type { CassandraMigrationState } from "../../adapters/cassandra/schema/status.ts";
import type { CassandraSettings } from "../../adapters/cassandra/settings.ts";
import { StoreOpenError } from "../../application/store-open-error.ts";
import { counted } from "../../lib/words.ts";
import { placeOf } from "../support/cassandra.ts";
import { type Context, EXIT_DONE } from "../support/command.ts";
import { systemClock } from "../support/system.ts";
import { conclude, type MigrationRow, tell } from "./rows.ts";

type Maintenance = typeof import("../../adapters/cassandra/maintenance.ts");

/** @throws StoreOpenError with a sentence for whatever settings, schema or an outage cause */
export async function migrateOnCassandra(context: Context, settings: CassandraSettings): Promise<number> {
  // Loaded only here: the driver would cost every other start its time.
  const cassandra = await import("../../adapters/cassandra/maintenance.ts");
  try {
    await asked(context, settings, cassandra);
    return EXIT_DONE;
  } catch (error) {
    const problem = cassandra.openProblem(error, settings);
    throw problem ? new StoreOpenError(problem.sentence, error) : error;
  }
}

async function asked(context: Context, settings: CassandraSettings, cassandra: Maintenance): Promise<void> {
  if (context.args[0] === "status") {
    for (const state of await cassandra.cassandraMigrationStatus(settings)) tell(context, rowOf(state));
  } else if (context.args[0] === "new-epoch") {
    const epoch = await cassandra.renewEpoch(settings, systemClock.now());
    context.stdout.write(`${context.has("json") ? JSON.stringify({ epoch }) : `new epoch  ${epoch}`}\n`);
    context.stderr.write(`${placeOf(settings)}: earlier ETags and event positions are no longer valid\n`);
  } else if (context.has("dry-run")) {
    plan(context, await cassandra.plannedStatements(settings), settings);
  } else {
    await migrate(context, settings, cassandra);
  }
}

async function migrate(context: Context, settings: CassandraSettings, cassandra: Maintenance): Promise<void> {
  const { stderr } = context;
  const work = context.args[0] === "baseline" ? cassandra.baselineCassandra : cassandra.migrateCassandra;
  const names = await work(settings, {
    clock: systemClock,
    onProgress: (progress) => {
      const line = cassandra.progressLine(progress);
      if (line !== undefined) stderr.write(`${line}\n`);
      if (progress.step === "migrated") tell(context, { migration: progress.migration, state: "applied" });
    },
  });
  conclude(context, placeOf(settings), names.length, `${counted(names.length, "migration")} applied`);
}

function plan(context: Context, places: readonly StatementPlace[], settings: CassandraSettings): void {
  for (const place of places) {
    const { migration, statement, cql } = place;
    context.stdout.write(
      context.has("json") ? `${JSON.stringify({ migration, statement, cql })}\n` : `${cql};\n`,
    );
  }
  const would = `${counted(places.length, "statement")} would be run`;
  conclude(context, placeOf(settings), places.length, would);
}

function rowOf({ name, state, statements, done, doneAt }: CassandraMigrationState): MigrationRow {
  return {
    migration: name,
    state,
    ...(state === "partial" ? { statements: `${done}/${statements}` } : {}),
    ...(state === "applied" && doneAt !== undefined ? { appliedAt: new Date(doneAt).toISOString() } : {}),
  };
}
