import type { Client } from "cassandra-driver";
import { migrateCassandra } from "../../../src/adapters/cassandra/schema/migrator.ts";
import type { CassandraSettings } from "../../../src/adapters/cassandra/settings.ts";
import type { Cluster } from "./cluster.ts";

/** An empty keyspace with the current schema. It ends with its cluster: to drop it takes a node longer than to make it. */
export interface Keyspace extends AsyncDisposable {
  readonly settings: CassandraSettings;
  /** The test's own driver, to check the program's rows. */
  readonly client: Client;
}

/** What a keyspace consists of after all migrations. */
interface Pattern {
  readonly name: string;
  readonly definitions: readonly string[];
  readonly rows: PatternRows;
}

/** As JSON, by the name of the table. */
export type PatternRows = readonly (readonly [table: string, row: string])[];

const patterns = new WeakMap<Cluster, Promise<Pattern>>();

/** The first one of a cluster is migrated. The others are made after its pattern, with a third of the statements. */
export async function freshKeyspace(cluster: Cluster): Promise<Keyspace> {
  const pattern = patterns.get(cluster) ?? patternIn(cluster);
  patterns.set(cluster, pattern);
  const { name, definitions, rows } = await pattern;
  const keyspace = newName();
  const maker = cluster.client();
  for (const definition of definitions) await maker.execute(definition.replaceAll(name, keyspace));
  await insertRows(maker, keyspace, rows);
  await maker.shutdown();
  const client = cluster.client({ keyspace });
  await client.connect();
  const settings = settingsOf(cluster, keyspace);
  return { settings, client, [Symbol.asyncDispose]: () => client.shutdown() };
}

export async function insertRows(maker: Client, keyspace: string, rows: PatternRows): Promise<void> {
  for (const [table, row] of rows) {
    await maker.execute(`INSERT INTO ${keyspace}.${table} JSON ?`, [withItsOwnEpoch(row)], { prepare: true });
  }
}

export const newName = () => `t_${Bun.randomUUIDv7().replaceAll("-", "")}`;

function settingsOf(cluster: Cluster, keyspace: string): CassandraSettings {
  const endpoints = cluster.nodes.map(({ address }) => address);
  return { endpoints, port: cluster.port, keyspace };
}

async function patternIn(cluster: Cluster): Promise<Pattern> {
  const name = newName();
  await migrateCassandra(settingsOf(cluster, name), { clock: { now: Date.now } });
  const client = cluster.client();
  const described = await client.execute(`DESCRIBE KEYSPACE ${name}`);
  const tables = described.rows.filter(({ type }) => type === "table").map((row) => String(row.name));
  const found = tables.map(async (table) => {
    const { rows } = await client.execute(`SELECT JSON * FROM ${name}.${table}`);
    return rows.map((row) => [table, String(row["[json]"])] as const);
  });
  const rows = (await Promise.all(found)).flat();
  await client.shutdown();
  return { name, definitions: described.rows.map((row) => String(row.create_statement)), rows };
}

/** The epoch tells one keyspace's versions and events from another's. */
function withItsOwnEpoch(row: string): string {
  const { key, value, ...rest } = JSON.parse(row);
  if (key !== "epoch") return row;
  return JSON.stringify({
    key,
    value: crypto.randomUUID().replaceAll("-", "").slice(0, value.length),
    ...rest,
  });
}
