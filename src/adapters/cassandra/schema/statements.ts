/** What a statement does, as far as it matters for repeating it. */
export type Statement =
  /** Adds columns; not every CQL service supports IF NOT EXISTS for that. */
  | {
      readonly kind: "add-columns";
      readonly cql: string;
      readonly table: string;
      readonly columns: readonly AddedColumn[];
    }
  /** Creates or changes a table; harmless when repeated. */
  | { readonly kind: "table"; readonly cql: string; readonly table: string }
  /** Writes a row by a lightweight transaction; harmless when repeated. */
  | { readonly kind: "row"; readonly cql: string };

export interface AddedColumn {
  readonly name: string;
  readonly type: string;
  readonly isStatic: boolean;
}

const ADD_COLUMNS = /^ALTER TABLE (\w+) ADD (?:\((.+)\)|(\w+ \w[^,]*))$/i;
const COLUMN = /^(\w+) (\w.*?)( static)?$/i;
/** Between two columns, and not between the types in `map<text, int>`. */
const COLUMN_SEPARATOR = /,(?![^<]*>)/;
const TABLE = /^(?:CREATE TABLE IF NOT EXISTS|ALTER TABLE) (\w+)\b(?! (?:ADD|DROP|ALTER|RENAME)\b)/i;
const ROW = /^INSERT INTO .* IF NOT EXISTS$/i;
/**
 * A comment, a text, or the end of a statement. Texts are matched whole, so that nothing in them counts.
 */
const TOKENS = /--[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|;/g;

/**
 * Parses a migration's text.
 * @throws SyntaxError for a statement that could do harm when run again, or that removes something
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
  const added = ADD_COLUMNS.exec(cql);
  const columns = added && columnsIn(added[2] ?? group(added, 3));
  if (columns) return { kind: "add-columns", cql, table: group(added, 1), columns };
  const table = TABLE.exec(cql);
  if (table) return { kind: "table", cql, table: group(table, 1) };
  if (ROW.test(cql)) return { kind: "row", cql };
  throw new SyntaxError(`a migration may only add, and every statement must be safe to repeat: ${cql}`);
}

/** @returns undefined if one of them is not a column */
function columnsIn(list: string): AddedColumn[] | undefined {
  const found = list.split(COLUMN_SEPARATOR).map((text) => COLUMN.exec(text.trim()));
  if (found.some((match) => match === null)) return undefined;
  return found.flatMap((match) =>
    match ? [{ name: group(match, 1), type: group(match, 2), isStatic: match[3] !== undefined }] : [],
  );
}

/** The statement for some of its columns: after an interruption, the others already exist. */
export function addingOnly(
  { table, cql, columns }: Statement & { kind: "add-columns" },
  missing: readonly AddedColumn[],
): string {
  if (missing.length === columns.length) return cql;
  const list = missing.map(({ name, type, isStatic }) => `${name} ${type}${isStatic ? " static" : ""}`);
  return `ALTER TABLE ${table} ADD (${list.join(", ")})`;
}

/** White space between words becomes one space; texts keep theirs. */
function oneLine(cql: string): string {
  return cql.replace(/'(?:[^']|'')*'|\s+/g, (part) => (part.startsWith("'") ? part : " ")).trim();
}

function group(match: RegExpExecArray, index: number): string {
  return match[index] ?? "";
}
