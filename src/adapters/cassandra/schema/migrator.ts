import { hostname } from "node:os";
import type { Clock } from "../../../application/ports.ts";
import { StoreOpenError } from "../../../application/store-open-error.ts";
import { TodosError } from "../../../domain/errors.ts";
import { migratorRulesOf } from "../flavour.ts";
import { openProblem } from "../open-problems.ts";
import { firstDayAt } from "../purge-queue.ts";
import { Session } from "../session.ts";
import type { CassandraSettings } from "../settings.ts";
import { BASELINE_VERSION, foreignProblem, requireBaseline } from "./baseline.ts";
import { Definitions } from "./definitions.ts";
import { ensureKeyspace, missingKeyspace } from "./keyspace.ts";
import { LEASE_TIMES, Lease, type LeaseTimes } from "./lease.ts";
import { CASSANDRA_MIGRATIONS, type CassandraMigration } from "./migrations.ts";
import type { MigrationProgress, OnProgress, StatementPlace } from "./progress.ts";
import {
  pendingOf,
  RECORD_TABLES,
  readRecord,
  recordStatement,
  type SchemaRecord,
  tablesOf,
} from "./record.ts";
import { inKeyspaces } from "./slow-schema.ts";

export interface MigrateOptions {
  readonly clock: Clock;
  readonly onProgress?: OnProgress;
  /** For tests: texts other than this binary's own, another lease. */
  readonly known?: readonly CassandraMigration[];
  readonly leaseTimes?: LeaseTimes;
}

const EPOCH_CHARS = 12;
/** How long to keep trying an unreachable store, ms, and the wait between two attempts. */
const PATIENCE_MS = 30_000;
const RETRY_DELAY_MS = 1_000;
/** The same for a keyspace that exists but can't be used yet. */
const USABLE_DEADLINE_MS = 10_000;
const USABLE_LOOK_EVERY_MS = 100;
/** Name under which the migrator's own tables are shown. */
const OWN_TABLES = "schema_migration";

/**
 * Brings a keyspace up to date, and creates it if missing. Waits if another process is doing it. It can be killed
 * anywhere, and continues after the last recorded statement when run again.
 * @returns names of the migrations that this call finished
 * @throws StoreOpenError, or what the driver throws if no node can be reached
 */
export async function migrateCassandra(
  settings: CassandraSettings,
  options: MigrateOptions,
): Promise<readonly string[]> {
  await ensureKeyspace(settings, options.onProgress ?? silent);
  const work = async (session: Session) => {
    const record = await readRecord(session, settings.keyspace);
    if (!record) await refuseForeign(session, settings.keyspace);
    // Checked before taking the lease: if there is nothing to do, no wait and no write permission is needed.
    if (record && pendingOf(record, options.known ?? CASSANDRA_MIGRATIONS, settings.keyspace).length === 0)
      return [];
    return new Migrator(session, settings.keyspace, options).run("migrate");
  };
  return withSession(settings, work, USABLE_DEADLINE_MS);
}

/**
 * Takes over a keyspace with the Java original's tables, and brings it up to date.
 * @throws StoreOpenError if its tables are not the expected ones, or it was taken over before
 */
export async function baselineCassandra(
  settings: CassandraSettings,
  options: MigrateOptions,
): Promise<readonly string[]> {
  return withSession(settings, async (session) => {
    await requireBaseline(session, settings.keyspace);
    if ((await readRecord(session, settings.keyspace))?.some(({ version }) => version > BASELINE_VERSION)) {
      throw new StoreOpenError(
        `the keyspace ${settings.keyspace} was taken over earlier; run: todos migrate`,
      );
    }
    return new Migrator(session, settings.keyspace, options).run("baseline");
  });
}

/** Every statement that `migrateCassandra` would execute, in order. Changes nothing. */
export async function plannedStatements(
  settings: CassandraSettings,
  known: readonly CassandraMigration[] = CASSANDRA_MIGRATIONS,
): Promise<readonly StatementPlace[]> {
  const outside = await Session.connect({ ...settings, keyspace: undefined });
  try {
    const missing = await missingKeyspace(outside, settings.keyspace);
    if (missing) {
      const first = { migration: settings.keyspace, statement: 1, statements: 1, cql: missing.cql };
      const places = [...ownPlaces(), ...known.flatMap((migration) => placesOf(migration))];
      return [first, ...asSent(places, outside)];
    }
  } finally {
    await outside.close();
  }
  return withSession(settings, async (session) => {
    const record = await readRecord(session, settings.keyspace);
    if (!record) await refuseForeign(session, settings.keyspace);
    const pending = pendingOf(record ?? [], known, settings.keyspace);
    const places = pending.flatMap((migration) => placesOf(migration, record));
    return asSent(record ? places : [...ownPlaces(), ...places], session);
  });
}

function asSent(places: readonly StatementPlace[], { rules }: Session): readonly StatementPlace[] {
  return rules.slowSchema ? places.map((place) => ({ ...place, cql: inKeyspaces(place.cql) })) : places;
}

