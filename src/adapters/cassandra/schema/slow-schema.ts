import { StoreOpenError } from "../../../application/store-open-error.ts";
import { optionalText } from "../rows.ts";
import type { Session } from "../session.ts";

/** Longest wait for a keyspace or a table, ms: Amazon Keyspaces takes seconds, and minutes when it is busy. */
const DEADLINE_MS = 600_000;
/** Between two checks, ms: doubled each time up to the maximum. */
const LOOK_AFTER_MS = 20;
const LOOK_AFTER_MS_MAX = 500;

// Source: Amazon Keyspaces Developer Guide, tables-create.html and keyspaces-create.html.
const TABLE = "SELECT status FROM system_schema_mcs.tables WHERE keyspace_name = ? AND table_name = ?";
const KEYSPACE = "SELECT * FROM system_schema_mcs.keyspaces WHERE keyspace_name = ?";
const ACTIVE = "ACTIVE";

const TTL = /\bdefault_time_to_live\b/i;
const NEW_TABLE = /^CREATE TABLE\b/i;
const OPTIONS = /\)\s*WITH\s/i;
const ENABLED = "{'status': 'enabled'}";

/** @throws StoreOpenError if it does not exist after the deadline */
export function untilTableActive(session: Session, table: string): Promise<void> {
  return until(`the table ${table}`, async () => (await tableStatus(session, table)) === ACTIVE);
}

/**
 * Resolves when no process is creating or changing the table; it may not exist.
 * @throws StoreOpenError past the deadline
 */
export async function untilTableIsQuiet(session: Session, table: string): Promise<void> {
  if (await isQuiet(session, table)) return;
  await until(`the table ${table}`, () => isQuiet(session, table));
}

/** A process has started to create the keyspace, or has created it. */
export async function isListed(session: Session, keyspace: string): Promise<boolean> {
  return (await session.row(KEYSPACE, [keyspace])) !== undefined;
}

/** @throws StoreOpenError past the deadline */
export function untilKeyspaceActive(session: Session, keyspace: string): Promise<void> {
  return until(`the keyspace ${keyspace}`, async () => {
    const row = await session.row(KEYSPACE, [keyspace]);
    // It is listed when it is ready; if it has a status, that must say so too.
    return row !== undefined && (optionalText(row.status) ?? ACTIVE) === ACTIVE;
  });
}

export async function isQuiet(session: Session, table: string): Promise<boolean> {
  return ((await tableStatus(session, table)) ?? ACTIVE) === ACTIVE;
}

/**
 * A statement in Keyspaces' form: point-in-time recovery and expiring rows must be turned on per table. Source:
 * the same guide, configure_PITR.html and TTL-how-it-works.html.
 */
export function inKeyspaces(cql: string): string {
  const properties = [
    ...(NEW_TABLE.test(cql) ? [`'point_in_time_recovery': ${ENABLED}`] : []),
    ...(TTL.test(cql) ? [`'ttl': ${ENABLED}`] : []),
  ];
  if (properties.length === 0) return cql;
  const joint = !NEW_TABLE.test(cql) || OPTIONS.test(cql) ? "AND" : "WITH";
  return `${cql} ${joint} CUSTOM_PROPERTIES = {${properties.join(", ")}}`;
}

async function tableStatus(session: Session, table: string): Promise<string | undefined> {
  const row = await session.row(TABLE, [session.client.keyspace, table]);
  return row && optionalText(row.status);
}

/** @throws StoreOpenError past the deadline */
export async function until(what: string, isReady: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  for (let look = 0; !(await isReady()); look++) {
    if (performance.now() > deadline) {
      throw new StoreOpenError(
        `${what} is not ACTIVE after ${DEADLINE_MS / 1_000} s: see its status in Amazon Keyspaces, then migrate again: it continues where it stopped`,
      );
    }
    await Bun.sleep(Math.min(LOOK_AFTER_MS_MAX, LOOK_AFTER_MS * 2 ** look));
  }
}
