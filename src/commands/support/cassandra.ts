import { readFileSync } from "node:fs";
import type { CassandraSettings, TlsSettings } from "../../adapters/cassandra/settings.ts";
import {
  asksForKeyspaces,
  type Config,
  type ConfigKey,
  DEPENDENT_ON_ENDPOINTS,
  KEYSPACES,
  keyspacesRegion,
  keyspacesService,
  portInForce,
  serverNameInForce,
} from "../../config.ts";
import { reasonOf } from "../../lib/reason.ts";
import { CommandError } from "./command.ts";

/** How to reach a cluster. */
export const CASSANDRA_SETTINGS = [
  "cassandraEndpoints",
  ...DEPENDENT_ON_ENDPOINTS,
  "awsRegion",
] as const satisfies readonly ConfigKey[];

/** Settings of a command that works on either store. */
export const STORE_SETTINGS = ["sqlitePath", ...CASSANDRA_SETTINGS] as const satisfies readonly ConfigKey[];

/** @returns undefined if the store is SQLite. @throws CommandError if a named file can't be read */
export function cassandraSettings(config: Config): CassandraSettings | undefined {
  if (config.cassandraEndpoints.length === 0) return undefined;
  if (asksForKeyspaces(config)) return keyspacesSettings(config);
  return {
    ...commonSettings(config),
    endpoints: config.cassandraEndpoints,
    port: portInForce(config),
    tls: config.cassandraSsl ? tlsSettings(config) : undefined,
  };
}

function commonSettings(config: Config) {
  return {
    keyspace: config.cassandraKeyspace,
    localDatacenter: config.cassandraLocalDatacenter,
    username: config.cassandraUsername,
    password: config.cassandraPassword,
  };
}

/** Its certificate names the service, whatever address is used for it. */
function keyspacesSettings(config: Config): CassandraSettings {
  const region = keyspacesRegion(config);
  if (region === undefined) throw new TypeError("a configuration without a region was refused");
  const service = keyspacesService(region);
  const endpoints = config.cassandraEndpoints.map((host) => (host === KEYSPACES ? service : host));
  return {
    ...commonSettings(config),
    flavour: "keyspaces",
    endpoints,
    port: portInForce(config),
    tls: tlsSettings(config),
    sigv4: config.cassandraUsername === undefined ? { region } : undefined,
  };
}

/** The location of the rows, for people. */
export function placeOf({ endpoints, port, keyspace }: CassandraSettings): string {
  return `keyspace ${keyspace} on ${endpoints.join(", ")} port ${port}`;
}

function tlsSettings(config: Config): TlsSettings {
  const { cassandraSslCa } = config;
  const servername = serverNameInForce(config);
  if (servername === undefined) throw new TypeError("a configuration without the name was refused");
  return { servername, ca: cassandraSslCa === undefined ? undefined : authorities(cassandraSslCa) };
}

function authorities(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new CommandError(
      `can't read ${path}: ${reasonOf(cause)}`,
      "set CASSANDRA_SSL_CA to a readable PEM file",
      {
        cause,
      },
    );
  }
}
