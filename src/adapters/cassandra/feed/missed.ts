import type { ChangeEntry } from "../../../application/ports.ts";
import type { ChangeLog } from "./log.ts";
import { encodedPosition, type Position } from "./position.ts";
import type { Snapshot } from "./reader.ts";

/** Most changes told to a subscriber that comes back; with more it is better off reading everything again. */
export const MISSED_ENTRIES_MAX = 2_048;

/**
 * What a subscriber at `from` has not been told, out of what the running reader has dealt with. The reader's
 * undecided changes are left to it. To be called with a snapshot taken before the reading.
 * @returns undefined where it is more than {@link MISSED_ENTRIES_MAX}
 */
export async function missedSince(
  log: ChangeLog,
  epoch: string,
  from: Position,
  { writers }: Snapshot,
): Promise<readonly ChangeEntry[] | undefined> {
  const reads = writers.map(async ({ writer, head }) => {
    const after = from.told.get(writer) ?? 0;
    if (after >= head) return [];
    const rows = await log.after(writer, after, head, MISSED_ENTRIES_MAX + 1);
    return rows.filter(({ n }) => n <= head);
  });
  const rowsOf = await Promise.all(reads);
  if (rowsOf.reduce((sum, rows) => sum + rows.length, 0) > MISSED_ENTRIES_MAX) return undefined;
  const told = new Map(from.told);
  return writers.flatMap(({ writer, head, told: toldByReader, isUndecided }, index) => {
    // Beyond what the reader has told, a place to go on from would skip what is undecided.
    const pass = (n: number) => told.set(writer, Math.max(told.get(writer) ?? 0, Math.min(n, toldByReader)));
    const entries: ChangeEntry[] = [];
    for (const row of rowsOf[index] ?? []) {
      pass(row.n);
      if (row.change === undefined || row.state === "dropped" || isUndecided(row.n)) continue;
      entries.push({ ...row.change, position: encodedPosition(epoch, { at: from.at, told }) });
    }
    pass(head);
    return entries;
  });
}
