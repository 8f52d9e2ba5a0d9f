import type { BenchSettings } from "./control.ts";
import { DEFAULTS, type Keyspaces, startKeyspaces } from "./keyspaces.ts";

/** Many tests create tables: a fraction of the usual delay is enough to detect code that does not wait. */
const SCHEMA_DELAY_MS = 20;

const held = globalThis as { todosTestStandIn?: Promise<Keyspaces> };

/**
 * One stand-in for all the test files of this process, started when the first one asks; each has keyspaces of its own.
 * Its settings, credentials included, are as new for every file that asks. It ends with the process.
 */
export async function sharedKeyspaces(changes: Partial<BenchSettings> = {}): Promise<Keyspaces> {
  held.todosTestStandIn ??= startKeyspaces();
  const keyspaces = await held.todosTestStandIn;
  await keyspaces.set({ ...DEFAULTS, schemaDelayMs: SCHEMA_DELAY_MS, ...changes });
  return keyspaces;
}
