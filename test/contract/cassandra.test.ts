import { afterAll, beforeAll } from "bun:test";
import { openCassandraStore } from "../../src/adapters/cassandra/store.ts";
import { fixedClock, KeptLog, KeptMeter } from "../adapters/sqlite/support.ts";
import { freshKeyspace, type Keyspace } from "../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../support/cassandra/shared.ts";
import { storeContract } from "./store.ts";

let keyspace: Keyspace;
beforeAll(async () => {
  keyspace = await freshKeyspace(await sharedCassandra());
}, CASSANDRA_START_DEADLINE_MS);
afterAll(() => keyspace?.[Symbol.asyncDispose]());

storeContract("Cassandra", (clock = fixedClock) =>
  openCassandraStore({
    settings: keyspace.settings,
    log: new KeptLog(),
    meter: new KeptMeter(),
    clock,
  }),
);
