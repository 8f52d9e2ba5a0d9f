import type { Client } from "cassandra-driver";
import { boundedly } from "../../../src/application/copy/work.ts";

/** Amazon Keyspaces takes no more in one unlogged batch; a few kilobytes. */
const ROWS_PER_BATCH = 30;
const BATCHES_AT_ONCE = 16;
/** A busy node answers too late now and then; what it was sent may be sent again. */
const ATTEMPTS_MAX = 10;
const PAUSE_MS = 1_000;

/**
 * Writes rows past the program, in unlogged batches of one partition each.
 * @param partitions the rows of one partition each, as parameters of the statement
 */
export async function writeRows(
  client: Client,
  query: string,
  partitions: Iterable<readonly (readonly unknown[])[]>,
): Promise<void> {
  const batches = [...partitions].flatMap((rows) =>
    Array.from({ length: Math.ceil(rows.length / ROWS_PER_BATCH) }, (_, index) =>
      rows.slice(index * ROWS_PER_BATCH, (index + 1) * ROWS_PER_BATCH),
    ),
  );
  await boundedly(batches, BATCHES_AT_ONCE, async (rows) => {
    const statements = rows.map((params) => ({ query, params: [...params] }));
    await patiently(() => client.batch(statements, { prepare: true, logged: false }));
  });
}

async function patiently(write: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await write();
      return;
    } catch (error) {
      if (attempt >= ATTEMPTS_MAX) throw error;
      await Bun.sleep(PAUSE_MS);
    }
  }
}

/** The same for rows of as many partitions. A batch of them spares the messages; on one node it costs nothing else. */
export function writePartitions(
  client: Client,
  query: string,
  rows: readonly (readonly unknown[])[],
): Promise<void> {
  const batches = Array.from({ length: Math.ceil(rows.length / ROWS_PER_BATCH) }, (_, index) =>
    rows.slice(index * ROWS_PER_BATCH, (index + 1) * ROWS_PER_BATCH),
  );
  return writeRows(client, query, batches);
}
