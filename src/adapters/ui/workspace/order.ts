import type { TaskRow } from "./types.ts";

/** The manual order: by rank, ties by id. As `domain/rank.ts`, without making objects: lists are long. */
export function compareRows(a: TaskRow, b: TaskRow): number {
  return compared(a.rank, b.rank) || compared(a.id ?? a.key, b.id ?? b.key);
}

/** By date, list, rank. */
export function compareDue(a: TaskRow, b: TaskRow): number {
  return compared(a.dueDate ?? "", b.dueDate ?? "") || compared(a.list, b.list) || compareRows(a, b);
}

/** By code unit. */
export function compared(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A row of a list as it was and as it is; undefined if it did not exist, or no longer does. */
export interface Change {
  readonly old: TaskRow | undefined;
  readonly row: TaskRow | undefined;
}

/** More changes than this at once, and the rows are sorted as a whole. */
const SINGLY_MAX = 10;

/** @param rows in this order, as before the changes. @returns other rows, in order */
export function rearranged(
  rows: readonly TaskRow[],
  changes: readonly Change[],
  compare: (a: TaskRow, b: TaskRow) => number,
): readonly TaskRow[] {
  if (changes.length > SINGLY_MAX) {
    const old = new Set(changes.map((change) => change.old));
    const added = changes.flatMap(({ row }) => row ?? []);
    return [...rows.filter((row) => !old.has(row)), ...added].sort(compare);
  }
  const next = rows.slice();
  for (const { old, row } of changes) {
    const at = old ? indexOf(next, old, compare) : -1;
    if (old && row && at >= 0 && compare(old, row) === 0) next[at] = row;
    else {
      if (at >= 0) next.splice(at, 1);
      if (row) next.splice(placeOf(next, row, compare), 0, row);
    }
  }
  return next;
}

function indexOf(
  rows: readonly TaskRow[],
  row: TaskRow,
  compare: (a: TaskRow, b: TaskRow) => number,
): number {
  const at = placeOf(rows, row, compare);
  return rows[at] === row ? at : rows.indexOf(row);
}

function placeOf(
  rows: readonly TaskRow[],
  row: TaskRow,
  compare: (a: TaskRow, b: TaskRow) => number,
): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = rows[middle];
    if (other && compare(other, row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
