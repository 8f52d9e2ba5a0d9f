import type { Database } from "bun:sqlite";
import { StoreOpenError } from "../../application/store-open-error.ts";
import type { Role } from "./explained.ts";
import { makeFile, removeDatabase } from "./files.ts";
import { withReader } from "./prepare.ts";
import { codeOf, reasonOf } from "./reasons.ts";
import { rowOf, text, whole } from "./rows.ts";
import { sqliteCode } from "./sqlite-errors.ts";

/** The contents of a sound database. */
export interface Contents {
  readonly checklists: number;
  readonly tasks: number;
  readonly epoch: string;
}

/** What may keep SQLite from writing the copy; other errors concern the database it reads. */
const ABOUT_THE_COPY =
  /^SQLITE_(FULL|CANTOPEN|READONLY|IOERR_(WRITE|FSYNC|DIR_FSYNC|TRUNCATE|DELETE|ACCESS))/;

/**
 * Writes everything committed in `source` at this moment into the new file `target`, which only its
 * owner may read. The source may be in service. Blocks the thread until it is done.
 */
export function copyDatabase(source: string, target: string, role: Role = "store"): void {
  removeDatabase(target);
  withReader(
    source,
    (db) => {
      try {
        makeFile(target);
        db.run("VACUUM INTO ?", [target]);
      } catch (error) {
        const code = sqliteCode(error) ?? codeOf(error);
        if (code?.startsWith("SQLITE_") && !ABOUT_THE_COPY.test(code)) throw error;
        throw cantWrite(
          target,
          code === "SQLITE_FULL" ? "no space left on its disk" : reasonOf(error),
          error,
        );
      }
    },
    role,
  );
}

/** Reads every page of the file. @throws StoreOpenError if it is not a sound database of ours */
export function verifiedContents(path: string): Contents {
  return withReader(
    path,
    (db) => {
      const problems = integrityProblems(db);
      if (problems.length === 0) return contents(db);
      throw new StoreOpenError(`${path} is damaged (${problems[0]}): name another backup.`);
    },
    "backup",
  );
}

/** Empty if SQLite finds nothing wrong. */
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

function cantWrite(target: string, reason: string, cause: unknown): StoreOpenError {
  return new StoreOpenError(
    `${target} can't be written (${reason}): make room or change the permissions there, or name another file.`,
    cause,
  );
}