/**
 * Nodes that come and go must not end a migration: repeatable work is retried for a while.
 * @throws what the last attempt throws
 */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const passes = error instanceof TodosError && error.code === "store-unavailable";
      if (!passes || performance.now() > deadline) throw error;
      await Bun.sleep(RETRY_DELAY_MS);
    }
  }
}

/** One run in one process. */
class Migrator {
  private readonly known: readonly CassandraMigration[];
  private readonly definitions: Definitions;
  private readonly tell: OnProgress;

  constructor(
    private readonly session: Session,
    private readonly keyspace: string,
    private readonly options: MigrateOptions,
  ) {
    this.known = options.known ?? CASSANDRA_MIGRATIONS;
    this.tell = options.onProgress ?? silent;
    this.definitions = new Definitions(session, keyspace, {
      now: String(options.clock.now()),
      day: `'${firstDayAt(options.clock.now())}'`,
      write_id: `'${Bun.randomUUIDv7()}'`,
      epoch: `'${crypto.randomUUID().replaceAll("-", "").slice(0, EPOCH_CHARS)}'`,
    });
  }

  async run(way: "migrate" | "baseline"): Promise<readonly string[]> {
    await this.ownTables();
    await using lease = await Lease.take(this.session, {
      owner: `${hostname()}, process ${process.pid} (${Bun.randomUUIDv7().slice(-8)})`,
      clock: this.options.clock,
      times: this.options.leaseTimes ?? LEASE_TIMES,
      onWait: (owner, until) => this.tell({ step: "waiting", owner, until }),
    });
    // Read again: the previous holder of the lease may have done everything.
    const record = (await readRecord(this.session, this.keyspace)) ?? [];
    const pending = pendingOf(record, this.known, this.keyspace);
    for (const migration of pending) {
      await this.apply(
        migration,
        record,
        lease,
        way === "baseline" && migration.version === BASELINE_VERSION,
      );
    }
    return pending.map(({ name }) => name);
  }

  /**
   * Before there is a lease: two processes may do this at once, and the statements say IF NOT EXISTS. Never skipped,
   * because a table that another process is creating is listed before it can be used.
   */
  private async ownTables(): Promise<void> {
    const listed = await tablesOf(this.session, this.keyspace);
    for (const place of ownPlaces()) {
      const definition = RECORD_TABLES[place.statement - 1];
      if (definition?.kind !== "table") continue;
      const isNew = !listed.has(definition.table);
      if (isNew) this.tell({ step: "statement", ...place });
      await this.definitions.carryOut(definition);
      if (isNew) this.tell({ step: "executed", wasThere: false, ...place });
    }
  }

  /** @param there what the migration would create exists, and must only be recorded */
  private async apply(
    migration: CassandraMigration,
    record: SchemaRecord,
    lease: Lease,
    there: boolean,
  ): Promise<void> {
    for (const place of placesOf(migration, record)) {
      await patiently(() => lease.assure());
      const definition = migration.statements[place.statement - 1];
      if (definition && !there) {
        this.tell({ step: "statement", ...place });
        const wasThere = await this.definitions.carryOut(definition);
        this.tell({ step: "executed", wasThere, ...place });
      }
      const by = { token: lease.token, now: this.options.clock.now() };
      await patiently(() => recordStatement(this.session, migration, place.statement, by));
      this.tell({ step: "recorded", ...place });
    }
    this.tell({ step: "migrated", migration: migration.name });
  }
}

/** The statements of a migration that are not recorded. */
function placesOf(migration: CassandraMigration, record: SchemaRecord = []): StatementPlace[] {
  const { name, version, statements } = migration;
  const done = record.find((each) => each.version === version)?.done ?? new Set();
  return statements
    .map(({ cql }, index) => ({ migration: name, statement: index + 1, statements: statements.length, cql }))
    .filter(({ statement }) => !done.has(statement));
}

function ownPlaces(): StatementPlace[] {
  const statements = RECORD_TABLES.length;
  return RECORD_TABLES.map(({ cql }, index) => ({
    migration: OWN_TABLES,
    statement: index + 1,
    statements,
    cql,
  }));
}

/** @throws StoreOpenError */
async function refuseForeign(session: Session, keyspace: string): Promise<void> {
  const problem = await foreignProblem(session, keyspace);
  if (problem !== undefined) throw new StoreOpenError(problem);
}

/** @param patienceMs how long a listed keyspace may be unusable because another process is creating it */
async function withSession<T>(
  settings: CassandraSettings,
  work: (session: Session) => Promise<T>,
  patienceMs = 0,
): Promise<T> {
  const session = await connected(settings, performance.now() + patienceMs);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

async function connected(settings: CassandraSettings, deadline: number): Promise<Session> {
  for (;;) {
    try {
      return await Session.connect(settings, undefined, migratorRulesOf(settings.flavour));
    } catch (error) {
      const missing = openProblem(error, settings)?.topic === "keyspace";
      if (!missing || performance.now() > deadline) throw error;
      await Bun.sleep(USABLE_LOOK_EVERY_MS);
    }
  }
}

function silent(_progress: MigrationProgress): void {}
