import type { LogLevel } from "../application/ports.ts";
import { profileOfAws } from "./cassandra.ts";
import type { Kind } from "./kinds.ts";
import * as kinds from "./kinds.ts";

/** What the program was told, checked. Times in milliseconds. */
export interface Config {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly managementPort: number | undefined;
  readonly sqlitePath: string;
  /** Hosts of a Cassandra, or the one entry `keyspaces`; empty: the store is SQLite. */
  readonly cassandraEndpoints: readonly string[];
  /** Absent: the one that goes with plain or TLS connections. */
  readonly cassandraPort: number | undefined;
  readonly cassandraKeyspace: string;
  readonly cassandraSsl: boolean;
  /** Path of a PEM file. */
  readonly cassandraSslCa: string | undefined;
  readonly cassandraSslServerName: string | undefined;
  readonly cassandraLocalDatacenter: string | undefined;
  /** Absent: a password where a user name is given. */
  readonly cassandraAuth: "none" | "password" | "sigv4" | undefined;
  readonly cassandraUsername: string | undefined;
  readonly cassandraPassword: string | undefined;
  /** Of Amazon Keyspaces. */
  readonly awsRegion: string | undefined;
  /** Absolute URL without a slash at its end. */
  readonly publicUrl: string | undefined;
  /** CIDR ranges, as `10.0.0.0/8` and `::1/128`; bits beyond the prefix may be set. */
  readonly trustedProxies: readonly string[];
  /** The one family of headers that those proxies are believed by. */
  readonly forwardedHeaders: "x-forwarded" | "forwarded";
  /** Names and addresses without ports, `*.` with a name for all below it, or `*`; loopback names go without saying. */
  readonly allowedHosts: readonly string[];
  /** Origins as browsers send them, or the one entry `*`. */
  readonly corsOrigins: readonly string[];
  readonly requireIfMatch: boolean;
  readonly readOnly: boolean;
  readonly healthDetails: "never" | "always";
  /** Whether the actuator on the service's own port may be changed; on a port of its own it always may. */
  readonly actuatorWrites: boolean;
  /** Whether event streams tell of what other instances on the same Cassandra do. */
  readonly sharedEvents: boolean;
  /** Paths of PEM files: both or neither. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly logLevel: LogLevel;
  readonly logFormat: "json" | "pretty";
  readonly accessLog: boolean;
  readonly drainDelayMs: number;
  readonly drainTimeoutMs: number;
}

export type ConfigKey = keyof Config;
export type Environment = Readonly<Record<string, string | undefined>>;

/** One setting of the program: where it may come from, how it is read, what it means. */
export interface ConfigOption<T> {
  /** Environment variables, the first that is set counts. */
  readonly variables: readonly [string, ...string[]];
  /** Without the dashes. A secret has none in effect: every process of the host can read a command line. */
  readonly flag: string;
  readonly kind: Kind<T>;
  /** What other variables ask for where neither flag nor variable is given, and the one that does. */
  implied?(environment: Environment): { readonly text: string; readonly origin: string } | undefined;
  /** The value when nobody gives one; `terminal` is true where standard output is one. */
  fallback(terminal: boolean): T;
  /** The default in words for documents, where the value alone does not say it. */
  readonly fallbackText?: string;
  /** The default that the container image sets. */
  readonly imageDefault?: string;
  readonly description: string;
  /** Never shown, in errors neither. */
  readonly secret?: boolean;
}

export type ConfigOptions = { readonly [K in ConfigKey]: ConfigOption<Config[K]> };

/** Every setting, in the order in which documents show them. */
export const CONFIG_OPTIONS: ConfigOptions = {
  host: {
    variables: ["TODOS_HOST"],
    flag: "host",
    kind: kinds.hostKind,
    fallback: () => "127.0.0.1",
    imageDefault: "0.0.0.0",
    description: "address to listen on; 0.0.0.0 or :: for all",
  },
  port: {
    variables: ["TODOS_PORT", "PORT"],
    flag: "port",
    kind: kinds.portKind,
    fallback: () => 8181,
    description: "port to listen on; 0 picks a free one and prints it",
  },
  managementPort: {
    variables: ["TODOS_MANAGEMENT_PORT"],
    flag: "management-port",
    kind: kinds.portKind,
    fallback: () => undefined,
    description: "port of its own for everything below /actuator but health",
  },
  sqlitePath: {
    variables: ["TODOS_SQLITE_PATH"],
    flag: "sqlite",
    kind: kinds.databasePathKind,
    fallback: () => "data/todos.db",
    imageDefault: "/data/todos.db",
    description: "the database file; it and its folder are made where missing",
  },
  cassandraEndpoints: {
    variables: ["CASSANDRA_ENDPOINTS"],
    flag: "cassandra-endpoints",
    kind: kinds.endpointsKind,
    implied: profileOfAws,
    fallback: () => [],
    fallbackText: "none: the store is SQLite",
    description: "nodes of a Cassandra to begin with, or keyspaces for Amazon Keyspaces",
  },
  cassandraPort: {
    variables: ["CASSANDRA_PORT"],
    flag: "cassandra-port",
    kind: kinds.remotePortKind,
    fallback: () => undefined,
    fallbackText: "9042, or 9142 with TLS",
    description: "port of every node",
  },
  cassandraKeyspace: {
    variables: ["CASSANDRA_KEYSPACE"],
    flag: "cassandra-keyspace",
    kind: kinds.keyspaceKind,
    fallback: () => "todos",
    description: "keyspace with the service's tables; todos migrate makes it where it is missing",
  },
  cassandraSsl: {
    variables: ["CASSANDRA_SSL"],
    flag: "cassandra-ssl",
    kind: kinds.booleanKind,
    fallback: () => false,
    fallbackText: "false; always true with Amazon Keyspaces",
    description: "speak TLS to the nodes, and check their certificates",
  },
  cassandraSslCa: {
    variables: ["CASSANDRA_SSL_CA"],
    flag: "cassandra-ssl-ca",
    kind: kinds.pathKind,
    fallback: () => undefined,
    fallbackText: "none: the system's authorities",
    description: "file with the authorities that sign the nodes' certificates, PEM",
  },
  cassandraSslServerName: {
    variables: ["CASSANDRA_SSL_SERVER_NAME"],
    flag: "cassandra-ssl-server-name",
    kind: kinds.hostKind,
    fallback: () => undefined,
    fallbackText: "the endpoint, where there is one and it is a name; with Amazon Keyspaces the service's",
    description: "name that every node's certificate is checked against",
  },
  cassandraLocalDatacenter: {
    variables: ["CASSANDRA_LOCAL_DATACENTER"],
    flag: "cassandra-local-datacenter",
    kind: kinds.textKind,
    fallback: () => undefined,
    fallbackText: "that of the first node that answers",
    description: "data centre whose nodes are asked, and whose quorum counts",
  },
  cassandraAuth: {
    variables: ["CASSANDRA_AUTH"],
    flag: "cassandra-auth",
    kind: kinds.choiceKind("none", "password", "sigv4"),
    fallback: () => undefined,
    fallbackText: "password where a user name is given, sigv4 with Amazon Keyspaces, else none",
    description:
      "how to log in; sigv4 is for Amazon Keyspaces, and means it whatever the endpoints are called",
  },
  cassandraUsername: {
    variables: ["CASSANDRA_USERNAME"],
    flag: "cassandra-username",
    kind: kinds.textKind,
    fallback: () => undefined,
    description: "user to log in as",
  },
  cassandraPassword: {
    variables: ["CASSANDRA_PASSWORD"],
    flag: "cassandra-password",
    kind: kinds.textKind,
    fallback: () => undefined,
    description: "that user's password",
    secret: true,
  },
  awsRegion: {
    variables: ["AWS_REGION", "AWS_DEFAULT_REGION"],
    flag: "aws-region",
    kind: kinds.regionKind,
    fallback: () => undefined,
    fallbackText: "none; that of the endpoint, where its name has one",
    description:
      "region of Amazon Keyspaces; credentials come as for every AWS tool, by AWS_*, a profile or a role",
  },
  publicUrl: {
    variables: ["TODOS_PUBLIC_URL"],
    flag: "public-url",
    kind: kinds.publicUrlKind,
    fallback: () => undefined,
    description: "what links start with, where clients reach the service under another address",
  },
  trustedProxies: {
    variables: ["TODOS_TRUSTED_PROXIES"],
    flag: "trusted-proxies",
    kind: kinds.networksKind,
    fallback: () => [],
    description: "addresses and ranges of proxies whose word for scheme and host is believed",
  },
  forwardedHeaders: {
    variables: ["TODOS_FORWARDED_HEADERS"],
    flag: "forwarded-headers",
    kind: kinds.choiceKind("x-forwarded", "forwarded"),
    fallback: () => "x-forwarded",
    description:
      "headers that those proxies set: the X-Forwarded-* family, or Forwarded (RFC 7239); the others are ignored",
  },
  allowedHosts: {
    variables: ["TODOS_ALLOWED_HOSTS"],
    flag: "allowed-hosts",
    kind: kinds.allowedHostsKind,
    fallback: () => [],
    fallbackText: "on a loopback address loopback names and the public URL's host; else any",
    description:
      "Host names that are answered besides loopback names and the public URL's, without ports; *.todos.example for all below a name, * for any; 421 for others",
  },
  corsOrigins: {
    variables: ["TODOS_CORS_ORIGINS"],
    flag: "cors-origins",
    kind: kinds.originsKind,
    fallback: () => [],
    description: "origins whose pages may call the API, or *",
  },
  requireIfMatch: {
    variables: ["TODOS_REQUIRE_IF_MATCH"],
    flag: "require-if-match",
    kind: kinds.booleanKind,
    fallback: () => false,
    description: "answer 428 to PUT, PATCH and DELETE that name no version by If-Match",
  },
  readOnly: {
    variables: ["TODOS_READ_ONLY"],
    flag: "read-only",
    kind: kinds.booleanKind,
    fallback: () => false,
    description: "answer 503 to writes",
  },
  healthDetails: {
    variables: ["TODOS_HEALTH_DETAILS"],
    flag: "health-details",
    kind: kinds.choiceKind("never", "always"),
    fallback: () => "never",
    description: "show the components and their details in /actuator/health",
  },
  actuatorWrites: {
    variables: ["TODOS_ACTUATOR_WRITES"],
    flag: "actuator-writes",
    kind: kinds.booleanKind,
    fallback: () => false,
    description:
      "let anyone who reaches the service's own port set log levels there; on the management port that is always possible",
  },
  sharedEvents: {
    variables: ["TODOS_SHARED_EVENTS"],
    flag: "shared-events",
    kind: kinds.booleanKind,
    fallback: () => true,
    description:
      "on Cassandra, /events tells of changes made through every instance, at the price of two more small writes a change; false: of this instance's own",
  },
  tlsCert: {
    variables: ["TODOS_TLS_CERT"],
    flag: "tls-cert",
    kind: kinds.pathKind,
    fallback: () => undefined,
    fallbackText: "none: plain HTTP",
    description: "certificate chain, PEM; with it and a key the service speaks HTTPS",
  },
  tlsKey: {
    variables: ["TODOS_TLS_KEY"],
    flag: "tls-key",
    kind: kinds.pathKind,
    fallback: () => undefined,
    description: "file with the certificate's private key, PEM",
  },
  logLevel: {
    variables: ["TODOS_LOG_LEVEL"],
    flag: "log-level",
    kind: kinds.logLevelKind,
    fallback: () => "INFO",
    description: "least severe events that are logged",
  },
  logFormat: {
    variables: ["TODOS_LOG_FORMAT"],
    flag: "log-format",
    kind: kinds.choiceKind("json", "pretty"),
    fallback: (terminal) => (terminal ? "pretty" : "json"),
    fallbackText: "pretty on a terminal, else json",
    description: "one JSON object a line, or lines for people",
  },
  accessLog: {
    variables: ["TODOS_ACCESS_LOG"],
    flag: "access-log",
    kind: kinds.booleanKind,
    fallback: () => false,
    description: "log every request; answers of 500 and above are always logged",
  },
  drainDelayMs: {
    variables: ["TODOS_DRAIN_DELAY_MS"],
    flag: "drain-delay-ms",
    kind: kinds.durationMsKind,
    fallback: () => 0,
    imageDefault: "20000",
    description:
      "how long to go on taking connections after a stop signal, while readiness says OUT_OF_SERVICE",
  },
  drainTimeoutMs: {
    variables: ["TODOS_DRAIN_TIMEOUT_MS"],
    flag: "drain-timeout-ms",
    kind: kinds.durationMsKind,
    fallback: () => 25_000,
    description: "how long requests in flight may take to finish after that",
  },
};

export const CONFIG_KEYS = Object.keys(CONFIG_OPTIONS) as readonly ConfigKey[];

/** A value of one setting as documents and `todos config` show it. */
export function shownValue(key: ConfigKey, value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return "none";
  if (Array.isArray(value)) return value.join(", ");
  return optionOf(key).kind.show?.(value) ?? String(value);
}

/** The option without the type of its value, for code that treats all alike. */
export function optionOf(key: ConfigKey, options: ConfigOptions = CONFIG_OPTIONS): ConfigOption<unknown> {
  return options[key] as ConfigOption<unknown>;
}
