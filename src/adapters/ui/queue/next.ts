import type { Model } from "../copy/model.ts";
import type { Entry } from "../copy/records.ts";

/**
 * The first entry that may be sent: of each row in order, so that one that waits for anything holds up those after it.
 * Only what was taken out of a change to be decided holds up nothing.
 * @param waiting ids of entries that need another one first
 */
export function nextEntry(model: Model, waiting: ReadonlySet<string>): Entry | undefined {
  const held = new Set<string>();
  for (const entry of model.queue.values()) {
    if (entry.state === "clash" && entry.clash?.kind === "changed") continue;
    if (held.has(entry.key)) continue;
    if (entry.state === "waiting" && !waiting.has(entry.id)) return entry;
    held.add(entry.key);
  }
  return undefined;
}
