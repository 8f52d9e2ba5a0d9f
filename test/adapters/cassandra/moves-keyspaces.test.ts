import { freshKeyspaceIn } from "../../support/keyspaces/keyspace.ts";
import { sharedKeyspaces } from "../../support/keyspaces/shared.ts";
import { FULL_SIZE } from "../../support/size.ts";
import { movesUnderFaults } from "./moves.ts";

const CHECKED_MS = FULL_SIZE ? 4_000 : 1_000;

movesUnderFaults(
  "Amazon Keyspaces' stand-in",
  async () => freshKeyspaceIn(await sharedKeyspaces()),
  CHECKED_MS,
);
