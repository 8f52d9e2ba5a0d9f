import { readFileSync } from "node:fs";
import type { CassandraSettings } from "../../../src/adapters/cassandra/settings.ts";
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
