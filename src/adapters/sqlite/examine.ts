import { openReader } from "./connection.ts";
import { rowOf, text } from "./rows.ts";
import { DamageError } from "./sqlite-errors.ts";

/**
 * Reads every page of the file while others use it: about a second for a gigabyte.
 * @throws if something is wrong with it
 */
export function examine(path: string): void {
  const db = openReader(path);
  try {
    const found = text(rowOf(db.query("PRAGMA quick_check(1)").get()).quick_check);
    if (found !== "ok") throw new DamageError(found);
  } finally {
    db.close();
  }
}
