import { Database } from "bun:sqlite";

const INBOX_ID = "00000000-0000-7000-8000-000000000000";

export const INBOX_PATH = `/checklists/${INBOX_ID}`;

/** Ids in order, in the form of UUIDv7; the inbox's comes first. */
export function idAt(index: number): string {
  return `019a0000-0000-7000-8000-${index.toString(16).padStart(12, "0")}`;
}

/** Lists of the agenda's rows, with the inbox. */
export const AGENDA_LISTS = 1_000;
/** Tasks of the agenda's rows that are due by then. */
export const AGENDA_DAY = "2026-01-01";
const AGENDA_DUE = 50;
const LATER = "2027-01-01";

/** @param few of the first so many tasks some are due; of the others none */
export function agendaTask(number: number, few: number) {
  const due = number < few && number % (few / AGENDA_DUE) === 1;
  return {
    checklistId: idAt(1 + (number % (AGENDA_LISTS - 1))),
    id: idAt(number),
    status: number % 4 === 0 ? "completed" : "pending",
    dueDate: due ? AGENDA_DAY : number % 2 === 0 ? LATER : null,
  } as const;
}

/** Fills a migrated file with tasks in many checklists: every second has a date, and 50 are due. */
export function seedAgenda(path: string, count: number): void {
  const db = new Database(path, { readwrite: true, strict: true });
  try {
    db.run("PRAGMA synchronous = OFF");
    const list = db.prepare(
      "INSERT INTO checklist (id, name, created_at, updated_at, version) VALUES (?, 'x', 0, 0, 1)",
    );
    const task =
      db.prepare(`INSERT INTO task (checklist_id, id, todo, status, priority, due_date, created_at, updated_at,
      version) VALUES (?, ?, 'x', ?, 'medium', ?, 0, 0, 1)`);
    db.transaction(() => {
      for (let number = 1; number < AGENDA_LISTS; number++) list.run(idAt(number));
      for (let number = 0; number < count; number++) {
        const { checklistId, id, status, dueDate } = agendaTask(number, count);
        task.run(checklistId, id, status, dueDate);
      }
    })();
    list.finalize();
    task.finalize();
  } finally {
    db.close();
  }
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
