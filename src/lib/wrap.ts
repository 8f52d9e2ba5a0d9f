/**
 * A text as rows of at most `columns`, broken between words. A word longer than a row gets its own row.
 * @param laterColumns of every row except the first, if they have less room
 */
export function wrappedRows(text: string, columns: number, laterColumns = columns): string[] {
  const [first = "", ...words] = text.split(" ");
  const rows = [first];
  for (const word of words) {
    const longer = `${rows.at(-1)} ${word}`;
    if (longer.length <= (rows.length === 1 ? columns : laterColumns)) rows[rows.length - 1] = longer;
    else rows.push(word);
  }
  return rows;
}
