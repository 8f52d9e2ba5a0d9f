import { text } from "./rows.ts";

/** The key and the request that created a row: the cell `creation` of a task. */
export interface Creation {
  readonly scope: string;
  readonly key: string;
  readonly owner: string;
}

export function creationCell({ scope, key, owner }: Creation): string {
  return JSON.stringify([scope, key, owner]);
}

export function creationFrom(cell: string): Creation {
  const parsed: unknown = JSON.parse(cell);
  if (!Array.isArray(parsed)) throw new TypeError("a creation is not a list");
  const [scope, key, owner]: unknown[] = parsed;
  return { scope: text(scope), key: text(key), owner: text(owner) };
}
