import { migrateCassandra } from "../../../../src/adapters/cassandra/schema/migrator.ts";
import { clock, type Fate, SHORT_LEASE } from "../migration-support.ts";

// Migrates, and dies by kill -9 at the step it was told.
const { settings, fate } = JSON.parse(process.argv[2] ?? "{}");
let left = (fate as Fate | undefined)?.survives ?? Number.POSITIVE_INFINITY;

await migrateCassandra(settings, {
  clock,
  leaseTimes: SHORT_LEASE,
  onProgress: ({ step }) => {
    if (step === fate?.step && left-- <= 0) process.kill(process.pid, "SIGKILL");
  },
});
process.exit(0);
