import { afterAll } from "bun:test";
import { type Keyspaces, startKeyspaces } from "../../support/keyspaces/keyspaces.ts";
import { freshKeyspaceIn } from "../../support/keyspaces/settings.ts";
import { keysUnderFaults } from "./keys.ts";

let keyspaces: Keyspaces;
keysUnderFaults(
  "Amazon Keyspaces' stand-in",
  async () => {
    keyspaces = await startKeyspaces({ schemaDelayMs: 50 });
    return freshKeyspaceIn(keyspaces);
  },
  false,
);
afterAll(() => keyspaces?.stop());
