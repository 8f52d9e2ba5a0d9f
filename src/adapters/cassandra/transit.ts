import { text } from "./rows.ts";

/**
 * What the cell `transit` of a task says. A move writes the whole task to its new list, `from` the old one, where nobody
 * sees it yet; then it marks the old row: `to` the new list. With that mark the task has moved.
 */
export interface Transit {
  readonly way: "from" | "to";
  /** The list at the other end. */
  readonly list: string;
  /** A UUIDv7; another one for each copy that is sent, so that a copy which arrives late belongs to no mark. */
  readonly move: string;
}

export function transitCell({ way, list, move }: Transit): string {
  return JSON.stringify([way, list, move]);
}

export function transitFrom(cell: unknown): Transit | undefined {
  if (cell === null || cell === undefined) return undefined;
  const parsed: unknown = JSON.parse(text(cell));
  if (!Array.isArray(parsed)) throw new TypeError("a transit is not a list");
  const [way, list, move]: unknown[] = parsed;
  if (way !== "from" && way !== "to") throw new TypeError("a transit has no direction");
  return { way, list: text(list), move: text(move) };
}

/** When a move's copy was made, milliseconds since the Unix epoch. */
export function movedAt({ move }: Transit): number {
  return Number.parseInt(move.slice(0, 8) + move.slice(9, 13), 16);
}

/** @param checklistId the list of the row that is coming */
export function isMarkOf(coming: Transit, mark: Transit, checklistId: string): boolean {
  return mark.way === "to" && mark.list === checklistId && mark.move === coming.move;
}
