import { afterAll, beforeAll } from "bun:test";
import { openCassandraStore } from "../../src/adapters/cassandra/store.ts";
import { fixedClock, KeptLog, KeptMeter } from "../adapters/sqlite/support.ts";
import { freshKeyspace, type Keyspace } from "../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../support/cassandra/shared.ts";
import { memberContract } from "./members.ts";
import { recordContract } from "./records.ts";
import { storeContract } from "./store.ts";

let keyspace: Keyspace;
beforeAll(async () => {
  keyspace = await freshKeyspace(await sharedCassandra());
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

storeContract("Cassandra", open);
recordContract(open);
memberContract(open);
