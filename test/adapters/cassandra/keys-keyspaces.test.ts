import { freshKeyspaceIn } from "../../support/keyspaces/settings.ts";
import { sharedKeyspaces } from "../../support/keyspaces/shared.ts";
import { keysUnderFaults } from "./keys.ts";

keysUnderFaults("Amazon Keyspaces' stand-in", async () => freshKeyspaceIn(await sharedKeyspaces()), false);
