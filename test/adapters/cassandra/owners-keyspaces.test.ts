import { freshKeyspaceIn } from "../../support/keyspaces/keyspace.ts";
import { sharedKeyspaces } from "../../support/keyspaces/shared.ts";
import { ownersUnderFaults } from "./owners.ts";

ownersUnderFaults("Amazon Keyspaces' stand-in", async () => freshKeyspaceIn(await sharedKeyspaces()));
