import { freshKeyspaceIn } from "../../support/keyspaces/keyspace.ts";
import { sharedKeyspaces } from "../../support/keyspaces/shared.ts";
import { seriesUnderFaults } from "./series.ts";

seriesUnderFaults("Amazon Keyspaces' stand-in", async () => freshKeyspaceIn(await sharedKeyspaces()));
