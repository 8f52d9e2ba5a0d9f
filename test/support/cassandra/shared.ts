import { type Cluster, startCassandra } from "./cluster.ts";

/** Time that starting one node may take, ms: the first run fetches it as well. */
export const CASSANDRA_START_DEADLINE_MS = 240_000;

const held = globalThis as { todosTestCassandra?: Promise<Cluster> };

/**
 * One node for all the test files of this process that do not harm it, started when the first one asks.
 * It ends with the process.
 */
export function sharedCassandra(): Promise<Cluster> {
  held.todosTestCassandra ??= startCassandra();
  return held.todosTestCassandra;
}
