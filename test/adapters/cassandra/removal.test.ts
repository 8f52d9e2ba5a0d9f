import { removalUnderFaults } from "../../application/accounts/removal.ts";
import { freshKeyspace } from "../../support/cassandra/keyspace.ts";
import { sharedCassandra } from "../../support/cassandra/shared.ts";
import { openedOn } from "./accounts.ts";

removalUnderFaults(
  "Cassandra",
  openedOn(async () => freshKeyspace(await sharedCassandra())),
);
