import { ipBits } from "../kinds.ts";
import type { Given } from "../section.ts";
import { asksForKeyspaces, hasAwsProfile, isKeyspaces, keyspacesRegion } from "./keyspaces.ts";
import type { CassandraConfig } from "./settings.ts";

/** Settings without effect unless there are endpoints. */
export const DEPENDENT_ON_ENDPOINTS = [
  "cassandraPort",
  "cassandraKeyspace",
  "cassandraSsl",
  "cassandraSslCa",
  "cassandraSslServerName",
  "cassandraLocalDatacenter",
  "cassandraAuth",
  "cassandraUsername",
  "cassandraPassword",
] as const satisfies readonly (keyof CassandraConfig)[];

/** Contradictions between several settings; one sentence each. */
export function contradictions(config: CassandraConfig, given: Given): string[] {
  if (!given.asks("cassandraEndpoints") || config.cassandraEndpoints.length === 0) return [];
  return [
    ...storeMistakes(given),
    ...tlsMistakes(config, given),
    ...loginMistakes(config, given),
    ...(asksForKeyspaces(config) ? keyspacesMistakes(config, given) : profileMistakes(given)),
  ];
}

/** Settings without effect; one sentence each. */
export function oddities(config: CassandraConfig, { asks, by }: Given): string[] {
  if (!asks("cassandraEndpoints") || config.cassandraEndpoints.length > 0) return [];
  return DEPENDENT_ON_ENDPOINTS.flatMap((key) => by.get(key) ?? []).map(
    (origin) => `${origin} has no effect without CASSANDRA_ENDPOINTS; the store is SQLite`,
  );
}

function endpointsOrigin({ by }: Given): string {
  return by.get("cassandraEndpoints") ?? "CASSANDRA_ENDPOINTS";
}

function profileMistakes(given: Given): string[] {
  if (!hasAwsProfile(given.environment)) return [];
  return [
    `${endpointsOrigin(given)} lists hosts, but SPRING_PROFILES_ACTIVE=aws asks for Amazon Keyspaces; remove one of them`,
  ];
}

function keyspacesMistakes(config: CassandraConfig, given: Given): string[] {
  const found: string[] = [];
  const origin = config.cassandraEndpoints.some(isKeyspaces)
    ? endpointsOrigin(given)
    : given.by.get("cassandraAuth");
  if (keyspacesRegion(config) === undefined) {
    found.push(`${origin} asks for Amazon Keyspaces, but no region is set; set AWS_REGION`);
  }
  const ssl = given.by.get("cassandraSsl");
  if (ssl !== undefined && !config.cassandraSsl) {
    found.push(`${ssl} is false, but Amazon Keyspaces requires TLS; remove it`);
  }
  if (config.cassandraAuth === "none") {
    found.push(`${given.by.get("cassandraAuth")} is none, but Amazon Keyspaces requires a login; remove it`);
  }
  return found;
}

function storeMistakes(given: Given): string[] {
  const sqlite = given.by.get("sqlitePath");
  // The container image sets the variable for everyone; a flag is deliberate.
  if (!sqlite?.startsWith("--")) return [];
  return [`${sqlite} asks for SQLite and ${endpointsOrigin(given)} for Cassandra; remove one of them`];
}

function tlsMistakes(config: CassandraConfig, { by }: Given): string[] {
  // Keyspaces always uses TLS, and one name.
  if (asksForKeyspaces(config)) return [];
  const { cassandraSsl, cassandraEndpoints: hosts, cassandraSslServerName } = config;
  if (!cassandraSsl) {
    return [by.get("cassandraSslCa"), by.get("cassandraSslServerName")]
      .filter((origin) => origin !== undefined)
      .map(
        (origin) =>
          `${origin} is set without CASSANDRA_SSL=true; without TLS there is no certificate to check`,
      );
  }
  const named = hosts.length === 1 && hosts.every((host) => ipBits(host) === undefined);
  if (named || cassandraSslServerName !== undefined) return [];
  return [
    "CASSANDRA_SSL needs CASSANDRA_SSL_SERVER_NAME (the name in every node's certificate) when CASSANDRA_ENDPOINTS has several hosts or IP addresses",
  ];
}

function loginMistakes(
  { cassandraAuth, cassandraUsername, cassandraPassword }: CassandraConfig,
  { by }: Given,
): string[] {
  const user = by.get("cassandraUsername");
  const password = by.get("cassandraPassword");
  if (cassandraAuth === "none" || cassandraAuth === "sigv4") {
    return [user, password]
      .filter((origin) => origin !== undefined)
      .map(
        (origin) =>
          `${origin} is set, but CASSANDRA_AUTH=${cassandraAuth} does not use it; remove one of them`,
      );
  }
  if (cassandraUsername !== undefined && cassandraPassword === undefined) {
    return [`${user} is set without CASSANDRA_PASSWORD; a login needs both`];
  }
  if (cassandraUsername === undefined && cassandraPassword !== undefined) {
    return [`${password} is set without CASSANDRA_USERNAME; a login needs both`];
  }
  if (cassandraAuth === "password" && cassandraUsername === undefined) {
    return ["CASSANDRA_AUTH=password needs CASSANDRA_USERNAME and CASSANDRA_PASSWORD"];
  }
  return [];
}
