import { afterAll } from "bun:test";
import { type Keyspaces, startKeyspaces } from "../../support/keyspaces/keyspaces.ts";
import { freshKeyspaceIn } from "../../support/keyspaces/settings.ts";
import { seriesUnderFaults } from "./series.ts";

let keyspaces: Keyspaces;
seriesUnderFaults("Amazon Keyspaces' stand-in", async () => {
  keyspaces = await startKeyspaces({ schemaDelayMs: 50 });
  return freshKeyspaceIn(keyspaces);
});
afterAll(() => keyspaces?.stop());
