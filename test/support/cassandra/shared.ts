import { FULL_SIZE } from "../size.ts";
import { type Cluster, startCassandra } from "./cluster.ts";

/** Time that starting one node may take, ms: the first run fetches it as well. */
export const CASSANDRA_START_DEADLINE_MS = 240_000;

const held = globalThis as {
  todosTestCassandra?: Promise<Cluster>;
  todosTestStrictCassandra?: Promise<Cluster>;
};

/**
 * One node for all the test files of this process that do not harm it, started when the first one asks.
 * It ends with the process.
 */
export function sharedCassandra(): Promise<Cluster> {
  held.todosTestCassandra ??= startCassandra();
  return held.todosTestCassandra;
}

/** Cassandra's own limits are 1,000 and 100,000, which the tests exceed at full size. */
const FEW_TOMBSTONES = "tombstone_warn_threshold: 100\ntombstone_failure_threshold: 4000\n";

/** The same, of a node that gives up a read after 4,000 deleted rows. */
export function sharedStrictCassandra(): Promise<Cluster> {
  held.todosTestStrictCassandra ??= startCassandra(FULL_SIZE ? {} : { yaml: FEW_TOMBSTONES });
  return held.todosTestStrictCassandra;
}
