import { openCassandraStore } from "../../../src/adapters/cassandra/store.ts";
import type { OpenStore } from "../../application/accounts/support.ts";
import type { Keyspace } from "../../support/cassandra/keyspace.ts";
import { KeptLog, KeptMeter } from "../sqlite/support.ts";

/** A store on a keyspace of its own, for the tests of accounts. */
export function openedOn(fresh: () => Promise<Keyspace>): OpenStore {
  return async (clock) => {
    const keyspace = await fresh();
    const [log, meter] = [new KeptLog(), new KeptMeter()];
    const { settings } = keyspace;
    const store = await openCassandraStore({ settings, log, meter, clock, allKnowMs: 0 });
    return { store, discard: () => keyspace[Symbol.asyncDispose]() };
  };
}
