import { asksForKeyspaces, keyspacesRegion, keyspacesService } from "./keyspaces.ts";
import type { CassandraConfig } from "./settings.ts";

const PORT = 9042;
const TLS_PORT = 9142;

/** What applies where other settings decide it; nothing if the store is SQLite. */
export function cassandraInForce(config: CassandraConfig): Partial<CassandraConfig> {
  if (config.cassandraEndpoints.length === 0) return {};
  return {
    cassandraPort: portInForce(config),
    cassandraSsl: hasTls(config),
    cassandraSslServerName: serverNameInForce(config),
    cassandraAuth: authInForce(config),
    awsRegion: asksForKeyspaces(config) ? keyspacesRegion(config) : config.awsRegion,
  };
}

export function portInForce(config: CassandraConfig): number {
  return config.cassandraPort ?? (hasTls(config) ? TLS_PORT : PORT);
}

/** The name that the nodes' certificates must have; undefined without TLS. */
export function serverNameInForce(config: CassandraConfig): string | undefined {
  const { cassandraEndpoints: hosts, cassandraSslServerName: name } = config;
  if (name !== undefined || !hasTls(config)) return name;
  // Several hosts without a name are a mistake of the configuration, unless they are those of Amazon Keyspaces.
  const [host] = hosts.length === 1 ? hosts : [];
  if (!asksForKeyspaces(config)) return host;
  if (host?.startsWith("cassandra")) return host;
  const region = keyspacesRegion(config);
  return region === undefined ? undefined : keyspacesService(region);
}

function hasTls(config: CassandraConfig): boolean {
  return config.cassandraSsl || asksForKeyspaces(config);
}

function authInForce(config: CassandraConfig): CassandraConfig["cassandraAuth"] {
  if (config.cassandraAuth !== undefined) return config.cassandraAuth;
  if (config.cassandraUsername !== undefined) return "password";
  return asksForKeyspaces(config) ? "sigv4" : "none";
}
