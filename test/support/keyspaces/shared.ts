import { type Keyspaces, startKeyspaces } from "./keyspaces.ts";

const SCHEMA_DELAY_MS = 50;

const held = globalThis as { todosTestStandIn?: Promise<Keyspaces> };

/**
 * One stand-in for all the test files of this process that neither throttle it nor change its credentials, started
 * when the first one asks. It ends with the process.
 */
export function sharedKeyspaces(): Promise<Keyspaces> {
  held.todosTestStandIn ??= startKeyspaces({ schemaDelayMs: SCHEMA_DELAY_MS });
  return held.todosTestStandIn;
}
