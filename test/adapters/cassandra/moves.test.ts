import { freshKeyspace } from "../../support/cassandra/keyspace.ts";
import { sharedCassandra } from "../../support/cassandra/shared.ts";
import { movesUnderFaults } from "./moves.ts";

const CHECKED_MS = 4_000;

movesUnderFaults("Cassandra", async () => freshKeyspace(await sharedCassandra()), CHECKED_MS);
