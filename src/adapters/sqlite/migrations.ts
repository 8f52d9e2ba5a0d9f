import checklistsTasksKeys from "../../../migrations/sqlite/0001_checklists_tasks_keys.sql" with {
  type: "text",
};
import tasksInDepth from "../../../migrations/sqlite/0002_tasks_in_depth.sql" with { type: "text" };
import accounts from "../../../migrations/sqlite/0003_accounts.sql" with { type: "text" };

/** One file of migrations/sqlite. `version` is its number; `checksum` the SHA-256 of its text, hex. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** Every migration this binary knows, in order and without gaps. */
export const MIGRATIONS: readonly Migration[] = [
  migration("0001_checklists_tasks_keys", checklistsTasksKeys),
  migration("0002_tasks_in_depth", tasksInDepth),
  migration("0003_accounts", accounts),
];

/** @param name the file's name without its extension; it starts with the number */
export function migration(name: string, sql: string): Migration {
  const checksum = new Bun.CryptoHasher("sha256").update(sql).digest("hex");
  return { version: Number.parseInt(name, 10), name, sql, checksum };
}
