/**
 * The condition of a write on the row's version (RFC 9110, If-Match and If-None-Match on unsafe methods).
 * An absent part requires nothing; an empty `anyOf` can't be met.
 */
export interface Guard {
  readonly anyOf?: readonly number[];
  /** `"*"`: the row must not exist. */
  readonly noneOf?: readonly number[] | "*";
}

export const UNGUARDED: Guard = {};

/** Whether `guard` allows a write to an existing row of this version. */
export function guardHolds(guard: Guard, version: number): boolean {
  if (guard.anyOf && !guard.anyOf.includes(version)) return false;
  if (guard.noneOf === "*") return false;
  return !guard.noneOf?.includes(version);
}
