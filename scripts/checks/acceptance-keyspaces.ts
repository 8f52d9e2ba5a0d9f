import { startKeyspaces } from "../../test/support/keyspaces/keyspaces.ts";
import { acceptanceOnCassandra } from "./acceptance-cassandra.ts";
import { runTestsOfParts } from "./bun-tests.ts";
import { processorSecondsOf } from "./command.ts";
import { apiFilesOn } from "./groups.ts";
import type { Step } from "./step.ts";

/** Many tests create tables: a fraction of the usual delay is enough to detect code that does not wait. */
const SCHEMA_DELAY_MS = 20;
/**
 * Smaller than the API's default page, so that every API page takes several of the store's, some of them empty. A far
 * smaller size would only make lists of 200,000 rows take minutes; the adapter's own tests use pages of 7.
 */
const PAGE_ROWS_MAX = 47;

/** The tests of the API a third time, with the service on the stand-in that rejects what Amazon Keyspaces rejects. */
export const acceptanceOnKeyspaces: Step = {
  ...acceptanceOnCassandra,
  name: "API tests on Amazon Keyspaces' stand-in",
  async run(context) {
    await using keyspaces = await startKeyspaces({
      schemaDelayMs: SCHEMA_DELAY_MS,
      pageRowsMax: PAGE_ROWS_MAX,
    });
    const outcome = await runTestsOfParts(context, await apiFilesOn("Keyspaces", context), {
      TODOS_TEST_STORE: "cassandra",
      ...keyspaces.environment,
    });
    context.onProcessorTime?.(processorSecondsOf(keyspaces.node.pid));
    return outcome;
  },
};
