import { StoreOpenError } from "../../../application/store-open-error.ts";
import type { Session } from "../session.ts";
import { type Column, type Columns, columnsOf } from "./definitions.ts";

/** Kind and type of each column. */
type Shape = Readonly<Record<string, string>>;

/** The tables that the Java original's stack creates. */
const EXPECTED: Readonly<Record<string, Shape>> = {
  checklist: {
    id: "partition_key text",
    name: "regular text",
    created_at: "regular timestamp",
    updated_at: "regular timestamp",
  },
  todo: {
    checklist_id: "partition_key text",
    id: "clustering text",
    task: "regular text",
    completed: "regular boolean",
    created_at: "regular timestamp",
    updated_at: "regular timestamp",
  },
};

/** The one table that the original creates without its stack. */
const MADE_BY_ITSELF: Shape = { id: "partition_key uuid", name: "regular text" };

export const BASELINE_VERSION = 1;

/** Whether the keyspace is one that the Java original created without its stack: it can only be copied. */
export function isOfOriginalItself(columns: Columns): boolean {
  const checklist = columns.get("checklist");
  if (!checklist || columns.has("todo")) return false;
  return (
    checklist.size === Object.keys(MADE_BY_ITSELF).length &&
    differencesOf("checklist", checklist, MADE_BY_ITSELF).length === 0
  );
}

/** @throws StoreOpenError that names every table and column that is not as expected */
export async function requireBaseline(session: Session, keyspace: string): Promise<void> {
  const columns = await columnsOf(session, keyspace);
  if (isOfOriginalItself(columns)) throw new StoreOpenError(toBeCopied(keyspace));
  const differences = Object.entries(EXPECTED).flatMap(([table, expected]) => {
    const found = columns.get(table);
    return found ? differencesOf(table, found, expected) : [`there is no table ${table}`];
  });
  if (differences.length === 0) return;
  throw new StoreOpenError(
    `the keyspace ${keyspace} can't be taken over: ${differences.join("; ")}; name the right one with CASSANDRA_KEYSPACE, or, for an empty one, run: todos migrate`,
  );
}

/**
 * Tables with our names that another program created and filled must not be changed unasked, and those with another
 * schema can't be ours.
 * @returns why a keyspace without a record of migrations can't be migrated, if so
 */
export async function foreignProblem(session: Session, keyspace: string): Promise<string | undefined> {
  const columns = await columnsOf(session, keyspace);
  if (isOfOriginalItself(columns)) return toBeCopied(keyspace);
  const there = Object.entries(EXPECTED).flatMap(([table, expected]) => {
    const found = columns.get(table);
    return found ? [{ table, differences: differencesOf(table, found, expected) }] : [];
  });
  const differences = there.flatMap((each) => each.differences);
  if (differences.length > 0) {
    return `the keyspace ${keyspace} has tables of another program: ${differences.join("; ")}; name another keyspace with CASSANDRA_KEYSPACE`;
  }
  for (const { table } of there) {
    const rows = await session.rowsUpTo(`SELECT * FROM ${table} LIMIT 1`, [], 1);
    if (rows.length === 0) continue;
    return `the keyspace ${keyspace} has a table ${table} with rows in it, and no record of any migration; to take over the data of the Java original, run: todos migrate baseline`;
  }
  return undefined;
}

function toBeCopied(keyspace: string): string {
  return `the keyspace ${keyspace} has the table that the Java original creates without its stack: checklist.id is a uuid, and the type of a key can't be changed; copy it into a file with: todos copy --from cassandra:${keyspace} --to sqlite:todos.db (or --to cassandra:OTHER, once todos migrate --cassandra-keyspace OTHER has made that)`;
}

function differencesOf(table: string, found: ReadonlyMap<string, Column>, expected: Shape): string[] {
  return Object.entries(expected).flatMap(([name, wanted]) => {
    const column = found.get(name);
    const seen = column && `${column.kind} ${column.type}`;
    return seen === wanted ? [] : [`${table}.${name} is ${seen ?? "missing"}, not ${wanted}`];
  });
}
