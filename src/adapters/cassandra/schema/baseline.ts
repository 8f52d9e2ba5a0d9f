import { StoreOpenError } from "../../../application/store-open-error.ts";
import type { Session } from "../session.ts";
import { type Columns, columnsOf } from "./definitions.ts";

/** The tables of the service this one descends from: kind and type of each column. */
const EXPECTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
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

export const BASELINE_VERSION = 1;

/** @throws StoreOpenError that names every table and column that is not as expected */
export async function requireBaseline(session: Session, keyspace: string): Promise<void> {
  const differences = differencesFrom(await columnsOf(session, keyspace));
  if (differences.length === 0) return;
  throw new StoreOpenError(
    `the keyspace ${keyspace} can't be taken over: ${differences.join("; ")}; name the right one with CASSANDRA_KEYSPACE, or, for an empty one, run: todos migrate`,
  );
}

/** Tables of ours that somebody else made and filled must not be changed unasked. @throws StoreOpenError */
export async function refuseForeignRows(
  session: Session,
  keyspace: string,
  tables: ReadonlySet<string>,
): Promise<void> {
  for (const table of Object.keys(EXPECTED).filter((name) => tables.has(name))) {
    const rows = await session.rowsUpTo(`SELECT * FROM ${table} LIMIT 1`, [], 1);
    if (rows.length === 0) continue;
    throw new StoreOpenError(
      `the keyspace ${keyspace} has a table ${table} with rows in it, and no record of any migration; to take over the data of the service this one descends from, run: todos migrate baseline`,
    );
  }
}

function differencesFrom(columns: Columns): string[] {
  return Object.entries(EXPECTED).flatMap(([table, expected]) => {
    const found = columns.get(table);
    if (!found) return [`there is no table ${table}`];
    return Object.entries(expected).flatMap(([name, wanted]) => {
      const column = found.get(name);
      const seen = column && `${column.kind} ${column.type}`;
      if (seen === wanted) return [];
      return [`${table}.${name} is ${seen ?? "missing"}, not ${wanted}`];
    });
  });
}
