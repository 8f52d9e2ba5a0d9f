import { type Column, columnsOf } from "../../../src/adapters/cassandra/schema/definitions.ts";
import { Session } from "../../../src/adapters/cassandra/session.ts";
import { boundedly } from "../../../src/application/copy/work.ts";
import { cassandraSettings } from "../../../src/commands/support/cassandra.ts";
import { readConfig } from "../../../src/config.ts";
import { INBOX_ID } from "../../../src/domain/checklist.ts";

/** Tables that make the keyspace what it is; all the others are emptied. */
const KEPT = /^(meta|schema_.*)$/;

const PARTITIONS_AT_ONCE = 32;
/** Of one range; Amazon Keyspaces refuses more than 1,000. */
const RANGE_ROWS_MAX = 900;

interface HeldKeyspaces {
  readonly free: string[];
  readonly unclean: Set<string>;
  readonly heavy: Set<string>;
}

/** Names given back, and those that are to be emptied before they are used again; kept from one test file to the next. */
const held = globalThis as { todosTestKeyspaces?: HeldKeyspaces };
held.todosTestKeyspaces ??= { free: [], unclean: new Set(), heavy: new Set() };
const { free, unclean, heavy } = held.todosTestKeyspaces;

/** A keyspace for one test: making its tables takes far longer than emptying those of the test before. */
export function takeKeyspace(): string {
  const name = free.pop();
  if (name === undefined) return `api_${Bun.randomUUIDv7().replaceAll("-", "")}`;
  unclean.add(name);
  return name;
}

/** One with too many rows to remove quickly is not reused: it ends with the cluster. */
export function giveKeyspaceBack(name: string): void {
  if (!heavy.delete(name)) free.push(name);
}

/** Records that a test has filled it with many rows. */
export function makeKeyspaceHeavy(name: string): void {
  heavy.add(name);
}

/**
 * Makes a keyspace look new: nothing in it but the inbox. Does nothing to one that is.
 * @param environment what points the program at it
 */
export async function cleanKeyspace(
  name: string,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  if (!unclean.delete(name)) return;
  const { config } = readConfig({ flags: new Map(), environment, terminal: false });
  const settings = cassandraSettings(config);
  if (!settings) throw new Error("the environment names no cluster");
  const session = await Session.connect(settings);
  try {
    const tables = [...(await columnsOf(session, name))].filter(([table]) => !KEPT.test(table));
    for (const [table, columns] of tables) {
      await deleteAll(session, name, table, columns);
    }
    // Of the accounts that are gone: whose the lists without an owner were.
    await session.attempt("DELETE FROM meta WHERE key = 'default-owner' IF EXISTS", []);
    await session.attempt("UPDATE meta SET value = 'none' WHERE key = 'adoption' IF EXISTS", []);
    await session.attempt(
      `INSERT INTO checklist (id, name, created_at, updated_at, version, write_id)
       VALUES ('${INBOX_ID}', 'Inbox', ${Date.now()}, ${Date.now()}, 1, 'inbox') IF NOT EXISTS`,
      [],
    );
  } finally {
    await session.close();
  }
}

/**
 * Partition by partition: TRUNCATE takes longer on a node with so little in it, and Amazon Keyspaces has none.
 * That deletes no more than so many rows at once, either.
 */
async function deleteAll(
  session: Session,
  keyspace: string,
  table: string,
  columns: ReadonlyMap<string, Column>,
): Promise<void> {
  const named = (kind: string) =>
    [...columns].filter(([, column]) => column.kind === kind).map(([name]) => name);
  const partition = named("partition_key");
  const clustering = await inOrder(session, keyspace, table, named("clustering"));
  const rows = await session.rows(`SELECT ${[...partition, ...clustering].join(", ")} FROM ${table}`, []);
  const partitions = Map.groupBy(rows, (row) => JSON.stringify(partition.map((name) => row[name])));
  const statement = `DELETE FROM ${table} WHERE ${partition.map((name) => `${name} = ?`).join(" AND ")}`;
  await boundedly([...partitions.values()], PARTITIONS_AT_ONCE, async (group) => {
    const key = partition.map((name) => group[0]?.[name]);
    const [name] = clustering;
    // A partition that has only static cells gives a row without a clustering key.
    if (name === undefined || group[0]?.[name] === null) return session.write(statement, key);
    const range = `${statement} AND ${name} >= ? AND ${name} <= ?`;
    for (let at = 0; at < group.length; at += RANGE_ROWS_MAX) {
      const [first, last] = [group[at], group[Math.min(at + RANGE_ROWS_MAX, group.length) - 1]];
      await session.write(range, [...key, first?.[name], last?.[name]]);
    }
  });
}

/** Columns of a key by their places in it. */
async function inOrder(
  session: Session,
  keyspace: string,
  table: string,
  names: readonly string[],
): Promise<readonly string[]> {
  if (names.length < 2) return names;
  const rows = await session.rows(
    "SELECT column_name, position FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?",
    [keyspace, table],
  );
  const places = new Map(rows.map((row) => [String(row.column_name), Number(row.position)]));
  return [...names].sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
}
