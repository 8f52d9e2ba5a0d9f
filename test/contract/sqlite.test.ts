import { afterAll } from "bun:test";
import { openSqliteStore } from "../../src/adapters/sqlite/store.ts";
import { spawnWriter } from "../../src/commands/serve/spawn-writer.ts";
import { fixedClock, KeptLog, KeptMeter, scratchFolder } from "../adapters/sqlite/support.ts";
import { memberContract } from "./members.ts";
import { recordContract } from "./records.ts";
import { storeContract } from "./store.ts";

const folder = scratchFolder();
afterAll(() => folder[Symbol.dispose]());

const open = (clock = fixedClock) =>
  openSqliteStore({
    path: folder.file(`${crypto.randomUUID()}.db`),
    log: new KeptLog(),
    meter: new KeptMeter(),
    clock,
    spawn: spawnWriter,
  });

storeContract("SQLite", open);
recordContract(open);
memberContract(open);
