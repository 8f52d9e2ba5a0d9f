import { afterAll, beforeAll } from "bun:test";
import { rulesOf } from "../../src/adapters/cassandra/flavour.ts";
import { openCassandraStore } from "../../src/adapters/cassandra/store.ts";
import { fixedClock, KeptLog, KeptMeter } from "../adapters/sqlite/support.ts";
import type { Keyspace } from "../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS } from "../support/cassandra/shared.ts";
import { freshKeyspaceIn } from "../support/keyspaces/keyspace.ts";
import { sharedKeyspaces } from "../support/keyspaces/shared.ts";
import { memberContract } from "./members.ts";
import { recordContract } from "./records.ts";
import { storeContract } from "./store.ts";

let keyspace: Keyspace;
beforeAll(async () => {
  keyspace = await freshKeyspaceIn(await sharedKeyspaces());
}, CASSANDRA_START_DEADLINE_MS);
afterAll(() => keyspace?.[Symbol.asyncDispose]());

const open = (clock = fixedClock) =>
  openCassandraStore({
    settings: keyspace.settings,
    log: new KeptLog(),
    meter: new KeptMeter(),
    clock,
    allKnowMs: 0,
  });

storeContract(
  "Amazon Keyspaces' stand-in",
  open,
  rulesOf("keyspaces").ownTimestamps ? "held off" : "carried out",
);
recordContract(open);
memberContract(open);
