import { freshKeyspaceIn } from "../../support/keyspaces/keyspace.ts";
import { sharedKeyspaces } from "../../support/keyspaces/shared.ts";
import { expiryUnderFaults, REMOVES } from "./expired.ts";
import { keysUnderFaults } from "./keys.ts";
import { restorationsUnderFaults } from "./restorations.ts";

const fresh = async () => freshKeyspaceIn(await sharedKeyspaces());

keysUnderFaults("Amazon Keyspaces' stand-in", fresh, false);
restorationsUnderFaults("Amazon Keyspaces' stand-in", fresh);
expiryUnderFaults("Amazon Keyspaces' stand-in", fresh, REMOVES.byVersion);
