import type { Statement } from "bun:sqlite";
import {
  type Answer,
  type Awaitable,
  FILTERED_ROWS_READ_MAX,
  PAGE_ROWS_MAX,
  type Slice,
} from "../../application/ports.ts";
import type { Found, SearchPart } from "../../application/search.ts";
import type { Checklist } from "../../domain/checklist.ts";
import { matchesFilter, type Task, type TaskFilter } from "../../domain/task.ts";
import { Pieces } from "../../lib/pieces.ts";
import type { Connection } from "./connection.ts";
import {
  AFTER_EVERY_ID,
  CHECKLIST_COLUMNS,
  checklistFromRow,
  receiptFromRow,
  rowOf,
  TASK_COLUMNS,
  taskFromRow,
  text,
} from "./rows.ts";

/** Rows read at once where texts are compared: few enough that reading and comparing them keeps nobody waiting. */
const COMPARED_ROWS = 20;

const SELECT_TASKS = `SELECT ${TASK_COLUMNS} FROM task WHERE checklist_id = ?1`;

const SELECT_CHECKLIST = `SELECT ${CHECKLIST_COLUMNS} FROM checklist WHERE id = ?1`;

/**
 * The tasks of a deleted checklist stay until they are purged, and must not be seen. As a scalar subquery that check costs
 * half a microsecond; written as EXISTS it is planned as a join, and seven.
 */
const SELECT_TASK = `SELECT ${TASK_COLUMNS} FROM task
  WHERE checklist_id = ?1 AND id = ?2 AND (SELECT 1 FROM checklist WHERE id = ?1)`;

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
  readonly #pieces = new Pieces(() => performance.now());

  constructor(readonly connection: Connection) {
    this.#checklist = connection.prepare(SELECT_CHECKLIST);
    this.#checklists = connection.prepare(
      `SELECT ${CHECKLIST_COLUMNS} FROM checklist WHERE id > ?1 ORDER BY id LIMIT ?2`,
    );
    this.#task = connection.prepare(SELECT_TASK);
    this.#tasks = connection.prepare(`${SELECT_TASKS} AND id > ?2 ORDER BY id LIMIT ?3`);
    this.#matchingTasks = connection.prepare(
      `${SELECT_TASKS} AND id > ?2 AND id <= ?3 AND (?4 IS NULL OR status = ?4)
       AND (?5 IS NULL OR (status = 'completed') = ?5) AND (?6 IS NULL OR priority = ?6)
       AND (?8 IS NULL OR due_date < ?8) AND (?9 IS NULL OR due_date > ?9)
       AND (?10 IS NULL OR labels IS NOT NULL)
       ORDER BY id LIMIT ?7`,
    );
    this.#windowEnd = connection.prepare(
      `SELECT id FROM task WHERE checklist_id = ?1 AND id > ?2
       ORDER BY id LIMIT 2 OFFSET ?3`,
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
  ): Awaitable<Slice<Task>> | undefined {
    if (this.#checklist.get(checklistId) === null) return undefined;
    const start = after ?? "";
    if (isEmpty(filter)) {
      const rows = this.#tasks.all(checklistId, start, checkedLimit(limit) + 1);
      return slice(rows.map(taskFromRow), limit);
    }
    const comparesTexts = filter.labels !== undefined || filter.words !== undefined;
    return comparesTexts
      ? this.#listComparing(checklistId, filter, start, checkedLimit(limit), FILTERED_ROWS_READ_MAX)
      : this.#listMatching(checklistId, filter, start, checkedLimit(limit));
  }

  searchTasks(
    { checklistId, words, after = "", rowsMax }: SearchPart,
    limit: number,
  ): Promise<Found> | undefined {
    if (this.#checklist.get(checklistId) === null) return undefined;
    return this.#listComparing(checklistId, { words }, after, checkedLimit(limit), rowsMax);
  }

  findReceipt(scope: string, key: string, now: number): { fingerprint: string; answer: Answer } | undefined {
    const row = this.#receipt.get(scope, key, now);
    return row === null ? undefined : receiptFromRow(row);
  }

  /** Reads only one window of rows, so that a rare match can't make one call scan a list. */
  #listMatching(checklistId: string, filter: TaskFilter, start: string, limit: number): Slice<Task> {
    const window = this.#window(checklistId, start, FILTERED_ROWS_READ_MAX);
    const rows = this.#matching(checklistId, filter, start, window.end, limit + 1);
    const matches = slice(rows, limit);
    return matches.next === undefined ? { ...matches, ...window.next } : matches;
  }

  /** SQLite can't compare texts as the domain does. It takes time, so that it is done in pieces. */
  async #listComparing(
    checklistId: string,
    filter: TaskFilter,
    start: string,
    limit: number,
    rowsMax: number,
  ): Promise<Found> {
    const window = this.#window(checklistId, start, rowsMax);
    const rows = this.#candidates(checklistId, filter, start, window.end);
    let examined = 0;
    const found = await this.#pieces.first(rows, limit + 1, (task) => {
      examined++;
      return matchesFilter(task, filter);
    });
    const matches = slice(found, limit);
    return { ...matches, ...(matches.next === undefined ? window.next : {}), examined };
  }

  *#candidates(checklistId: string, filter: TaskFilter, start: string, end: string): Generator<Task> {
    for (let after: string | undefined = start; after !== undefined; ) {
      const rows = this.#matching(checklistId, filter, after, end, COMPARED_ROWS);
      yield* rows;
      after = rows.length < COMPARED_ROWS ? undefined : rows.at(-1)?.id;
    }
  }

  /** The rows that one call may examine: up to `end`. With `next`, there are more after it. */
  #window(
    checklistId: string,
    start: string,
    rowsMax: number,
  ): { readonly end: string; readonly next?: { next: string } } {
    const ends = this.#windowEnd.all(checklistId, start, rowsMax - 1);
    const [end, beyond] = ends.map((row) => text(rowOf(row).id));
    if (end === undefined) return { end: AFTER_EVERY_ID };
    return beyond === undefined ? { end } : { end, next: { next: end } };
  }

  /** Matching rows but for labels and words; of the labels, only whether there are any is known here. */
  #matching(checklistId: string, filter: TaskFilter, after: string, end: string, limit: number): Task[] {
    const rows = this.#matchingTasks.all(
      checklistId,
      after,
      end,
      filter.status ?? null,
      filter.completed === undefined ? null : Number(filter.completed),
      filter.priority ?? null,
      limit,
      filter.dueBefore ?? null,
      filter.dueAfter ?? null,
      filter.labels === undefined ? null : 1,
    );
    return rows.map(taskFromRow);
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
  for (const _ in filter) return false;
  return true;
}

function checkedLimit(limit: number): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= PAGE_ROWS_MAX) return limit;
  throw new RangeError(`a page has 1 to ${PAGE_ROWS_MAX} rows, not ${limit}`);
}
