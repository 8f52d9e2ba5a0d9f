import type { Statement } from "bun:sqlite";
import { type Answer, FILTERED_ROWS_READ_MAX, PAGE_ROWS_MAX, type Slice } from "../../application/ports.ts";
import type { Checklist } from "../../domain/checklist.ts";
import type { Task, TaskFilter } from "../../domain/task.ts";
import type { Connection } from "./connection.ts";
import {
  CHECKLIST_COLUMNS,
  checklistFromRow,
  receiptFromRow,
  rowOf,
  TASK_COLUMNS,
  taskFromRow,
  text,
} from "./rows.ts";

/** Greater than any id in SQLite's order of bytes. */
const AFTER_EVERY_ID = "\u{10FFFF}";

const SELECT_TASKS = `SELECT ${TASK_COLUMNS} FROM task WHERE checklist_id = ?1`;

/** Reads on one connection, with every statement prepared once. Nothing stays open between two calls. */
export class Reader {
  readonly #checklist: Statement;
  readonly #checklists: Statement;
  readonly #task: Statement;
  readonly #tasks: Statement;
  readonly #matchingTasks: Statement;
  readonly #windowEnd: Statement;
  readonly #receipt: Statement;
  readonly #epoch: Statement;

  constructor(readonly connection: Connection) {
    this.#checklist = connection.prepare(`SELECT ${CHECKLIST_COLUMNS} FROM checklist WHERE id = ?1`);
    this.#checklists = connection.prepare(
      `SELECT ${CHECKLIST_COLUMNS} FROM checklist WHERE id > ?1 ORDER BY id LIMIT ?2`,
    );
    // The tasks of a deleted checklist stay until they are purged, and must not be seen. As a scalar
    // subquery that check costs half a microsecond; written as EXISTS it is planned as a join, and seven.
    this.#task = connection.prepare(
      `${SELECT_TASKS} AND id = ?2 AND (SELECT 1 FROM checklist WHERE id = ?1)`,
    );
    this.#tasks = connection.prepare(`${SELECT_TASKS} AND id > ?2 ORDER BY id LIMIT ?3`);
    this.#matchingTasks = connection.prepare(
      `${SELECT_TASKS} AND id > ?2 AND id <= ?3 AND (?4 IS NULL OR status = ?4)
       AND (?5 IS NULL OR (status = 'completed') = ?5) AND (?6 IS NULL OR priority = ?6)
       ORDER BY id LIMIT ?7`,
    );
    this.#windowEnd = connection.prepare(
      `SELECT id FROM task WHERE checklist_id = ?1 AND id > ?2
       ORDER BY id LIMIT 2 OFFSET ${FILTERED_ROWS_READ_MAX - 1}`,
    );
    this.#receipt = connection.prepare(
      `SELECT fingerprint, status, headers, body FROM idempotency
       WHERE scope = ?1 AND key = ?2 AND expires_at > ?3`,
    );
    this.#epoch = connection.prepare("SELECT value FROM meta WHERE key = 'epoch'");
  }

  epoch(): string {
    return text(rowOf(this.#epoch.get()).value);
  }

  findChecklist(id: string): Checklist | undefined {
    const row = this.#checklist.get(id);
    return row === null ? undefined : checklistFromRow(row);
  }

  listChecklists(after: string | undefined, limit: number): Slice<Checklist> {
    const rows = this.#checklists.all(after ?? "", checkedLimit(limit) + 1);
    return slice(rows.map(checklistFromRow), limit);
  }

  findTask(checklistId: string, id: string): Task | undefined {
    const row = this.#task.get(checklistId, id);
    return row === null ? undefined : taskFromRow(row);
  }

  listTasks(
    checklistId: string,
    filter: TaskFilter,
    after: string | undefined,
    limit: number,
  ): Slice<Task> | undefined {
    if (this.#checklist.get(checklistId) === null) return undefined;
    const start = after ?? "";
    if (isEmpty(filter)) {
      const rows = this.#tasks.all(checklistId, start, checkedLimit(limit) + 1);
      return slice(rows.map(taskFromRow), limit);
    }
    return this.#listMatching(checklistId, filter, start, checkedLimit(limit));
  }

  findReceipt(scope: string, key: string, now: number): { fingerprint: string; answer: Answer } | undefined {
    const row = this.#receipt.get(scope, key, now);
    return row === null ? undefined : receiptFromRow(row);
  }

  /** Reads only one window of rows, so that a rare match can't make one call scan a list. */
  #listMatching(checklistId: string, filter: TaskFilter, start: string, limit: number): Slice<Task> {
    const [windowEnd, beyond] = this.#windowEnd.all(checklistId, start).map((row) => text(rowOf(row).id));
    const rows = this.#matchingTasks.all(
      checklistId,
      start,
      windowEnd ?? AFTER_EVERY_ID,
      filter.status ?? null,
      filter.completed === undefined ? null : Number(filter.completed),
      filter.priority ?? null,
      limit + 1,
    );
    const matches = slice(rows.map(taskFromRow), limit);
    if (matches.next !== undefined || beyond === undefined || windowEnd === undefined) return matches;
    return { items: matches.items, next: windowEnd };
  }
}

/** @param rows one more than `limit` if there are more */
function slice<T extends { readonly id: string }>(rows: T[], limit: number): Slice<T> {
  if (rows.length <= limit) return { items: rows };
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return last === undefined ? { items } : { items, next: last.id };
}

function isEmpty(filter: TaskFilter): boolean {
  return filter.status === undefined && filter.completed === undefined && filter.priority === undefined;
}

function checkedLimit(limit: number): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= PAGE_ROWS_MAX) return limit;
  throw new RangeError(`a page has 1 to ${PAGE_ROWS_MAX} rows, not ${limit}`);
}
