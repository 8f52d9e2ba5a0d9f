import { type Column, columnsOf } from "../../../src/adapters/cassandra/schema/definitions.ts";
import { Session } from "../../../src/adapters/cassandra/session.ts";
import { cassandraSettings } from "../../../src/commands/support/cassandra.ts";
import { readConfig } from "../../../src/config.ts";
import { INBOX_ID } from "../../../src/domain/checklist.ts";

/** Tables that make the keyspace what it is; all the others are emptied. */
const KEPT = /^(meta|schema_.*)$/;

/** Names given back, and those that are to be emptied before they are used again; kept from one test file to the next. */
const held = globalThis as { todosTestKeyspaces?: { free: string[]; unclean: Set<string> } };
held.todosTestKeyspaces ??= { free: [], unclean: new Set() };
const { free, unclean } = held.todosTestKeyspaces;

/** A keyspace for one test: making its tables takes far longer than emptying those of the test before. */
export function takeKeyspace(): string {
  const name = free.pop();
  if (name === undefined) return `api_${Bun.randomUUIDv7().replaceAll("-", "")}`;
  unclean.add(name);
  return name;
}

export function giveKeyspaceBack(name: string): void {
  free.push(name);
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
      if (settings.flavour === "keyspaces") await deleteAll(session, table, columns);
      else await session.client.execute(`TRUNCATE ${table}`);
    }
    await session.attempt(
      `INSERT INTO checklist (id, name, created_at, updated_at, version, write_id)
       VALUES ('${INBOX_ID}', 'Inbox', ${Date.now()}, ${Date.now()}, 1, 'inbox') IF NOT EXISTS`,
      [],
    );
  } finally {
    await session.close();
  }
}

/** Row by row: Amazon Keyspaces has no TRUNCATE. */
async function deleteAll(
  session: Session,
  table: string,
  columns: ReadonlyMap<string, Column>,
): Promise<void> {
  const key = [...columns].filter(([, { kind }]) => kind !== "regular").map(([name]) => name);
  const rows = await session.rows(`SELECT ${key.join(", ")} FROM ${table}`, []);
  const statement = `DELETE FROM ${table} WHERE ${key.map((name) => `${name} = ?`).join(" AND ")}`;
  await Promise.all(
    rows.map((row) =>
      session.write(
        statement,
        key.map((name) => row[name]),
      ),
    ),
  );
}
