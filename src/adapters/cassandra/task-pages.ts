import { FILTERED_ROWS_READ_MAX, type Slice } from "../../application/ports.ts";
import type { Found, SearchPart } from "../../application/search.ts";
import { matchesBriefly, matchesFilter, type Task, type TaskFilter } from "../../domain/task.ts";
import type { Trashed } from "../../domain/trash.ts";
import { Pieces } from "../../lib/pieces.ts";
import type { Arrivals } from "./arrivals.ts";
import {
  filteredBy,
  isLive,
  isTask,
  isUnfinished,
  LIVE_COLUMNS,
  storedTask,
  TASK_COLUMNS,
  text,
} from "./rows.ts";
import type { Series } from "./series.ts";
import type { Row, Session } from "./session.ts";
import type { Sweeper } from "./sweeper.ts";
import { TombstonesError } from "./tombstones.ts";
import { isTrashed, trashedTask } from "./trashed.ts";

/** The columns that tasks are filtered by but for their texts, which take up to a tenth of a task. */
const NARROW_COLUMNS = `${LIVE_COLUMNS}, next_due, completed, status, priority, due_date, labels`;
const TRASH_COLUMNS = `${LIVE_COLUMNS}, trash_record`;
const first = (columns: string) => `SELECT ${columns} FROM todo WHERE checklist_id = ? LIMIT ?`;
const afterwards = (columns: string) =>
  `SELECT ${columns} FROM todo WHERE checklist_id = ? AND id > ? LIMIT ?`;
const named = (columns: string) => `SELECT ${columns} FROM todo WHERE checklist_id = ? AND id IN ?`;
/**
 * Rows named in one statement; Amazon Keyspaces accepts 100
 * (functional-differences.html#functional-differences.IN-keyword).
 */
const NAMED_MAX = 100;
/** Whole rows read at once to compare their texts: up to 4 MB. */
const COMPARED_ROWS = 100;

/** Pages of one checklist's tasks, in order of id. */
export class TaskPages {
  private readonly pieces = new Pieces(() => performance.now());

  constructor(
    private readonly session: Session,
    private readonly sweeper: Sweeper,
    private readonly series: Series,
    private readonly arrivals: Arrivals,
  ) {}

  page(
    checklistId: string,
    filter: TaskFilter,
    after: string | undefined,
    limit: number,
  ): Promise<Slice<Task>> {
    if (filter.words) return this.searched(checklistId, filter, after, limit, FILTERED_ROWS_READ_MAX);
    return Object.keys(filter).length > 0
      ? this.filtered(checklistId, filter, after, limit)
      : this.plain(checklistId, after, limit);
  }

  /** Those in the trash, among a limited number of rows. */
  async trashed(
    checklistId: string,
    after: string | undefined,
    limit: number,
  ): Promise<Slice<Trashed<Task>>> {
    const rows = await this.rows(TRASH_COLUMNS, checklistId, after, FILTERED_ROWS_READ_MAX + 1);
    const examined = rows.slice(0, FILTERED_ROWS_READ_MAX);
    const ids = examined.filter(isTrashed).map(({ id }) => text(id));
    const wanted = ids.slice(0, limit);
    const read = await this.rowsNamed(`${TASK_COLUMNS}, trash_record`, checklistId, wanted);
    const found = new Map(read.filter(isTrashed).map((row) => [text(row.id), trashedTask(row)]));
    const items = wanted.flatMap((id) => found.get(id) ?? []);
    if (ids.length > limit) return { items, ...next(true, wanted.at(-1)) };
    return { items, ...next(rows.length > examined.length, examined.at(-1)?.id) };
  }

  search({ checklistId, words, after, rowsMax }: SearchPart, limit: number): Promise<Found> {
    return this.searched(checklistId, { words }, after, limit, rowsMax);
  }

  private async plain(checklistId: string, after: string | undefined, limit: number): Promise<Slice<Task>> {
    const rows = await this.rows(TASK_COLUMNS, checklistId, after, limit + 1);
    if (!rows.every(isLive)) return this.beyond(rows, checklistId, limit);
    const items = rows.slice(0, limit).map((row) => storedTask(row).value);
    return { items, ...next(rows.length > limit, items.at(-1)?.id) };
  }

  /** A page that met rows of no use to it: it is filled up from narrow columns, since there may be many more. */
  private async beyond(rows: readonly Row[], checklistId: string, limit: number): Promise<Slice<Task>> {
    const items = rows.filter(isLive).map((row) => storedTask(row).value);
    if (rows.length <= limit) return { items };
    const last = text(rows.at(-1)?.id);
    if (items.length === limit) return { items, next: last };
    const more = await this.filtered(checklistId, {}, last, limit - items.length);
    return { ...more, items: [...items, ...more.items] };
  }

