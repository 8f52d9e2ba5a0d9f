import { wrappedRows } from "../../lib/wrap.ts";

/** How much further in than its first row a line goes on in the next, columns. */
const HANGING_COLUMNS = 2;
/** In a terminal narrower than this nothing is broken between words. */
const COLUMNS_MIN = 20;

/**
 * A line as the rows of a terminal, broken between words and going on a little further in; a word that is
 * longer than a row is left to the terminal.
 * @param columns of the terminal; undefined: there is none, and a line stays a line
 */
export function wrapped(line: string, columns: number | undefined): string {
  if (columns === undefined || columns < COLUMNS_MIN || line.length <= columns) return line;
  const [margin = ""] = /^ *(?:\| )?/.exec(line) ?? [];
  const room = columns - margin.length;
  const rows = wrappedRows(line.slice(margin.length), room, room - HANGING_COLUMNS);
  return rows.map((row, index) => `${margin}${" ".repeat(index && HANGING_COLUMNS)}${row}`).join("\n");
}
