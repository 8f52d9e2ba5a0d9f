import { freshKeyspace } from "../../support/cassandra/keyspace.ts";
import { sharedCassandra } from "../../support/cassandra/shared.ts";
import { keysUnderFaults } from "./keys.ts";

keysUnderFaults("Cassandra", async () => freshKeyspace(await sharedCassandra()), true);
