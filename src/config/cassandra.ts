import { ipBits, KEYSPACES } from "./kinds.ts";
import type { Config, ConfigKey, Environment } from "./options.ts";

/** By setting, the flag or variable that gave it; nothing for defaults. */
type GivenBy = ReadonlyMap<ConfigKey, string>;

/** Settings that mean nothing without endpoints. */
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
] as const satisfies readonly ConfigKey[];

const AWS_PROFILE = "aws";
/** Source: Amazon Keyspaces Developer Guide, programmatic.endpoints.html. */
const AWS_ENDPOINT = /^cassandra(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/i;

/** Whether the cluster is Amazon Keyspaces: by name, or because nothing else signs in by SigV4. */
export function asksForKeyspaces({ cassandraEndpoints, cassandraAuth }: Config): boolean {
  return cassandraAuth === "sigv4" || cassandraEndpoints.some((host) => isKeyspaces(host));
}

/** The region to sign for: where the endpoint's name has one, that one. */
export function keyspacesRegion({ cassandraEndpoints, awsRegion }: Config): string | undefined {
  const named = cassandraEndpoints.map((host) => AWS_ENDPOINT.exec(host)?.[1]);
  return named.find((region) => region !== undefined) ?? awsRegion;
}

function isKeyspaces(host: string): boolean {
  return host === KEYSPACES || AWS_ENDPOINT.test(host);
}

/** The service this one descends from was told by its profile to use Amazon Keyspaces. */
export function profileOfAws(environment: Environment): { text: string; origin: string } | undefined {
  return hasAwsProfile(environment) ? { text: KEYSPACES, origin: "SPRING_PROFILES_ACTIVE" } : undefined;
}

/** Mistakes that several settings of Cassandra make together; one sentence each. */
export function cassandraMistakes(config: Config, givenBy: GivenBy, environment: Environment): string[] {
  if (config.cassandraEndpoints.length === 0) return [];
  const found = [
    ...storeMistakes(givenBy),
    ...tlsMistakes(config, givenBy),
    ...loginMistakes(config, givenBy),
  ];
  const origin = givenBy.get("cassandraEndpoints") ?? "CASSANDRA_ENDPOINTS";
  if (asksForKeyspaces(config)) {
    found.push(...keyspacesMistakes(config, givenBy, origin));
  } else if (hasAwsProfile(environment)) {
    found.push(
      `${origin} names hosts and SPRING_PROFILES_ACTIVE=aws asks for Amazon Keyspaces; leave one of them out`,
    );
  }
  return found;
}

/** Odd, and harmless. */
export function cassandraWarnings(config: Config, givenBy: GivenBy): string[] {
  if (config.cassandraEndpoints.length > 0) return [];
  return DEPENDENT_ON_ENDPOINTS.flatMap((key) => givenBy.get(key) ?? []).map(
    (origin) => `${origin} has no effect without CASSANDRA_ENDPOINTS; the store is SQLite`,
  );
}

function keyspacesMistakes(config: Config, givenBy: GivenBy, endpoints: string): string[] {
  const found: string[] = [];
  const by = config.cassandraEndpoints.some(isKeyspaces) ? endpoints : givenBy.get("cassandraAuth");
  if (keyspacesRegion(config) === undefined) {
    found.push(`${by} asks for Amazon Keyspaces, and nobody says in which region: set AWS_REGION`);
  }
  const ssl = givenBy.get("cassandraSsl");
  if (ssl !== undefined && !config.cassandraSsl) {
    found.push(`${ssl} is false, and Amazon Keyspaces speaks TLS only; leave it out`);
  }
  if (config.cassandraAuth === "none") {
    found.push(`${givenBy.get("cassandraAuth")} is none, and Amazon Keyspaces wants a login; leave it out`);
  }
  return found;
}

function storeMistakes(givenBy: GivenBy): string[] {
  const sqlite = givenBy.get("sqlitePath");
  // A container image sets the variable for everybody; a flag is somebody's wish.
  if (!sqlite?.startsWith("--")) return [];
  return [
    `${sqlite} asks for SQLite and ${givenBy.get("cassandraEndpoints")} for Cassandra; give one of them`,
  ];
}

function tlsMistakes(config: Config, givenBy: GivenBy): string[] {
  // Always TLS, and always one name.
  if (asksForKeyspaces(config)) return [];
  const { cassandraSsl, cassandraEndpoints: hosts, cassandraSslServerName } = config;
  if (!cassandraSsl) {
    return [givenBy.get("cassandraSslCa"), givenBy.get("cassandraSslServerName")]
      .filter((origin) => origin !== undefined)
      .map(
        (origin) =>
          `${origin} is given without CASSANDRA_SSL=true; without TLS there is no certificate to check`,
      );
  }
  const named = hosts.length === 1 && hosts.every((host) => ipBits(host) === undefined);
  if (named || cassandraSslServerName !== undefined) return [];
  return [
    "CASSANDRA_SSL needs CASSANDRA_SSL_SERVER_NAME, the name in every node's certificate, where CASSANDRA_ENDPOINTS has several hosts or addresses",
  ];
}

function loginMistakes(
  { cassandraAuth, cassandraUsername, cassandraPassword }: Config,
  givenBy: GivenBy,
): string[] {
  const user = givenBy.get("cassandraUsername");
  const password = givenBy.get("cassandraPassword");
  if (cassandraAuth === "none" || cassandraAuth === "sigv4") {
    return [user, password]
      .filter((origin) => origin !== undefined)
      .map(
        (origin) =>
          `${origin} is given, and CASSANDRA_AUTH=${cassandraAuth} does not use it; leave one of them out`,
      );
  }
  if (cassandraUsername !== undefined && cassandraPassword === undefined) {
    return [`${user} is given without CASSANDRA_PASSWORD; logging in needs both`];
  }
  if (cassandraUsername === undefined && cassandraPassword !== undefined) {
    return [`${password} is given without CASSANDRA_USERNAME; logging in needs both`];
  }
  if (cassandraAuth === "password" && cassandraUsername === undefined) {
    return ["CASSANDRA_AUTH=password needs CASSANDRA_USERNAME and CASSANDRA_PASSWORD"];
  }
  return [];
}

function hasAwsProfile({ SPRING_PROFILES_ACTIVE: profiles }: Environment): boolean {
  return profiles?.split(",").some((profile) => profile.trim() === AWS_PROFILE) ?? false;
}
