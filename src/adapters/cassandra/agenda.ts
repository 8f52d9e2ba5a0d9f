import {
  AGENDA_CHECKLISTS_MAX,
  type DueQuery,
  type DueSlice,
  tooManyChecklists,
} from "../../application/agenda.ts";
import { boundedly } from "../../application/copy/work.ts";
import type { Clock } from "../../application/ports.ts";
import { type DuePlace, duePlace, isSamePlace } from "../../domain/agenda.ts";
import type { Task } from "../../domain/task.ts";
import { type Arrivals, isComing } from "./arrivals.ts";
import type { CassandraChecklists } from "./checklists.ts";
import type { DueCompletion } from "./due-completion.ts";
import type { DueIndex } from "./due-index.ts";
import type { Owners } from "./owners.ts";
import { MARK_KEPT_MS } from "./purge.ts";
import { isUnfinished, type Stored, storedTask, TASK_COLUMNS, text, whole } from "./rows.ts";
import type { Series } from "./series.ts";
import type { Param, Row, Session } from "./session.ts";

/** Checklists read at once, for one page. */
const LISTS_AT_ONCE = 32;
/** Rows named in one statement; Amazon Keyspaces accepts 100. */
const NAMED_MAX = 100;
/** Entries removed by one page; the next one continues. */
const REMOVED_MAX = 100;
/** The version of a task that was just created. */
const FIRST_VERSION = 1;

const ENTRIES = "SELECT due_date, task_id, version FROM task_due WHERE checklist_id = ?";
const UP_TO = `${ENTRIES} AND due_date <= ? LIMIT ?`;
const FROM_DAY = `${ENTRIES} AND due_date >= ? AND due_date <= ? LIMIT ?`;
const AFTER_DAY = `${ENTRIES} AND due_date > ? AND due_date <= ? LIMIT ?`;
const REST_OF_DAY = `${ENTRIES} AND due_date = ? AND task_id > ? LIMIT ?`;
const NAMED = `SELECT ${TASK_COLUMNS} FROM todo WHERE checklist_id = ? AND id IN ?`;

/** What the table of due dates says about one task; several versions if an earlier entry was left behind. */
interface Entry {
  readonly place: DuePlace;
  readonly versions: number[];
}

/** The first entries of some checklists in order, up to a limit. */
interface Found {
  readonly entries: readonly Entry[];
  /** There may be more. */
  readonly cut: boolean;
}

/**
 * Pages of the agenda: the first entries of each checklist, merged, and compared with their tasks. An entry that says
 * something else than its task is left out and removed, so that a page may be short.
 */
export class Agenda {
  constructor(
    private readonly session: Session,
    private readonly checklists: CassandraChecklists,
    private readonly owners: Owners,
    private readonly due: DueIndex,
    private readonly completion: DueCompletion,
    private readonly arrivals: Arrivals,
    private readonly series: Series,
    private readonly clock: Clock,
  ) {}

  /** @throws TodosError too-many-checklists; store-unavailable while tasks from before have no entries yet */
  async page(query: DueQuery, limit: number): Promise<DueSlice | undefined> {
    await this.completion.assure();
    const lists = await this.listsOf(query);
    if (!lists) return undefined;
    const { entries, cut } = await this.firstEntries(lists, query, limit + 1);
    const items = await this.verified(entries);
    if (items.length > limit) return { items: items.slice(0, limit), ...nextOf(duePlace(items[limit - 1])) };
    return cut ? { items, ...nextOf(entries.at(-1)?.place) } : { items };
  }

  private async listsOf({ checklistId: named, userId }: DueQuery): Promise<readonly string[] | undefined> {
    if (named !== undefined) return (await this.checklists.find(named)) && [named];
    const ids: string[] = [];
    for (let after: string | undefined; ; ) {
      const { items, next } = await (userId === undefined
        ? this.checklists.list(after, AGENDA_CHECKLISTS_MAX + 1)
        : this.owners.list(userId, after, AGENDA_CHECKLISTS_MAX + 1));
      ids.push(...items.map(({ id }) => id));
      if (ids.length > AGENDA_CHECKLISTS_MAX) throw tooManyChecklists();
      if (next === undefined) return ids;
      after = next;
    }
  }

  /** Once enough are found, only what comes before the last of them is of use. */
  private async firstEntries(lists: readonly string[], query: DueQuery, wanted: number): Promise<Found> {
    let first: Entry[] = [];
    /** What is after it is not known for all checklists. */
    let end: DuePlace | undefined;
    await boundedly(lists, LISTS_AT_ONCE, async (list) => {
      const until = first.length < wanted ? query.until : (first.at(-1)?.place.dueDate ?? query.until);
      const rows = await this.slice(list, until, query.after, wanted);
      if (rows.length === 0) return;
      const found = entriesFrom(list, rows);
      const last = found.at(-1)?.place;
      if (rows.length >= wanted && last && (!end || order(last, end) < 0)) end = last;
      const all = [...first, ...found].sort((a, b) => order(a.place, b.place));
      if (all.length >= wanted) end = earlier(end, all[wanted - 1]?.place);
      first = all.slice(0, wanted);
    });
    const last = end;
    if (last === undefined) return { entries: first, cut: false };
    return { entries: first.filter(({ place }) => order(place, last) <= 0), cut: true };
  }

