import type { Database } from "bun:sqlite";
import { StoreOpenError } from "../../application/store-open-error.ts";
import { removeDatabase } from "./files.ts";
import { withReader } from "./prepare.ts";
import { rowOf, text, whole } from "./rows.ts";
import { sqliteCode } from "./sqlite-errors.ts";

/** What was found in a sound database. */
export interface Contents {
  readonly checklists: number;
  readonly tasks: number;
  readonly epoch: string;
}

/**
 * Writes all that is committed in `source` at this moment into the new file `target`. The source may be
 * served meanwhile. It holds the thread until it is done.
 */
export function copyDatabase(source: string, target: string): void {
  removeDatabase(target);
  withReader(source, (db) => {
    try {
      db.run("VACUUM INTO ?", [target]);
    } catch (error) {
      if (sqliteCode(error)?.startsWith("SQLITE_FULL")) throw noRoom(target, error);
      throw error;
    }
  });
}

/** Reads every page of the file. @throws StoreOpenError where it is not a sound database of ours */
export function verifiedContents(path: string): Contents {
  return withReader(path, (db) => {
    const problems = integrityProblems(db);
    if (problems.length > 0) {
      throw new StoreOpenError(`${path} is damaged (${problems[0]}): use another backup.`);
    }
    return contents(db);
  });
}

/** Empty where SQLite finds nothing wrong. */
export function integrityProblems(db: Database): readonly string[] {
  const rows = db.query("PRAGMA integrity_check").all();
  return rows.map((row) => text(rowOf(row).integrity_check)).filter((line) => line !== "ok");
}

export function contents(db: Database): Contents {
  const row = rowOf(
    db
      .query(
        `SELECT (SELECT count(*) FROM checklist) AS checklists, (SELECT count(*) FROM task WHERE checklist_id NOT IN (SELECT checklist_id FROM purge)) AS tasks,
         (SELECT value FROM meta WHERE key = 'epoch') AS epoch`,
      )
      .get(),
  );
  return { checklists: whole(row.checklists), tasks: whole(row.tasks), epoch: text(row.epoch) };
}

function noRoom(target: string, cause: unknown): StoreOpenError {
  return new StoreOpenError(
    `there is no room for ${target}: make room on that disk, or name another file.`,
    cause,
  );
}
