import type { Flavour } from "./flavour.ts";
import type { CredentialSource } from "./sigv4.ts";

/** The address of a Cassandra cluster, and how to connect to it. */
export interface CassandraSettings {
  /** Default: `cassandra`. */
  readonly flavour?: Flavour | undefined;
  /** Host names or addresses. */
  readonly endpoints: readonly string[];
  readonly port: number;
  readonly keyspace: string;
  /** If absent, the first node's. */
  readonly localDatacenter?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly tls?: TlsSettings | undefined;
  /** Logs in with an AWS identity instead of a user. */
  readonly sigv4?: Sigv4Settings | undefined;
}

/** The same, if the keyspace may not exist yet. */
export type ClusterSettings = Omit<CassandraSettings, "keyspace"> & {
  readonly keyspace?: string | undefined;
};

export interface Sigv4Settings {
  readonly region: string;
  /** If absent, those of AWS's own chain. */
  readonly credentials?: CredentialSource | undefined;
}

export interface TlsSettings {
  /** The name that certificates are checked against, because connections go to addresses. */
  readonly servername: string;
  /** PEM of the authority; if absent, the system's. */
  readonly ca?: string | undefined;
}

/**
 * Longest an operation of the store takes before it is answered, all attempts together, ms. None of its
 * statements is sent later than this plus {@link STATEMENT_WAIT_MS} after it began; the shared feed relies on
 * that.
 */
export const OPERATION_DEADLINE_MS = 6_000;
/** Longest a statement waits for its turn, ms. */
export const STATEMENT_WAIT_MS = 1_000;
/** Longest wait for one node, ms: longer than Cassandra's own limits for writes, whose answers say more. */
export const NODE_TIMEOUT_MS = 3_000;
export const CONNECT_TIMEOUT_MS = 3_000;
/** Waits between attempts to reach a node that is gone, ms: doubled from the first to the last. */
export const RECONNECT_MS_MIN = 200;
export const RECONNECT_MS_MAX = 5_000;
/** An idle connection is tested this often, ms, so that a hanging node is noticed. */
export const HEARTBEAT_MS = 5_000;
