import { removalUnderFaults } from "../../application/accounts/removal.ts";
import { freshKeyspaceIn } from "../../support/keyspaces/keyspace.ts";
import { sharedKeyspaces } from "../../support/keyspaces/shared.ts";
import { openedOn } from "./accounts.ts";

removalUnderFaults(
  "Amazon Keyspaces' stand-in",
  openedOn(async () => freshKeyspaceIn(await sharedKeyspaces())),
);
