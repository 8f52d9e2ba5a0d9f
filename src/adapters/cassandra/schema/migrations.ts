import { textsIn } from "../../../embedded.ts" with { type: "macro" };
import { type Statement, statementsOf } from "./statements.ts";

/** One file of migrations/cassandra. `version` is its number; `checksum` the SHA-256 of its text, hex. */
export interface CassandraMigration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly statements: readonly Statement[];
  /** Programs whose newest migration is this one or a later one work on a keyspace that has this migration. */
  readonly readableFrom: number;
}

/**
 * Each change of a table takes Amazon Keyspaces up to minutes. These migrations add columns one by one and stay
 * unchanged.
 */
const ONE_BY_ONE_UNTIL = 9;
/** A line `-- readable-from: 3` in a file says that programs which know migration 3 still work. */
const READABLE_FROM = /^-- readable-from: (\d+)$/m;

/** Every migration this binary knows, in order and without gaps. */
export const CASSANDRA_MIGRATIONS: readonly CassandraMigration[] = textsIn("migrations/cassandra").map(
  ([name, text]) => cassandraMigration(name, text),
);

/**
 * @param name the file's name without its extension; it starts with the number
 * @throws SyntaxError for a text that does harm when run again, or takes longer than necessary
 */
export function cassandraMigration(name: string, text: string): CassandraMigration {
  const version = Number.parseInt(name, 10);
  const statements = statementsOf(text);
  if (version > ONE_BY_ONE_UNTIL) requireOneChangeATable(name, statements);
  return {
    version,
    name,
    checksum: new Bun.CryptoHasher("sha256").update(text).digest("hex"),
    statements,
    readableFrom: Number(READABLE_FROM.exec(text)?.[1] ?? version),
  };
}

function requireOneChangeATable(name: string, statements: readonly Statement[]): void {
  const tables = statements.flatMap((each) => (each.kind === "add-columns" ? [each.table] : []));
  const twice = tables.find((table, index) => tables.indexOf(table) !== index);
  if (twice === undefined) return;
  throw new SyntaxError(
    `${name} alters ${twice} more than once; write ALTER TABLE ${twice} ADD (one int, two text)`,
  );
}
