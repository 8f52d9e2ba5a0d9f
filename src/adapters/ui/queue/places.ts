import { compareRanked, type Neighbours, type Ranked, rankBetween } from "../../../domain/rank.ts";
import type { Draft } from "../copy/draft.ts";
import type { TaskRecord } from "../copy/records.ts";
import type { Place } from "../workspace/types.ts";
import { shownTask } from "./shown.ts";

/** The highest digit of a rank. The service's ranks begin with the time of an id, and are below it. */
const ABOVE_ALL = "~";

/**
 * A place for what comes last: below whatever the service has ranked, also since this row was made, and if the clocks of
 * both differ.
 */
export function lastRank(draft: Draft): string {
  const ms = draft.nowMs.toString(16).padStart(12, "0");
  return `${ABOVE_ALL}${ms.slice(0, 8)}-${ms.slice(8)}-7${String(draft.nextSeq()).padStart(16, "0")}`;
}

/** A rank to show until the service gives one. */
export function placedRank(draft: Draft, place: Place): string {
  const neighbours: Neighbours = {
    ...optional("after", rankedOf(draft, place.after)),
    ...optional("before", rankedOf(draft, place.before)),
  };
  const placed = rankBetween(neighbours, draft.nowMs, Math.random);
  if (placed.outcome === "placed") return placed.rank;
  // Neighbours that have changed places: near one of them, until the service says.
  return neighbours.after?.rank ?? neighbours.before?.rank ?? lastRank(draft);
}

/** Places of rows that are not sent yet, next to one that the service has ranked: they stay there. */
export function placeAgain(draft: Draft, neighbour: string): void {
  for (const { key, place } of draft.rows("queue")) {
    const row = place && (place.after === neighbour || place.before === neighbour) && draft.task(key);
    if (row) draft.putTask({ ...row, rank: placedRank(draft, place) });
  }
}

/** The neighbours that a task has now, as shown. */
export function placeOf(draft: Draft, key: string, list: string): Place {
  let [after, before]: (Ranked | undefined)[] = [];
  const own = rankedOf(draft, key);
  if (!own) return { after: null, before: null };
  for (const row of draft.rows("tasks")) {
    const other = row.key === key ? undefined : rankedIn(draft, row, list);
    if (!other) continue;
    if (compareRanked(other, own) < 0) after = !after || compareRanked(after, other) < 0 ? other : after;
    else before = !before || compareRanked(before, other) > 0 ? other : before;
  }
  return { after: after ? draft.keyOf(after.id) : null, before: before ? draft.keyOf(before.id) : null };
}

function rankedIn(draft: Draft, row: TaskRecord, list: string): Ranked | undefined {
  const entries = draft.entriesOf(row.key);
  // Nearly all rows: there may be many.
  if (row.server && entries.length === 0) {
    return row.list === list && !row.gone ? { id: row.id ?? row.key, rank: row.server.rank } : undefined;
  }
  const shown = shownTask(row, entries, () => undefined);
  return shown?.list === list ? { id: shown.id ?? shown.key, rank: shown.rank } : undefined;
}

function rankedOf(draft: Draft, key: string | null): Ranked | undefined {
  const row = key === null ? undefined : draft.task(key);
  const shown = row && shownTask(row, draft.entriesOf(row.key), () => undefined);
  return shown && { id: shown.id ?? shown.key, rank: shown.rank };
}

function optional<K extends string>(name: K, value: Ranked | undefined): { readonly [P in K]?: Ranked } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [P in K]?: Ranked };
}
