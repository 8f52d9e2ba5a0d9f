import { wrappedRows } from "../../lib/wrap.ts";

/** Indent of continuation rows relative to the first, columns. */
const HANGING_COLUMNS = 2;
/** In a narrower terminal nothing is broken between words. */
const COLUMNS_MIN = 20;

/**
 * A line as rows of a terminal, broken between words and continued with an indent; the terminal breaks a word longer
 * than a row.
 * @param columns of the terminal; undefined: there is none, and the line stays whole
 */
export function wrapped(line: string, columns: number | undefined): string {
  if (columns === undefined || columns < COLUMNS_MIN || line.length <= columns) return line;
  const [margin = ""] = /^ *(?:\| )?/.exec(line) ?? [];
  const room = columns - margin.length;
  const rows = wrappedRows(line.slice(margin.length), room, room - HANGING_COLUMNS);
  return rows.map((row, index) => `${margin}${" ".repeat(index && HANGING_COLUMNS)}${row}`).join("\n");
}
