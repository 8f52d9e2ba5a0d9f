// What commands need in addition to the store.
export { renewEpoch } from "./epoch.ts";
export { inspectCluster } from "./inspect.ts";
export { openProblem } from "./open-problems.ts";
export { baselineCassandra, migrateCassandra, plannedStatements } from "./schema/migrator.ts";
export { progressLine } from "./schema/progress.ts";
export { cassandraMigrationStatus } from "./schema/status.ts";
