/** What a statement does, as far as it matters for doing it twice. */
export type Statement =
  /** Adds one column, for which CQL knows no IF NOT EXISTS everywhere. */
  | {
      readonly kind: "add-column";
      readonly cql: string;
      readonly table: string;
      readonly column: string;
      readonly type: string;
    }
  /** Makes or changes a table; harmless when repeated. */
  | { readonly kind: "table"; readonly cql: string; readonly table: string }
  /** Writes a row by a lightweight transaction; harmless when repeated. */
  | { readonly kind: "row"; readonly cql: string };

const ADD_COLUMN = /^ALTER TABLE (\w+) ADD (\w+) (\w[^,]*?)(?: static)?$/i;
const TABLE = /^(?:CREATE TABLE IF NOT EXISTS|ALTER TABLE) (\w+)\b(?! (?:ADD|DROP|ALTER|RENAME)\b)/i;
const ROW = /^INSERT INTO .* IF NOT EXISTS$/i;
/** A comment, a text, or the end of a statement. Texts come whole, so that nothing in them counts. */
const TOKENS = /--[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|;/g;

/**
 * Takes a migration's text apart.
 * @throws SyntaxError for a statement that could do harm when it is run again, or that removes something
 */
export function statementsOf(text: string): readonly Statement[] {
  const cut = text.replace(TOKENS, (token) => (token === ";" ? "\0" : token.startsWith("'") ? token : " "));
  return cut
    .split("\0")
    .map(oneLine)
    .filter((cql) => cql !== "")
    .map(classified);
}

function classified(cql: string): Statement {
  const added = ADD_COLUMN.exec(cql);
  if (added)
    return {
      kind: "add-column",
      cql,
      table: group(added, 1),
      column: group(added, 2),
      type: group(added, 3),
    };
  const table = TABLE.exec(cql);
  if (table) return { kind: "table", cql, table: group(table, 1) };
  if (ROW.test(cql)) return { kind: "row", cql };
  throw new SyntaxError(`a migration may only add, and every statement must bear repetition: ${cql}`);
}

/** White space between words is one space; texts keep theirs. */
function oneLine(cql: string): string {
  return cql.replace(/'(?:[^']|'')*'|\s+/g, (part) => (part.startsWith("'") ? part : " ")).trim();
}

function group(match: RegExpExecArray, index: number): string {
  return match[index] ?? "";
}
