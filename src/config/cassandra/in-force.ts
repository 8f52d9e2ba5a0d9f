import { asksForKeyspaces, keyspacesRegion } from "./keyspaces.ts";
import type { CassandraConfig } from "./settings.ts";

const PORT = 9042;
const TLS_PORT = 9142;

/** What applies where other settings decide it; nothing where the store is SQLite. */
export function cassandraInForce(config: CassandraConfig): Partial<CassandraConfig> {
  if (config.cassandraEndpoints.length === 0) return {};
  return {
    cassandraPort: portInForce(config),
    cassandraSsl: hasTls(config),
    cassandraAuth: authInForce(config),
    awsRegion: asksForKeyspaces(config) ? keyspacesRegion(config) : config.awsRegion,
  };
}

export function portInForce(config: CassandraConfig): number {
  return config.cassandraPort ?? (hasTls(config) ? TLS_PORT : PORT);
}

function hasTls(config: CassandraConfig): boolean {
  return config.cassandraSsl || asksForKeyspaces(config);
}

function authInForce(config: CassandraConfig): CassandraConfig["cassandraAuth"] {
  if (config.cassandraAuth !== undefined) return config.cassandraAuth;
  if (config.cassandraUsername !== undefined) return "password";
  return asksForKeyspaces(config) ? "sigv4" : "none";
}
