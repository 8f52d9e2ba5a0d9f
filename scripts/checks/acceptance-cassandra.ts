import { startCassandra } from "../../test/support/cassandra/cluster.ts";
import { findJava17 } from "../../test/support/java/java.ts";
import { runTestsOfParts } from "./bun-tests.ts";
import { processorSecondsOf } from "./command.ts";
import { apiFilesOfStores } from "./groups.ts";
import type { Step } from "./step.ts";

/** The tests of the API a second time, with the service on a real Cassandra: a client must not see a difference. */
export const acceptanceOnCassandra: Step = {
  name: "API tests on Cassandra",
  required: true,
  lane: "clusters",
  needs() {
    try {
      findJava17();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  },
  async run(context) {
    await using cluster = await startCassandra();
    const outcome = await runTestsOfParts(context, await apiFilesOfStores(context.root), {
      TODOS_TEST_STORE: "cassandra",
      ...cluster.environment,
    });
    context.onProcessorTime?.(processorSecondsOf(cluster.node.pid));
    return outcome;
  },
};
