import type { ChangeEntry } from "../../../application/ports.ts";
import type { ChangeLog, Logged } from "./log.ts";
import { encodedPosition, type Position } from "./position.ts";
import type { Snapshot, WriterSnapshot } from "./reader.ts";

/** Most changes sent to a returning subscriber; with more it is faster to read everything again. */
export const MISSED_ENTRIES_MAX = 2_048;

/**
 * What a subscriber at `from` has missed of what the running reader has processed. The reader handles its undecided
 * changes. Call it with a snapshot taken before the read.
 * @returns undefined if it is more than {@link MISSED_ENTRIES_MAX}
 */
export async function missedSince(
  log: ChangeLog,
  epoch: string,
  from: Position,
  { writers }: Snapshot,
): Promise<readonly ChangeEntry[] | undefined> {
  const rowsOf = await Promise.all(writers.map((writer) => missedOf(log, from, writer)));
  if (rowsOf.reduce((sum, rows) => sum + rows.length, 0) > MISSED_ENTRIES_MAX) return undefined;
  const told = new Map(from.told);
  return writers.flatMap(({ writer, head, told: toldByReader, isUndecided }, index) => {
    const rows = rowsOf[index] ?? [];
    // Beyond what the reader has sent, a place to continue from would skip undecided changes.
    const pass = (n: number) => {
      const already = told.get(writer) ?? 0;
      told.delete(writer);
      told.set(writer, Math.max(already, Math.min(n, toldByReader)));
    };
    const entries: ChangeEntry[] = [];
    for (const row of rows) {
      pass(row.n);
      if (row.change === undefined || row.state === "dropped" || isUndecided(row.n)) continue;
      entries.push({ ...row.change, position: encodedPosition(epoch, { ...from, told }) });
    }
    if (rows.length > 0) pass(head);
    return entries;
  });
}

async function missedOf(
  log: ChangeLog,
  { told, since }: Position,
  { writer, head, newestAt, slackMs }: WriterSnapshot,
): Promise<readonly Logged[]> {
  const after = told.get(writer);
  const limit = MISSED_ENTRIES_MAX + 1;
  if (after === undefined) {
    const from = since - slackMs;
    return newestAt < from ? [] : log.since(writer, head, from, limit);
  }
  if (after >= head) return [];
  return (await log.after(writer, after, head, limit)).filter(({ n }) => n <= head);
}
