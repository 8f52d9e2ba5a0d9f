import { Database } from "bun:sqlite";

const INBOX_ID = "00000000-0000-7000-8000-000000000000";

export const INBOX_PATH = `/checklists/${INBOX_ID}`;

/** Ids in order, in the form of UUIDv7; the inbox's comes first. */
export function idAt(index: number): string {
  return `019a0000-0000-7000-8000-${index.toString(16).padStart(12, "0")}`;
}

/**
 * Fills a migrated file with `count` checklists, and as many tasks in the inbox: every fourth completed,
 * none of high priority.
 */
export function seed(path: string, count: number): void {
  const db = new Database(path, { readwrite: true, strict: true });
  try {
    db.run("PRAGMA synchronous = OFF");
    const numbers = `WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ${count})`;
    const id = "'019a0000-0000-7000-8000-' || printf('%012x', n)";
    db.run(`${numbers} INSERT INTO checklist (id, name, created_at, updated_at, version)
      SELECT ${id}, 'Checklist ' || n, 1760000000000 + n, 1760000000000 + n, 1 FROM number`);
    db.run(`${numbers} INSERT INTO task
      (checklist_id, id, todo, status, priority, created_at, updated_at, version)
      SELECT '${INBOX_ID}', ${id}, 'Thing to do ' || n, iif(n % 4 = 0, 'completed', 'pending'), 'medium',
        1760000000000 + n, 1760000000000 + n, 1 FROM number`);
  } finally {
    db.close();
  }
}
