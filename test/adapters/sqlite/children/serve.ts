/** Serves the store named on the command line until it is killed; prints `ready` once it does. */

import { openSqliteStore } from "../../../../src/adapters/sqlite/store.ts";
import { fixedClock, KeptLog, KeptMeter } from "../support.ts";

const path = process.argv[2] ?? "";
await openSqliteStore({ path, log: new KeptLog(), meter: new KeptMeter(), clock: fixedClock });
// Nothing refers to the store any more; its lock must last all the same.
Bun.gc(true);
console.log("ready");
