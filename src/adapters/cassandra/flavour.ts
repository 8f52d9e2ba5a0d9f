import { types } from "cassandra-driver";

const { consistencies } = types;

/** The rules for statements: those of Apache Cassandra, or those of Amazon Keyspaces. */
export type Flavour = "cassandra" | "keyspaces";

/** What differs between the two, all in one place. */
export interface Rules {
  readonly flavour: Flavour;
  /** Consistency that sees what a lightweight transaction in progress has settled. */
  readonly serialRead: types.consistencies;
  /** Of a lightweight transaction; absent if none may be named. */
  readonly serialConsistency?: types.consistencies;
  /** Connections to each node; absent: the driver's default. */
  readonly connectionsPerNode?: number;
  /** Whether a node's timeout means too little capacity. */
  readonly throttlesByTimeout: boolean;
  /** Rows that one statement may delete by a range; absent: any number, with our own timestamp. */
  readonly rangeDeleteRowsMax?: number;
  /** Whether a statement may carry our timestamp, and read that of a cell. */
  readonly ownTimestamps: boolean;
  /** Whether colliding transactions in a partition make each other start over, and its rows may share one. */
  readonly paxos: boolean;
  /** Whether deleted rows slow down reads until they are collected, and a range with a timestamp clears them. */
  readonly tombstones: boolean;
  /** Whether tables are created and changed after the answer, and report their progress as a status. */
  readonly slowSchema: boolean;
}

/**
 * Statements a second planned for one connection. Keyspaces takes 3,000 and then refuses; a sixth of it leaves
 * room for connections that are not evenly used. Source: Amazon Keyspaces Developer Guide, connections.html.
 */
export const STATEMENTS_PER_CONNECTION_PER_S = 500;
/** Statements a second that one process must be able to send. */
const STATEMENTS_PER_S = 3_000;
/**
 * Addresses that it must be spread over at least: a VPC endpoint has one in each zone, and a deployment two
 * zones or more; the public endpoint has nine. Source: the same guide, vpc-endpoints.html.
 */
const NODES_MIN = 2;

const CASSANDRA: Rules = {
  flavour: "cassandra",
  serialRead: consistencies.localSerial,
  serialConsistency: consistencies.localSerial,
  throttlesByTimeout: false,
  ownTimestamps: true,
  paxos: true,
  tombstones: true,
  slowSchema: false,
};

/** Sources: the same guide, at each line. */
const KEYSPACES: Rules = {
  flavour: "keyspaces",
  // consistency.html: no SERIAL and LOCAL_SERIAL; a LOCAL_QUORUM read shows every write that succeeded before.
  serialRead: consistencies.localQuorum,
  connectionsPerNode: Math.ceil(STATEMENTS_PER_S / (STATEMENTS_PER_CONNECTION_PER_S * NODES_MIN)),
  // troubleshooting.serverless.html
  throttlesByTimeout: true,
  // functional-differences.html#functional-differences.batch: no conditions in unlogged batches.
  paxos: false,
  // functional-differences.html#functional-differences.range-delete: 1,000; half of it, as rows may come meanwhile.
  rangeDeleteRowsMax: 500,
  // client-side-timestamps.html: only in tables they were turned on for.
  ownTimestamps: false,
  // cassandra-apis.html: GC grace seconds and compaction do not apply; functional-differences.html: no USING TIMESTAMP.
  tombstones: false,
  // tables-create.html
  slowSchema: true,
};

export function rulesOf(flavour: Flavour = "cassandra"): Rules {
  return flavour === "keyspaces" ? KEYSPACES : CASSANDRA;
}

/**
 * A migrator's: its transactions hold in all data centres, since two that run in different ones would both get
 * a lease that holds in one.
 */
export function migratorRulesOf(flavour?: Flavour): Rules {
  const rules = rulesOf(flavour);
  if (rules.serialConsistency === undefined) return rules;
  return { ...rules, serialRead: consistencies.serial, serialConsistency: consistencies.serial };
}