  /** Whole rows are read only for matches: a thousand of them may have 40 MB. */
  private async filtered(
    checklistId: string,
    filter: TaskFilter,
    after: string | undefined,
    limit: number,
  ): Promise<Slice<Task>> {
    const rows = await this.rows(NARROW_COLUMNS, checklistId, after, FILTERED_ROWS_READ_MAX + 1);
    const examined = rows.slice(0, FILTERED_ROWS_READ_MAX);
    const matches = (row: Row) => isLive(row) && matchesBriefly(filteredBy(row), filter);
    // Comparing labels takes longer than reading a row.
    const rowsFound = filter.labels
      ? await this.pieces.first(examined, limit + 1, matches)
      : examined.filter(matches);
    const matching = rowsFound.map(({ id }) => text(id));
    const wanted = matching.slice(0, limit);
    const found = await this.named(checklistId, wanted);
    const items = wanted.flatMap((id) => found.get(id) ?? []).filter((task) => matchesFilter(task, filter));
    if (matching.length > limit) return { items, ...next(true, wanted.at(-1)) };
    return { items, ...next(rows.length > examined.length, examined.at(-1)?.id) };
  }

  /** Reads whole rows, a part of them at a time, until enough of them match. */
  private async searched(
    checklistId: string,
    filter: TaskFilter,
    after: string | undefined,
    limit: number,
    rowsMax: number,
  ): Promise<Found> {
    const items: Task[] = [];
    let [place, examined] = [after, 0];
    while (examined < rowsMax) {
      const wanted = Math.min(COMPARED_ROWS, rowsMax - examined);
      const rows = await this.rows(TASK_COLUMNS, checklistId, place, wanted);
      examined += rows.length;
      const matches = (task: Task) => matchesFilter(task, filter);
      items.push(...(await this.pieces.first(liveTasks(rows), limit + 1 - items.length, matches)));
      if (items.length > limit) {
        return { items: items.slice(0, limit), examined, ...next(true, items[limit - 1]?.id) };
      }
      if (rows.length < wanted) return { items, examined };
      place = text(rows.at(-1)?.id);
    }
    return { items, examined, ...next(true, place) };
  }

  /**
   * Those that still are there: one may have been deleted, or changed, since its narrow columns were read.
   */
  private async named(checklistId: string, ids: readonly string[]): Promise<ReadonlyMap<string, Task>> {
    const rows = await this.rowsNamed(TASK_COLUMNS, checklistId, ids);
    return new Map(rows.filter(isLive).map((row) => [text(row.id), storedTask(row).value]));
  }

  private async rowsNamed(columns: string, checklistId: string, ids: readonly string[]): Promise<Row[]> {
    const groups: string[][] = [];
    for (let at = 0; at < ids.length; at += NAMED_MAX) groups.push(ids.slice(at, at + NAMED_MAX));
    const query = named(columns);
    const read = await Promise.all(groups.map((group) => this.session.rows(query, [checklistId, group])));
    const rows = read.flat();
    await this.arrivals.seen(checklistId, rows);
    return rows;
  }

  /** Completed tasks among them have their next one, which may be one of these rows. */
  private async rows(
    columns: string,
    checklistId: string,
    after: string | undefined,
    limit: number,
  ): Promise<readonly Row[]> {
    const rows = await this.rowsAsStored(columns, checklistId, after, limit);
    const unfinished = rows.filter((row) => isLive(row) && isUnfinished(row));
    if (unfinished.length === 0) return rows;
    await this.series.finishMet(
      checklistId,
      unfinished.map(({ id }) => text(id)),
    );
    return this.rowsAsStored(columns, checklistId, after, limit);
  }

  private async rowsAsStored(
    columns: string,
    checklistId: string,
    after: string | undefined,
    limit: number,
  ): Promise<readonly Row[]> {
    const crowded = this.session.rules.tombstones ? () => this.sweeper.soon(checklistId, after) : undefined;
    const [query, params] =
      after === undefined
        ? [first(columns), [checklistId, limit]]
        : [afterwards(columns), [checklistId, after, limit]];
    const read = async () => {
      const found = await this.session.rowsUpTo(query, params, limit, undefined, crowded);
      const rows = found.filter(isTask);
      await this.arrivals.seen(checklistId, rows);
      return rows;
    };
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof TombstonesError)) throw error;
      await this.sweeper.now(checklistId, after);
      return read();
    }
  }
}

function* liveTasks(rows: readonly Row[]): Generator<Task> {
  for (const row of rows) if (isLive(row)) yield storedTask(row).value;
}

function next(more: boolean, last: unknown): { next?: string } {
  return more ? { next: text(last) } : {};
}
