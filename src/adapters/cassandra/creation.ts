import { text } from "./rows.ts";

/**
 * The key and the request that created a row: the cell `creation` of a task. Of the next task of a series, the one before
 * is the key.
 */
export interface Creation {
  readonly scope: string;
  readonly key: string;
  readonly owner: string;
}

/** @property by who created the task; null if that has no owner */
export type Made =
  | { readonly outcome: "created"; readonly by: string | null }
  | { readonly outcome: "missing" };

export function creationCell({ scope, key, owner }: Creation): string {
  return JSON.stringify([scope, key, owner]);
}

export function creationFrom(cell: string): Creation {
  const parsed: unknown = JSON.parse(cell);
  if (!Array.isArray(parsed)) throw new TypeError("a creation is not a list");
  const [scope, key, owner]: unknown[] = parsed;
  return { scope: text(scope), key: text(key), owner: text(owner) };
}