  private async slice(
    list: string,
    until: string,
    after: DuePlace | undefined,
    limit: number,
  ): Promise<readonly Row[]> {
    const read = (query: string, ...params: Param[]) =>
      this.session.rowsUpTo(query, [list, ...params, limit], limit);
    if (!after) return read(UP_TO, until);
    if (after.dueDate > until) return [];
    const side = compareBytes(list, after.checklistId);
    if (side > 0) return read(FROM_DAY, after.dueDate, until);
    if (side < 0) return read(AFTER_DAY, after.dueDate, until);
    const rest = await read(REST_OF_DAY, after.dueDate, after.id);
    if (rest.length >= limit) return rest;
    return [...rest, ...(await read(AFTER_DAY, after.dueDate, until))].slice(0, limit);
  }

  /** The tasks of entries that say the truth, in order. */
  private async verified(entries: readonly Entry[]): Promise<Task[]> {
    const stored = await this.tasksOf(entries);
    const items: Task[] = [];
    const lies: Entry[] = [];
    for (const entry of entries) {
      const found = stored.get(keyOf(entry.place));
      const task = found?.removed ? undefined : found?.value;
      if (task && isSamePlace(duePlace(task), entry.place)) items.push(task);
      // An unfinished one must be met again, should its next task not have been made now.
      else if (!found?.following) lies.push(entry);
    }
    if (lies.length > 0) await this.removeLies(lies.slice(0, REMOVED_MAX), stored);
    return items;
  }

  private async tasksOf(entries: readonly Entry[]): Promise<ReadonlyMap<string, Stored<Task>>> {
    const groups = [...Map.groupBy(entries, ({ place }) => place.checklistId)].flatMap(([list, all]) =>
      parts(all.map(({ place }) => place.id)).map((ids) => [list, ids] as const),
    );
    const found = new Map<string, Stored<Task>>();
    await boundedly(groups, LISTS_AT_ONCE, async (group) => {
      const rows = await this.session.rows(NAMED, group);
      await this.arrivals.seen(group[0], rows);
      const unfinished = rows.filter(isUnfinished).map(({ id }) => text(id));
      if (unfinished.length > 0) await this.series.finishMet(group[0], unfinished);
      // A copy that has not arrived is no task yet: its entry must stay.
      for (const row of rows.filter(({ transit }) => !isComing(transit))) {
        const task = storedTask(row);
        found.set(keyOf(task.value), task);
      }
    });
    return found;
  }

  /**
   * Removes what a task has left: entries up to its version. A later one may be of a write in progress. Without a task it
   * may be about to be created, unless its key has expired.
   */
  private async removeLies(lies: readonly Entry[], stored: ReadonlyMap<string, Stored<Task>>): Promise<void> {
    await boundedly(lies, LISTS_AT_ONCE, async ({ place, versions }) => {
      const task = stored.get(keyOf(place));
      const youngest = task?.value.version ?? (this.isOld(place.id) ? FIRST_VERSION : 0);
      for (const version of versions) if (version <= youngest) await this.due.remove(place, version);
    });
  }

  /** By the time in its id; ids of another kind count as new. */
  private isOld(id: string): boolean {
    const madeAt = Number.parseInt(/^([0-9a-f]{8})-([0-9a-f]{4})-7/.exec(id)?.slice(1).join("") ?? "", 16);
    return this.clock.now() - madeAt > MARK_KEPT_MS;
  }
}

function entriesFrom(checklistId: string, rows: readonly Row[]): Entry[] {
  const entries: Entry[] = [];
  for (const row of rows) {
    const place = { dueDate: text(row.due_date), checklistId, id: text(row.task_id) };
    const last = entries.at(-1);
    if (last && isSamePlace(last.place, place)) last.versions.push(whole(row.version));
    else entries.push({ place, versions: [whole(row.version)] });
  }
  return entries;
}

function nextOf(place: DuePlace | undefined): { next?: DuePlace } {
  return place === undefined ? {} : { next: place };
}

function earlier(one: DuePlace | undefined, other: DuePlace | undefined): DuePlace | undefined {
  return one && other && order(one, other) > 0 ? other : (one ?? other);
}

function order(one: DuePlace, other: DuePlace): number {
  if (one.dueDate !== other.dueDate) return one.dueDate < other.dueDate ? -1 : 1;
  return compareBytes(one.checklistId, other.checklistId) || compareBytes(one.id, other.id);
}

/** As the stores order texts. */
function compareBytes(one: string, other: string): number {
  return one === other ? 0 : Buffer.compare(Buffer.from(one), Buffer.from(other));
}

function keyOf({ checklistId, id }: Pick<DuePlace, "checklistId" | "id">): string {
  return `${checklistId}\0${id}`;
}

function parts(ids: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(ids.length / NAMED_MAX) }, (_, index) =>
    ids.slice(index * NAMED_MAX, (index + 1) * NAMED_MAX),
  );
}
