import type { Statement } from "bun:sqlite";
import {
  AGENDA_CHECKLISTS_MAX,
  type DueQuery,
  type DueSlice,
  tooManyChecklists,
} from "../../application/agenda.ts";
import { byCodePoints } from "../../application/copy/rows.ts";
import { FILTERED_ROWS_READ_MAX } from "../../application/ports.ts";
import type { DuePlace } from "../../domain/agenda.ts";
import type { Task } from "../../domain/task.ts";
import type { Connection } from "./connection.ts";
import type { MemberReader } from "./members.ts";
import { AFTER_EVERY_ID, rowOf, TASK_COLUMNS, taskFromRow, text } from "./rows.ts";

/** Stands for the place before all tasks of a day, in a cursor, where no id may be empty. */
const NO_ID = "0";
/** Makes a date greater than itself, and less than every later one. */
const AFTER_THE_DAY = "!";
/** Comes before every task. */
const START: DuePlace = { dueDate: "", checklistId: "", id: "" };
/** The condition of the index `task_due`: SQLite uses it only for statements that say the same. */
const OPEN = "due_date IS NOT NULL AND status <> 'completed'";

/** Reads the index of open tasks by due date. */
export class Agenda {
  readonly #checklists: Statement;
  readonly #checklist: Statement;
  readonly #due: Statement;
  readonly #nextDate: Statement;
  readonly #dueOn: Statement;

