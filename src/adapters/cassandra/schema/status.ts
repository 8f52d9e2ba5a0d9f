import { StoreOpenError } from "../../../application/store-open-error.ts";
import { Session } from "../session.ts";
import type { CassandraSettings } from "../settings.ts";
import { foreignProblem } from "./baseline.ts";
import { missingKeyspace } from "./keyspace.ts";
import { CASSANDRA_MIGRATIONS, type CassandraMigration } from "./migrations.ts";
import { newerSentence, pendingOf, readRecord } from "./record.ts";

export interface CassandraMigrationState {
  readonly name: string;
  readonly state: "applied" | "partial" | "pending";
  readonly statements: number;
  /** How many of them are recorded. */
  readonly done: number;
  /** Milliseconds since the Unix epoch; of the last statement recorded. */
  readonly doneAt?: number;
}

/** Every migration this binary knows. All are pending if there is no keyspace. @throws StoreOpenError */
export async function cassandraMigrationStatus(
  settings: CassandraSettings,
  known: readonly CassandraMigration[] = CASSANDRA_MIGRATIONS,
): Promise<readonly CassandraMigrationState[]> {
  const session = await Session.connect({ ...settings, keyspace: undefined });
  try {
    if (await missingKeyspace(session, settings.keyspace))
      return known.map((migration) => stateOf(migration, []));
  } finally {
    await session.close();
  }
  return stateIn(settings, known);
}

async function stateIn(
  settings: CassandraSettings,
  known: readonly CassandraMigration[],
): Promise<readonly CassandraMigrationState[]> {
  const session = await Session.connect(settings);
  try {
    const record = (await readRecord(session, settings.keyspace)) ?? [];
    pendingOf(record, known, settings.keyspace);
    return known.map((migration) => stateOf(migration, record));
  } finally {
    await session.close();
  }
}

type Recorded = NonNullable<Awaited<ReturnType<typeof readRecord>>>;

function stateOf(
  { name, version, statements }: CassandraMigration,
  record: Recorded,
): CassandraMigrationState {
  const found = record.find((each) => each.version === version);
  if (!found) return { name, state: "pending", statements: statements.length, done: 0 };
  return {
    name,
    state: found.complete ? "applied" : "partial",
    statements: statements.length,
    done: found.done.size,
    doneAt: found.doneAt,
  };
}

/**
 * Why the service can't work on the session's keyspace, for its operator. A newer schema is fine if its
 * migrations say that this binary still works: rolling back to an older release must be possible.
 */
export async function schemaProblem(
  session: Session,
  keyspace: string,
  known: readonly CassandraMigration[] = CASSANDRA_MIGRATIONS,
): Promise<string | undefined> {
  const found = await readRecord(session, keyspace);
  const foreign = found ? undefined : await foreignProblem(session, keyspace);
  if (foreign !== undefined) return foreign;
  const record = found ?? [];
  const tooNew = record.find(
    ({ readableFrom, version }) => version > known.length && readableFrom > known.length,
  );
  if (tooNew) return newerSentence(keyspace, tooNew.name, known.length);
  try {
    const pending = pendingOf(
      record.filter(({ version }) => version <= known.length),
      known,
      keyspace,
    );
    if (pending.length === 0) return undefined;
    const names = pending.map(({ name }) => name).join(", ");
    return `the keyspace ${keyspace} lacks ${names}; run: todos migrate (or start the service with --migrate)`;
  } catch (error) {
    if (error instanceof StoreOpenError) return error.message;
    throw error;
  }
}
