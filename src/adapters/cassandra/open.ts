import { migrateCassandra } from "./schema/migrator.ts";
import { progressLine } from "./schema/progress.ts";
import { type CassandraStore, type CassandraStoreOptions, openCassandraStore } from "./store.ts";

export { openProblem } from "./open-problems.ts";

/**
 * Opens the store, with its schema brought up to date first where that is asked for.
 * @throws StoreOpenError, or what `openProblem` explains
 */
export async function openCassandra(
  options: CassandraStoreOptions,
  migrate: boolean,
): Promise<CassandraStore> {
  if (migrate) {
    await migrateCassandra(options.settings, {
      clock: options.clock,
      onProgress: (progress) => {
        const line = progressLine(progress);
        if (line !== undefined) options.log.info(line);
      },
    });
  }
  return openCassandraStore(options);
}
