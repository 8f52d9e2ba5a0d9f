import { endpointsAskedBy } from "./cassandra/keyspaces.ts";
import * as kinds from "./kinds.ts";
import type { Section } from "./section.ts";

/** The default store. */
export interface SqliteConfig {
  readonly sqlitePath: string;
}

export const SQLITE: Section<SqliteConfig> = {
  options: {
    sqlitePath: {
      variables: ["TODOS_SQLITE_PATH"],
      flag: "sqlite",
      kind: kinds.databasePathKind,
      fallback: () => "data/todos.db",
      imageDefault: "/data/todos.db",
      description: "the database file; created if missing, with its folder",
    },
  },
  /** A command for SQLite only must not work on a file that no service uses. A file named by a flag is deliberate. */
  contradictions: (_, { asks, by, environment }) => {
    if (!asks("sqlitePath") || asks("cassandraEndpoints")) return [];
    const origin = endpointsAskedBy(environment);
    if (!origin || by.get("sqlitePath")?.startsWith("--")) return [];
    return [
      `${origin} says that the data is in Cassandra, but this command works on SQLite only; to use a SQLite file anyway, name it with --sqlite`,
    ];
  },
};
