export const TRASH_DAYS_DEFAULT = 30;
export const TRASH_DAYS_MAX = 3_650;
const DAY_MS = 86_400_000;

/** A deleted row that can be restored. */
export interface Trashed<T> {
  /** As it was, with the version that its deletion gave it. */
  readonly row: T;
  /** Milliseconds since the Unix epoch. */
  readonly deletedAt: number;
}

/** How long a row is in the trash, milliseconds since the Unix epoch; at `until` it is removed. */
export interface Stay {
  readonly deletedAt: number;
  readonly until: number;
}

/** @returns undefined for 0 days: what is deleted is gone at once */
export function stayInTrash(days: number, now: number): Stay | undefined {
  return days === 0 ? undefined : { deletedAt: now, until: now + days * DAY_MS };
}

/** The row after it was put into the trash, or taken out of it: a write that changes nothing of what it says. */
export function rewritten<T extends { readonly version: number }>(row: T): T {
  return { ...row, version: row.version + 1 };
}
