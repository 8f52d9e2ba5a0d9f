import { compareRanked } from "../../../domain/rank.ts";
import type { Draft } from "../copy/draft.ts";
import type { Entry, TaskRecord } from "../copy/records.ts";
import type { Place } from "../workspace/types.ts";

/** Ids of neighbours, as the service takes them. */
export interface Position {
  readonly after: string | null;
  readonly before: string | null;
}

interface Neighbour {
  readonly id: string;
  readonly rank: string;
}

/**
 * The place by ids of the service. Where a neighbour has gone, or both have changed places, the other one decides; where
 * none is left, the list's end.
 */
export function positionFor(draft: Draft, list: string, key: string, place: Place): Position {
  const after = neighbour(draft, list, place.after);
  const before = neighbour(draft, list, place.before);
  const isOrdered = !after || !before || compareRanked(after, before) < 0;
  const knowsAfter = place.after === null || after !== undefined;
  const knowsBefore = place.before === null || before !== undefined;
  if (knowsAfter && knowsBefore && isOrdered) return { after: after?.id ?? null, before: before?.id ?? null };
  const rows = rowsOf(draft, list, key);
  if (after) {
    const next = rows.find((row) => compareRanked(row, after) > 0);
    return { after: after.id, before: next?.id ?? null };
  }
  if (before) {
    const previous = rows.findLast((row) => compareRanked(row, before) < 0);
    return { after: previous?.id ?? null, before: before.id };
  }
  if (knowsAfter) return { after: null, before: rows[0]?.id ?? null };
  return { after: rows.at(-1)?.id ?? null, before: null };
}

function neighbour(draft: Draft, list: string, key: string | null): Neighbour | undefined {
  const row = key === null ? undefined : draft.task(key);
  if (row?.id === undefined || !row.server || row.list !== list || isGoneThere(draft, row)) return undefined;
  return { id: row.id, rank: row.server.rank };
}

/** What is deleted here stays a neighbour until that is sent: if it is undone, the row comes back to its place. */
function isGoneThere(draft: Draft, { key, gone }: TaskRecord): boolean {
  const isSent = ({ act, firstSentAt }: Entry) => act !== "delete" || firstSentAt !== undefined;
  return gone !== undefined && (gone.by === "elsewhere" || draft.entriesOf(key).every(isSent));
}

/** In the service's order. */
function rowsOf(draft: Draft, list: string, except: string): readonly Neighbour[] {
  return [...draft.tasksOf(list)]
    .flatMap((row) => (row.key === except ? [] : (neighbour(draft, list, row.key) ?? [])))
    .sort(compareRanked);
}
