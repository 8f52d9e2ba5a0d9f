import { readFileSync } from "node:fs";
import { migrateCassandra } from "../../../src/adapters/cassandra/schema/migrator.ts";
import type { CassandraSettings } from "../../../src/adapters/cassandra/settings.ts";
import type { Keyspace } from "../cassandra/keyspace.ts";
import type { Keyspaces } from "./keyspaces.ts";

/** What opens a keyspace of the stand-in with the credentials that are good at that moment. */
export function settingsFor(keyspaces: Keyspaces, keyspace: string): CassandraSettings {
  const { address, port, serverName, caFile, region } = keyspaces;
  return {
    flavour: "keyspaces",
    endpoints: [address],
    port,
    keyspace,
    tls: { servername: serverName, ca: readFileSync(caFile, "utf8") },
    sigv4: { region, credentials: async () => keyspaces.credentials },
  };
}

/** A keyspace of the stand-in with today's schema and nothing in it; it goes with the stand-in. */
export async function freshKeyspaceIn(keyspaces: Keyspaces): Promise<Keyspace> {
  const keyspace = `t_${Bun.randomUUIDv7().replaceAll("-", "")}`;
  const settings = settingsFor(keyspaces, keyspace);
  await migrateCassandra(settings, { clock: { now: Date.now } });
  const client = keyspaces.client({ keyspace });
  await client.connect();
  return { settings, client, [Symbol.asyncDispose]: () => client.shutdown() };
}
