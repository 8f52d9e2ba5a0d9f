import { afterAll } from "bun:test";
import { openSqliteStore } from "../../src/adapters/sqlite/store.ts";
import { spawnWriter } from "../../src/commands/serve/spawn-writer.ts";
import { fixedClock, KeptLog, KeptMeter, scratchFolder } from "../adapters/sqlite/support.ts";
import { storeContract } from "./store.ts";

const folder = scratchFolder();
afterAll(() => folder[Symbol.dispose]());

storeContract("SQLite", (clock = fixedClock) =>
  openSqliteStore({
    path: folder.file(`${crypto.randomUUID()}.db`),
    log: new KeptLog(),
    meter: new KeptMeter(),
    clock,
    spawn: spawnWriter,
  }),
);
