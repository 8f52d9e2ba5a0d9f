import type { Client, types } from "cassandra-driver";
import { migrateCassandra } from "../../../src/adapters/cassandra/schema/migrator.ts";
import { insertRows, type Keyspace, newName, type PatternRows } from "../cassandra/keyspace.ts";
import { allRows } from "../cassandra/pages.ts";
import type { Keyspaces } from "./keyspaces.ts";
import { settingsFor } from "./settings.ts";

const LOOK_EVERY_MS = 20;
/** What the stand-in stores for a table whose rows may expire. */
const TTL_MARK = 2_047;

/** What a keyspace consists of after all migrations. */
interface Pattern {
  /** By the name of the table: what follows it in CREATE TABLE. */
  readonly definitions: ReadonlyMap<string, string>;
  readonly rows: PatternRows;
}

const patterns = new WeakMap<Keyspaces, Promise<Pattern>>();

/**
 * A keyspace of the stand-in with today's schema and nothing in it; it goes with the stand-in. The first one is migrated,
 * and the others are made after its pattern, all tables at once.
 */
export async function freshKeyspaceIn(keyspaces: Keyspaces): Promise<Keyspace> {
  const pattern = patterns.get(keyspaces) ?? patternIn(keyspaces);
  patterns.set(keyspaces, pattern);
  const { definitions, rows } = await pattern;
  const name = newName();
  const maker = keyspaces.client();
  await maker.execute(`CREATE KEYSPACE ${name} WITH REPLICATION = {'class': 'SingleRegionStrategy'}`);
  await activeIn(maker, "keyspaces", name, 1);
  await Promise.all(
    Array.from(definitions, ([table, definition]) =>
      maker.execute(`CREATE TABLE ${name}.${table} ${definition}`),
    ),
  );
  await activeIn(maker, "tables", name, definitions.size);
  await insertRows(maker, name, rows);
  await maker.shutdown();
  const client = keyspaces.client({ keyspace: name });
  await client.connect();
  return {
    settings: settingsFor(keyspaces, name),
    client,
    [Symbol.asyncDispose]: () => client.shutdown(),
  };
}

async function activeIn(
  client: Client,
  kind: "keyspaces" | "tables",
  keyspace: string,
  count: number,
): Promise<void> {
  const statuses = `SELECT status FROM system_schema_mcs.${kind} WHERE keyspace_name = '${keyspace}'`;
  const areActive = async () => {
    const rows = await allRows(client, statuses);
    return rows.length === count && rows.every(({ status }) => status === "ACTIVE");
  };
  while (!(await areActive())) await Bun.sleep(LOOK_EVERY_MS);
}

async function patternIn(keyspaces: Keyspaces): Promise<Pattern> {
  const name = newName();
  await migrateCassandra(settingsFor(keyspaces, name), { clock: { now: Date.now } });
  const client = keyspaces.client();
  const of = (what: string) =>
    allRows(client, `SELECT * FROM system_schema.${what} WHERE keyspace_name = '${name}'`);
  const columns = Map.groupBy(await of("columns"), ({ table_name }) => String(table_name));
  const tables = await of("tables");
  const definitions = new Map(
    tables.map((table) => {
      const own = String(table.table_name);
      return [own, definitionOf(table, columns.get(own) ?? [])];
    }),
  );
  const found = [...definitions.keys()].map(async (table) => {
    const rows = await allRows(client, `SELECT JSON * FROM ${name}.${table}`);
    return rows.map((row) => [table, String(row["[json]"])] as const);
  });
  const rows = (await Promise.all(found)).flat();
  await client.shutdown();
  return { definitions, rows };
}

function definitionOf(table: types.Row, columns: readonly types.Row[]): string {
  const ofKind = (kind: string) =>
    columns.filter((column) => column.kind === kind).sort((a, b) => a.position - b.position);
  const names = (some: readonly types.Row[]) => some.map(({ column_name }) => column_name).join(", ");
  const clustering = ofKind("clustering");
  const key = [`(${names(ofKind("partition_key"))})`, ...clustering.map((column) => column.column_name)];
  const cells = columns.map(
    ({ column_name, type, kind }) => `${column_name} ${type}${kind === "static" ? " static" : ""}`,
  );
  const order = clustering.map(({ column_name, clustering_order }) => `${column_name} ${clustering_order}`);
  const properties = ["'point_in_time_recovery': {'status': 'enabled'}"];
  if (table.max_index_interval === TTL_MARK) properties.push("'ttl': {'status': 'enabled'}");
  const options = [
    ...(order.length > 0 ? [`CLUSTERING ORDER BY (${order.join(", ")})`] : []),
    `default_time_to_live = ${table.default_time_to_live} AND gc_grace_seconds = ${table.gc_grace_seconds}`,
    `CUSTOM_PROPERTIES = {${properties.join(", ")}}`,
  ];
  return `(${cells.join(", ")}, PRIMARY KEY (${key.join(", ")})) WITH ${options.join(" AND ")}`;
}
