import { freshKeyspace } from "../../support/cassandra/keyspace.ts";
import { sharedCassandra } from "../../support/cassandra/shared.ts";
import { seriesUnderFaults } from "./series.ts";

seriesUnderFaults("Cassandra", async () => freshKeyspace(await sharedCassandra()));
