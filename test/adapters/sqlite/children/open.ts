/** Opens the store named on the command line, with `powerless` as an unprivileged user; prints the result. */
import { spawnWriter } from "../../../../src/commands/serve/spawn-writer.ts";
import { fixedClock, KeptLog, KeptMeter } from "../support.ts";

const { openSqliteStore } = await import("../../../../src/adapters/sqlite/store.ts");
// Root may write anywhere, so no permission would be missing.
if (process.argv[3] === "powerless" && process.getuid?.() === 0) {
  process.setgid?.(65_534);
  process.setuid?.(65_534);
}
const path = process.argv[2] ?? "";
try {
  const store = await openSqliteStore({
    path,
    log: new KeptLog(),
    meter: new KeptMeter(),
    clock: fixedClock,
    spawn: spawnWriter,
  });
  await store.close();
  console.log("opened");
} catch (error) {
  console.log(String(error));
}
