import { sharedCassandra } from "../../test/support/cassandra/shared.ts";
import { findJava17 } from "../../test/support/java/java.ts";
import { runTestsOfParts } from "./bun-tests.ts";
import { processorSecondsOf } from "./command.ts";
import { apiFilesOn, PAGE_OF_INSTANCES } from "./groups.ts";
import type { Step } from "./step.ts";

/**
 * The tests of the API a second time, with the service on a real Cassandra: a client must not see a difference. And two
 * people's pages, each at an instance of its own.
 */
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
    // The next step that needs one takes over this node.
    const cluster = await sharedCassandra();
    const parts = [...(await apiFilesOn("Cassandra", context)), PAGE_OF_INSTANCES];
    const outcome = await runTestsOfParts(context, parts, {
      TODOS_TEST_STORE: "cassandra",
      ...cluster.environment,
    });
    context.onProcessorTime?.(processorSecondsOf(cluster.node.pid));
    return outcome;
  },
};
