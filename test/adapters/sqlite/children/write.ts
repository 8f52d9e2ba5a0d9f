/**
 * Creates tasks in the inbox from many callers at once, forever, in the store named on the command line.
 * Prints the id of each when it is acknowledged, and nothing else.
 */
import { writeSync } from "node:fs";
import { openSqliteStore } from "../../../../src/adapters/sqlite/store.ts";
import { ANYONE } from "../../../../src/application/caller.ts";
import { createTask } from "../../../../src/application/commands.ts";
import { spawnWriter } from "../../../../src/commands/serve/spawn-writer.ts";
import { INBOX_ID } from "../../../../src/domain/checklist.ts";
import { fixedClock, KeptLog, KeptMeter, taskIn } from "../support.ts";

const CALLERS = 32;
const path = process.argv[2] ?? "";
const store = await openSqliteStore({
  path,
  log: new KeptLog(),
  meter: new KeptMeter(),
  clock: fixedClock,
  spawn: spawnWriter,
});

async function call(): Promise<never> {
  for (;;) {
    const row = taskIn(INBOX_ID);
    const { outcome } = await store.write(createTask(ANYONE, row));
    // Straight to the pipe: what this process only holds in memory dies with it.
    if (outcome === "created") writeSync(1, `${row.id}\n`);
  }
}
await Promise.all(Array.from({ length: CALLERS }, call));