  constructor(
    connection: Connection,
    readonly members: () => MemberReader,
  ) {
    this.#checklists = connection.prepare(
      `SELECT count(*) AS many FROM (SELECT 1 FROM checklist LIMIT ${AGENDA_CHECKLISTS_MAX + 1})`,
    );
    this.#checklist = connection.prepare("SELECT 1 FROM checklist WHERE id = ?1");
    this.#due = connection.prepare(
      `SELECT ${TASK_COLUMNS}, (SELECT 1 FROM checklist WHERE id = task.checklist_id) AS listed FROM task INDEXED BY task_due
       WHERE ${OPEN} AND due_date <= ?1 AND (due_date, checklist_id, id) > (?2, ?3, ?4)
       ORDER BY due_date, checklist_id, id LIMIT ?5`,
    );
    this.#nextDate = connection.prepare(
      `SELECT due_date FROM task INDEXED BY task_due WHERE ${OPEN} AND due_date >= ?1 AND due_date <= ?2 ORDER BY due_date LIMIT 1`,
    );
    this.#dueOn = connection.prepare(
      `SELECT ${TASK_COLUMNS} FROM task INDEXED BY task_due
       WHERE ${OPEN} AND due_date = ?1 AND checklist_id = ?2 AND id > ?3 ORDER BY id LIMIT ?4`,
    );
  }

  /** @throws TodosError too-many-checklists */
  page({ until, checklistId, userId, after = START }: DueQuery, limit: number): DueSlice | undefined {
    if (checklistId !== undefined) {
      return this.#checklist.get(checklistId) === null
        ? undefined
        : this.#ofOne(checklistId, until, after, limit);
    }
    if (userId !== undefined) return this.#ofUser(this.#listsOf(userId), until, after, limit);
    if (Number(rowOf(this.#checklists.get()).many) > AGENDA_CHECKLISTS_MAX) throw tooManyChecklists();
    return this.#ofAll(until, after, limit);
  }

  /** Reads past tasks of deleted checklists, of which there may be many, a limited number of times. */
  #ofAll(until: string, after: DuePlace, limit: number): DueSlice {
    const items: Task[] = [];
    let [place, next] = [after, after];
    for (let examined = 0; examined < FILTERED_ROWS_READ_MAX; ) {
      const rows = this.#due.all(until, place.dueDate, place.checklistId, place.id, limit + 1).map(rowOf);
      items.push(...rows.filter(({ listed }) => listed !== null).map(taskFromRow));
      if (items.length > limit) return { items: items.slice(0, limit), next: placeOf(items[limit - 1]) };
      const last = rows.at(-1);
      if (last === undefined || rows.length <= limit) return { items };
      examined += rows.length;
      next = { dueDate: text(last.due_date), checklistId: text(last.checklist_id), id: text(last.id) };
      // The rest of such a checklist on that day is passed over at once.
      place = last.listed === null ? { ...next, id: AFTER_EVERY_ID } : next;
    }
    return { items, next };
  }

  #listsOf(userId: string): readonly string[] {
    const { items, next } = this.members().lists(userId, undefined, AGENDA_CHECKLISTS_MAX);
    if (next !== undefined) throw tooManyChecklists();
    return items.map(({ id }) => id);
  }

  /** Of some checklists: passes over what others have between them on a day, with a limited number of reads. */
  #ofUser(lists: readonly string[], until: string, after: DuePlace, limit: number): DueSlice {
    const items: Task[] = [];
    let place = this.#placeIn(lists, until, after);
    for (let reads = 0; place !== undefined && reads < FILTERED_ROWS_READ_MAX; reads++) {
      const wanted = limit - items.length;
      const rows = this.#due.all(until, place.dueDate, place.checklistId, place.id, wanted).map(taskFromRow);
      const strange = rows.findIndex(({ checklistId }) => !has(lists, checklistId));
      items.push(...(strange < 0 ? rows : rows.slice(0, strange)));
      if (items.length === limit) return { items, next: placeOf(items.at(-1)) };
      if (strange < 0) return { items };
      place = this.#placeIn(lists, until, placeOf(rows[strange]));
    }
    return { items, ...(place === undefined ? {} : { next: place }) };
  }

  /** The place, or the next one that is in one of the checklists: a place is shown to readers of these. */
  #placeIn(lists: readonly string[], until: string, place: DuePlace): DuePlace | undefined {
    const [first] = lists;
    const own = lists[firstFrom(lists, place.checklistId)];
    if (own === place.checklistId) return place;
    if (own !== undefined) return { dueDate: place.dueDate, checklistId: own, id: NO_ID };
    const day = this.#nextDate.get(place.dueDate + AFTER_THE_DAY, until);
    if (day === null || first === undefined) return undefined;
    return { dueDate: text(rowOf(day).due_date), checklistId: first, id: NO_ID };
  }

  /** Day by day, a limited number of them: the index has all checklists of a day together. */
  #ofOne(checklistId: string, until: string, after: DuePlace, limit: number): DueSlice {
    const items: Task[] = [];
    let [from, id] = [after.dueDate, NO_ID];
    for (let days = 0; days < FILTERED_ROWS_READ_MAX; days++) {
      const day = this.#nextDate.get(from, until);
      if (day === null) return { items };
      from = text(rowOf(day).due_date);
      const start = from === after.dueDate ? idWithin(checklistId, after) : "";
      const rows = this.#dueOn.all(from, checklistId, start, limit + 1 - items.length);
      items.push(...rows.map(taskFromRow));
      if (items.length > limit) return { items: items.slice(0, limit), next: placeOf(items[limit - 1]) };
      id = rows.length === 0 ? NO_ID : text(rowOf(rows.at(-1)).id);
      from += AFTER_THE_DAY;
    }
    return { items, next: { dueDate: from.slice(0, -AFTER_THE_DAY.length), checklistId, id } };
  }
}

/** Where a checklist continues on the day of a place: after its id, at the start, or not at all. */
function idWithin(checklistId: string, after: DuePlace): string {
  if (checklistId === after.checklistId) return after.id;
  return Buffer.compare(Buffer.from(checklistId), Buffer.from(after.checklistId)) > 0 ? "" : AFTER_EVERY_ID;
}

/** Index of the first id that does not come before `id`, of ids in order. */
function firstFrom(ids: readonly string[], id: string): number {
  let [low, high] = [0, ids.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byCodePoints(ids[middle] ?? "", id) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function has(ids: readonly string[], id: string): boolean {
  return ids[firstFrom(ids, id)] === id;
}

function placeOf(task: Task | undefined): DuePlace {
  if (task?.dueDate === undefined) throw new TypeError("a task of the agenda has a due date");
  return { dueDate: task.dueDate, checklistId: task.checklistId, id: task.id };
}
