/**
 * What a write asks of the row's version (RFC 9110, If-Match and If-None-Match on unsafe methods).
 * An absent part asks nothing; an empty `anyOf` can't be met.
 */
export interface Guard {
  readonly anyOf?: readonly number[];
  /** `"*"`: there must be no row at all. */
  readonly noneOf?: readonly number[] | "*";
}

export const UNGUARDED: Guard = {};

/** Whether a write guarded by `guard` may happen to an existing row of this version. */
export function guardHolds(guard: Guard, version: number): boolean {
  if (guard.anyOf && !guard.anyOf.includes(version)) return false;
  if (guard.noneOf === "*") return false;
  return !guard.noneOf?.includes(version);
}
