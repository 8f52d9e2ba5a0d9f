/**
 * Serves the store named on the command line, with `powerless` as an unprivileged user, until it is killed; prints
 * `ready` once it does.
 */
import { openSqliteStore } from "../../../../src/adapters/sqlite/store.ts";
import { spawnWriter } from "../../../../src/commands/serve/spawn-writer.ts";
import { fixedClock, KeptLog, KeptMeter } from "../support.ts";

// Root may write anywhere, so no permission would be missing.
if (process.argv[3] === "powerless" && process.getuid?.() === 0) {
  process.setgid?.(65_534);
  process.setuid?.(65_534);
}
const path = process.argv[2] ?? "";
await openSqliteStore({
  path,
  log: new KeptLog(),
  meter: new KeptMeter(),
  clock: fixedClock,
  spawn: spawnWriter,
});
// Nothing refers to the store any more, but its lock must last.
Bun.gc(true);
console.log("ready");
