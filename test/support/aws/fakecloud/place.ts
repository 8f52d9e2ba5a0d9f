import { chmod } from "node:fs/promises";
import { dirname } from "node:path";
import { parse } from "yaml";
import keyspacesTemplate from "../../../../deploy/keyspaces.yaml" with { type: "text" };
import { type Keyspaces, startKeyspaces } from "../../keyspaces/keyspaces.ts";
import { changeSetsOfAll } from "./change-sets.ts";
import {
  endpointServices,
  keyspaces,
  keyspacesTables,
  numbersByReference,
  rollout,
  startedBy,
} from "./deviations.ts";
import { type Fakecloud, startFakecloud } from "./fakecloud.ts";
import { type AwsProxy, startProxy } from "./proxy.ts";

const REGION = "eu-west-1";
/** The one that the emulator has. */
const ACCOUNT = "123456789012";
/** Where the service looks for Keyspaces; nobody else is in the test's network namespace. */
const KEYSPACES_PORT = 9142;
/** Quicker than the stand-in's default second, since a journey makes many tables. */
const SCHEMA_DELAY_MS = 50;

/** A place to deploy to: an emulator of AWS, a stand-in for Keyspaces, and what the one lacks of the other. */
export interface Place extends AsyncDisposable {
  readonly fakecloud: Fakecloud;
  readonly proxy: AwsProxy;
  readonly keyspaces: Keyspaces;
}

/** Needs a network namespace of its own: fixed ports, and addresses like those of a VPC. */
export async function startPlace(): Promise<Place> {
  const stack = new AsyncDisposableStack();
  try {
    const standIn = stack.use(
      await startKeyspaces({ nativePort: KEYSPACES_PORT, region: REGION, schemaDelayMs: SCHEMA_DELAY_MS }),
    );
    // Containers read it as a user of their own.
    await chmod(dirname(standIn.caFile), 0o755);
    await chmod(standIn.caFile, 0o644);
    const {
      CASSANDRA_SSL_CA = "",
      AWS_ACCESS_KEY_ID = "",
      AWS_SECRET_ACCESS_KEY = "",
      AWS_SESSION_TOKEN = "",
    } = standIn.environment;
    const fakecloud = stack.use(
      await startFakecloud(REGION, {
        hosts: { [standIn.serverName]: standIn.address },
        mounts: [standIn.caFile],
        environment: { CASSANDRA_SSL_CA, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN },
      }),
    );
    const proxy = stack.use(startProxy(fakecloud, deviations(standIn)));
    const held = stack.move();
    return { fakecloud, proxy, keyspaces: standIn, [Symbol.asyncDispose]: () => held.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

function deviations(standIn: Keyspaces) {
  return [
    endpointServices,
    changeSetsOfAll({ accountId: ACCOUNT, region: REGION }),
    numbersByReference,
    keyspaces({
      tables: (keyspace) => tablesOf(standIn, keyspace),
      drop: (keyspace) => execute(standIn, `DROP KEYSPACE ${keyspace}`),
    }),
    keyspacesTables(async () => {
      for (const statement of statementsOfTemplate("todos")) await execute(standIn, statement);
    }),
    rollout(isUp),
    startedBy,
  ];
}

async function isUp(address: string): Promise<boolean> {
  return await fetch(`http://${address}:8181/actuator/health/startup`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function execute(standIn: Keyspaces, statement: string): Promise<void> {
  const client = standIn.client();
  try {
    await client.execute(statement);
  } finally {
    await client.shutdown();
  }
}

async function tablesOf(standIn: Keyspaces, keyspace: string): Promise<readonly string[] | undefined> {
  const client = standIn.client();
  try {
    const found = await client.execute("SELECT keyspace_name FROM system_schema.keyspaces");
    if (!found.rows.some((row) => row.keyspace_name === keyspace)) return undefined;
    const { rows } = await client.execute(
      "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?",
      [keyspace],
    );
    return rows.map((row) => String(row.table_name));
  } finally {
    await client.shutdown();
  }
}

interface Column {
  readonly ColumnName: string;
  readonly ColumnType: string;
}

/** The CQL of what the template says, so that the service meets the very tables it would meet in AWS. */
export function statementsOfTemplate(keyspace: string): string[] {
  const { Resources } = parse(keyspacesTemplate, { logLevel: "silent" });
  const tables = Object.values<{ Type: string; Properties: Record<string, unknown> }>(Resources)
    .filter(({ Type }) => Type === "AWS::Cassandra::Table")
    .map(({ Properties }) => tableStatement(keyspace, Properties));
  return [
    `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH REPLICATION = {'class': 'SingleRegionStrategy'}`,
    ...tables,
  ];
}

// biome-ignore lint/suspicious/noExplicitAny: properties of AWS::Cassandra::Table, as the template has them
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
