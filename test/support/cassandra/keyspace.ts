import type { Client } from "cassandra-driver";
import { migrateCassandra } from "../../../src/adapters/cassandra/schema/migrator.ts";
import type { CassandraSettings } from "../../../src/adapters/cassandra/settings.ts";
import type { Cluster } from "./cluster.ts";

/** A keyspace with today's schema and nothing in it. */
export interface Keyspace extends AsyncDisposable {
  readonly settings: CassandraSettings;
  /** A driver of the test's own beside the program's, to look behind its back. */
  readonly client: Client;
}

/** Makes it; it goes with the block it is used in. */
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
      await client.execute(`DROP KEYSPACE ${keyspace}`);
      await client.shutdown();
    },
  };
}
