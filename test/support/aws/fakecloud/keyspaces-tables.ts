import { parse } from "yaml";
import keyspacesTemplate from "../../../../deploy/keyspaces.yaml" with { type: "text" };
import type { Keyspaces } from "../../keyspaces/keyspaces.ts";

const LOOK_EVERY_MS = 50;
// Source: Amazon Keyspaces Developer Guide, tables-create.html and keyspaces-create.html.
const KEYSPACES = "SELECT status FROM system_schema_mcs.keyspaces WHERE keyspace_name = ?";
const TABLES = "SELECT table_name, status FROM system_schema_mcs.tables WHERE keyspace_name = ?";

type Client = ReturnType<Keyspaces["client"]>;

/**
 * Creates what AWS creates from the template of the Keyspaces stack: a keyspace and its tables. All of them exist at
 * the end.
 */
export function makeTables(standIn: Keyspaces, keyspace: string): Promise<void> {
  return connected(standIn, async (client) => {
    const [ofKeyspace = "", ...ofTables] = statementsOfTemplate(keyspace);
    await client.execute(ofKeyspace);
    while (!(await isThere(client, keyspace))) await Bun.sleep(LOOK_EVERY_MS);
    for (const statement of ofTables) await client.execute(statement);
    const areActive = async () => {
      const { rows } = await client.execute(TABLES, [keyspace]);
      return rows.length >= ofTables.length && rows.every(({ status }) => status === "ACTIVE");
    };
    while (!(await areActive())) await Bun.sleep(LOOK_EVERY_MS);
  });
}

export function dropKeyspace(standIn: Keyspaces, keyspace: string): Promise<void> {
  return connected(standIn, async (client) => {
    await client.execute(`DROP KEYSPACE ${keyspace}`);
  });
}

/** Returns the names of a keyspace's tables, or undefined if there is no such keyspace. */
export function tablesOf(standIn: Keyspaces, keyspace: string): Promise<readonly string[] | undefined> {
  return connected(standIn, async (client) => {
    if (!(await isThere(client, keyspace))) return undefined;
    const { rows } = await client.execute(TABLES, [keyspace]);
    return rows.map((row) => String(row.table_name));
  });
}

async function isThere(client: Client, keyspace: string): Promise<boolean> {
  const { rows } = await client.execute(KEYSPACES, [keyspace]);
  return rows[0]?.status === "ACTIVE";
}

async function connected<T>(standIn: Keyspaces, work: (client: Client) => Promise<T>): Promise<T> {
  const client = standIn.client();
  try {
    return await work(client);
  } finally {
    await client.shutdown();
  }
}

interface Column {
  readonly ColumnName: string;
  readonly ColumnType: string;
}

/** Returns the template's tables as CQL, so that the service finds the same tables as in AWS. */
function statementsOfTemplate(keyspace: string): string[] {
  const { Resources } = parse(keyspacesTemplate, { logLevel: "silent" });
  const tables = Object.values<{ Type: string; Properties: Record<string, unknown> }>(Resources)
    .filter(({ Type }) => Type === "AWS::Cassandra::Table")
    .map(({ Properties }) => tableStatement(keyspace, Properties));
  return [
    `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH REPLICATION = {'class': 'SingleRegionStrategy'}`,
    ...tables,
  ];
}

// biome-ignore lint/suspicious/noExplicitAny: properties of AWS::Cassandra::Table, as in the template
function tableStatement(keyspace: string, table: any): string {
  const partition: Column[] = table.PartitionKeyColumns;
  const clustering: Column[] = (table.ClusteringKeyColumns ?? []).map(
    ({ Column }: { Column: Column }) => Column,
  );
  const columns = [...partition, ...clustering, ...table.RegularColumns];
  const names = (of: readonly Column[]) => of.map(({ ColumnName }) => ColumnName).join(", ");
  const key = [`(${names(partition)})`, ...(clustering.length > 0 ? [names(clustering)] : [])].join(", ");
  const types = columns.map(({ ColumnName, ColumnType }) => `${ColumnName} ${ColumnType}`).join(", ");
  return `CREATE TABLE IF NOT EXISTS ${keyspace}.${table.TableName} (${types}, PRIMARY KEY (${key})) WITH default_time_to_live = ${table.DefaultTimeToLive}`;
}
