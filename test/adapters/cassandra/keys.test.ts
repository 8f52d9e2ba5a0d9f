import { freshKeyspace } from "../../support/cassandra/keyspace.ts";
import { sharedCassandra } from "../../support/cassandra/shared.ts";
import { expiryUnderFaults, REMOVES } from "./expired.ts";
import { keysUnderFaults } from "./keys.ts";
import { restorationsUnderFaults } from "./restorations.ts";

const fresh = async () => freshKeyspace(await sharedCassandra());

keysUnderFaults("Cassandra", fresh, true);
restorationsUnderFaults("Cassandra", fresh);
expiryUnderFaults("Cassandra", fresh, REMOVES.byTime);
