import type { Flavour } from "./flavour.ts";
import type { CredentialSource } from "./sigv4.ts";

/** Where a Cassandra is, and how it is spoken to. */
export interface CassandraSettings {
  /** `cassandra` where absent. */
  readonly flavour?: Flavour | undefined;
  /** Host names or addresses. */
  readonly endpoints: readonly string[];
  readonly port: number;
  readonly keyspace: string;
  /** Found out from the first node where it is not given. */
  readonly localDatacenter?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly tls?: TlsSettings | undefined;
  /** Logs in with an AWS identity instead of a user. */
  readonly sigv4?: Sigv4Settings | undefined;
}

/** The same, where the keyspace may not be there yet. */
export type ClusterSettings = Omit<CassandraSettings, "keyspace"> & {
  readonly keyspace?: string | undefined;
};

export interface Sigv4Settings {
  readonly region: string;
  /** Those of AWS's own chain where absent. */
  readonly credentials?: CredentialSource | undefined;
}

export interface TlsSettings {
  /** The name that certificates are checked against: nodes are connected to by address. */
  readonly servername: string;
  /** PEM of the authority; the system's own where absent. */
  readonly ca?: string | undefined;
}

/**
 * Longest an operation of the store takes before it is answered, all attempts together, ms. None of its
 * statements is sent later than this and {@link STATEMENT_WAIT_MS} after it began; the shared feed goes by that.
 */
export const OPERATION_DEADLINE_MS = 6_000;
/** Longest a statement waits for its turn, ms. */
export const STATEMENT_WAIT_MS = 1_000;
/** Longest one node is waited for, ms: longer than Cassandra's own limits for writes, whose answers tell more. */
export const NODE_TIMEOUT_MS = 3_000;
export const CONNECT_TIMEOUT_MS = 3_000;
/** Waits between attempts to reach a node that is gone, ms: doubled from the first to the last. */
export const RECONNECT_MS_MIN = 200;
export const RECONNECT_MS_MAX = 5_000;
/** A connection without traffic is tried out this often, ms, so that a node that hangs is noticed. */
export const HEARTBEAT_MS = 5_000;
