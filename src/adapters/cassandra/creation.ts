import { text } from "./rows.ts";

/**
 * The key and the request that created a row: the cell `creation` of a task. Of the next task of a series, the one before
 * is the key. The cell `restoration` says the same of a row that was in the trash.
 */
export interface Creation {
  readonly scope: string;
  readonly key: string;
  readonly owner: string;
  /** The id in the key, where that is not the row's. */
  readonly id?: string;
}

/** @property by who created the task; null if that has no owner */
export type Made =
  | { readonly outcome: "created"; readonly by: string | null }
  | { readonly outcome: "missing" };

export function creationCell({ scope, key, owner, id }: Creation): string {
  return JSON.stringify([scope, key, owner, ...(id === undefined ? [] : [id])]);
}

export function creationFrom(cell: string): Creation {
  const parsed: unknown = JSON.parse(cell);
  if (!Array.isArray(parsed)) throw new TypeError("a creation is not a list");
  const [scope, key, owner, id]: unknown[] = parsed;
  const known = { scope: text(scope), key: text(key), owner: text(owner) };
  return id === undefined ? known : { ...known, id: text(id) };
}
