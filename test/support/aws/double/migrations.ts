import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskDefinition } from "./ecs/definitions.ts";
import { type Fields, fieldsOf, recordsOf, textOf } from "./fields.ts";
import type { World } from "./world.ts";

const FOLDER = join(import.meta.dir, "../../../../migrations/cassandra");
/** Matches no static columns: they are not among a table's regular columns. */
const ADDED_COLUMN = /^ALTER TABLE (\w+) ADD (\w+) (\w+);$/gm;

interface AddedColumn {
  readonly table: string;
  readonly column: Fields;
}

/** Does what the image's program does to the stack's tables: adds the columns of its migrations. */
export function migrate({ container }: TaskDefinition, world: World): void {
  const variable = recordsOf(container, "Environment").find((each) => each.Name === "CASSANDRA_KEYSPACE");
  const keyspace = textOf(fieldsOf(variable), "Value") ?? "";
  for (const table of world.all("AWS::Cassandra::Table")) {
    if (table.identifier.KeyspaceName !== keyspace) continue;
    const added = addedColumns().filter((each) => each.table === table.identifier.TableName);
    table.addedColumns = added.map(({ column }) => column);
  }
}

let read: readonly AddedColumn[] | undefined;

function addedColumns(): readonly AddedColumn[] {
  read ??= readdirSync(FOLDER)
    .sort()
    .flatMap((file) => [...readFileSync(join(FOLDER, file), "utf8").matchAll(ADDED_COLUMN)])
    .map(([, table = "", ColumnName, ColumnType]) => ({ table, column: { ColumnName, ColumnType } }));
  return read;
}
