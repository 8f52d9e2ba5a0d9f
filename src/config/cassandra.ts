import { contradictions, oddities } from "./cassandra/contradictions.ts";
import { cassandraInForce } from "./cassandra/in-force.ts";
import { profileOfAws } from "./cassandra/keyspaces.ts";
import type { CassandraConfig } from "./cassandra/settings.ts";
import * as kinds from "./kinds.ts";
import type { Section } from "./section.ts";

export const CASSANDRA: Section<CassandraConfig> = {
  options: {
    cassandraEndpoints: {
      variables: ["CASSANDRA_ENDPOINTS"],
      flag: "cassandra-endpoints",
      kind: kinds.endpointsKind,
      implied: profileOfAws,
      fallback: () => [],
      fallbackText: "none: the store is SQLite",
      description: "Cassandra nodes to contact first, or keyspaces for Amazon Keyspaces",
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
      description: "keyspace with the service's tables; todos migrate creates it if missing",
    },
    cassandraSsl: {
      variables: ["CASSANDRA_SSL"],
      flag: "cassandra-ssl",
      kind: kinds.booleanKind,
      fallback: () => false,
      fallbackText: "false; always true with Amazon Keyspaces",
      description: "use TLS and check the nodes' certificates",
    },
    cassandraSslCa: {
      variables: ["CASSANDRA_SSL_CA"],
      flag: "cassandra-ssl-ca",
      kind: kinds.pathKind,
      fallback: () => undefined,
      fallbackText: "none: the system's certificate authorities",
      description: "PEM file with the authorities that sign the nodes' certificates",
    },
    cassandraSslServerName: {
      variables: ["CASSANDRA_SSL_SERVER_NAME"],
      flag: "cassandra-ssl-server-name",
      kind: kinds.hostKind,
      fallback: () => undefined,
      fallbackText: "the endpoint, if it is a single name; for Amazon Keyspaces the service's name",
      description: "name that every node's certificate must have",
    },
    cassandraLocalDatacenter: {
      variables: ["CASSANDRA_LOCAL_DATACENTER"],
      flag: "cassandra-local-datacenter",
      kind: kinds.textKind,
      fallback: () => undefined,
      fallbackText: "the one of the first node that answers",
      description: "data centre to query; its nodes form the quorum",
    },
    cassandraAuth: {
      variables: ["CASSANDRA_AUTH"],
      flag: "cassandra-auth",
      kind: kinds.choiceKind("none", "password", "sigv4"),
      fallback: () => undefined,
      fallbackText: "password if a user name is set, sigv4 for Amazon Keyspaces, else none",
      description: "how to log in; sigv4 always means Amazon Keyspaces",
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
      flag: "region",
      kind: kinds.regionKind,
      fallback: () => undefined,
      fallbackText: "the one in the endpoint's name, or for a deployment, the AWS profile's",
      description:
        "AWS region of Amazon Keyspaces or of the deployment; credentials come from AWS_*, a profile or a role, as for every AWS tool",
    },
  },
  inForce: cassandraInForce,
  contradictions,
  oddities,
};
