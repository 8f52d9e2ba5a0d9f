/** The cluster, where the store is one. */
export interface CassandraConfig {
  /** Hosts of a Cassandra, or the one entry `keyspaces`; empty: the store is SQLite. */
  readonly cassandraEndpoints: readonly string[];
  /** Absent: the default for plain or TLS connections. */
  readonly cassandraPort: number | undefined;
  readonly cassandraKeyspace: string;
  readonly cassandraSsl: boolean;
  /** Path of a PEM file. */
  readonly cassandraSslCa: string | undefined;
  readonly cassandraSslServerName: string | undefined;
  readonly cassandraLocalDatacenter: string | undefined;
  /** Absent: password, if a user name is given. */
  readonly cassandraAuth: "none" | "password" | "sigv4" | undefined;
  readonly cassandraUsername: string | undefined;
  readonly cassandraPassword: string | undefined;
  /** Of Amazon Keyspaces. */
  readonly awsRegion: string | undefined;
}
