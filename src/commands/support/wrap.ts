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
  const [first = "", ...words] = line.slice(margin.length).split(" ");
  const rows = [`${margin}${first}`];
  for (const word of words) {
    const longer = `${rows.at(-1)} ${word}`;
    if (longer.length <= columns) rows[rows.length - 1] = longer;
    else rows.push(`${margin}${" ".repeat(HANGING_COLUMNS)}${word}`);
  }
  return rows.join("\n");
}
