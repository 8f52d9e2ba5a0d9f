import type { Client } from "cassandra-driver";
import { migrateCassandra } from "../../../src/adapters/cassandra/schema/migrator.ts";
import type { CassandraSettings } from "../../../src/adapters/cassandra/settings.ts";
import type { Cluster } from "./cluster.ts";

/** Dropping tables takes a busy node longer than the driver waits by itself, ms. */
const DROP_TIMEOUT_MS = 60_000;

/** An empty keyspace with the current schema. */
export interface Keyspace extends AsyncDisposable {
  readonly settings: CassandraSettings;
  /** The test's own driver, to check the program's rows. */
  readonly client: Client;
}

/** Creates it; it is dropped at the end of its block. */
export async function freshKeyspace(cluster: Cluster): Promise<Keyspace> {
  const keyspace = `t_${Bun.randomUUIDv7().replaceAll("-", "")}`;
  const endpoints = cluster.nodes.map(({ address }) => address);
  const settings = { endpoints, port: cluster.port, keyspace };
  await migrateCassandra(settings, { clock: { now: Date.now } });
  const client = cluster.client({ keyspace });
  await client.connect();
  return {
    settings,
    client,
    async [Symbol.asyncDispose]() {
      await client.execute(`DROP KEYSPACE ${keyspace}`, [], { readTimeout: DROP_TIMEOUT_MS });
      await client.shutdown();
    },
  };
}
