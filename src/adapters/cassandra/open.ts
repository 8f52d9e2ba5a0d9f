import { migrateCassandra } from "./schema/migrator.ts";
import { progressLine } from "./schema/progress.ts";
import { type CassandraStore, type CassandraStoreOptions, openCassandraStore } from "./store.ts";

export { openProblem } from "./open-problems.ts";

/**
 * Opens the store, and migrates its schema first if requested.
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
