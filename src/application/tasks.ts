import { utcDay } from "../domain/dates.ts";
import { refuse, TodosError } from "../domain/errors.ts";
import type { Position } from "../domain/rank.ts";
import { DEFAULT_REPEAT_FROM } from "../domain/recurrence.ts";
import { newTask, type Task, type TaskChange, type TaskEdit, type TaskFilter } from "../domain/task.ts";
import { stayInTrash } from "../domain/trash.ts";
import type { Guard } from "../domain/version.ts";
import type { DueQuery, DueSlice } from "./agenda.ts";
import { announcedChange, announcedCreation, announcedNext, announcedWrite } from "./announced.ts";
import type { Caller } from "./caller.ts";
import type { UseCaseDeps } from "./checklists.ts";
import {
  type ChangedTask,
  changeTask,
  createTask,
  deleteTask,
  type NeedsPlan,
  type Plan,
} from "./commands.ts";
import { type Creation, create, type Keyed } from "./idempotency.ts";
import type { Awaitable, Slice } from "./ports.ts";
import { rankAt } from "./positions.ts";
import { type LoadRecurrenceDates, nextOccurrence } from "./recurrence.ts";
import { type SearchPart, type SearchPlace, type SearchSlice, searched } from "./search.ts";
import { checklistsOf, dueOf } from "./visible.ts";
import { notFound, rowWritten } from "./written.ts";

/** How often one request plans the next task of a series: each time another writer changed the task meanwhile. */
const PLANS_MAX = 16;

export interface TaskDeps extends UseCaseDeps {
  readonly loadRecurrenceDates: LoadRecurrenceDates;
}

/** What a client can do with the tasks of a checklist. Errors that a user causes are thrown as TodosError. */
export class Tasks {
  constructor(private readonly deps: TaskDeps) {}

  /** @returns undefined if the task or its checklist does not exist */
  find(checklistId: string, id: string): Awaitable<Task | undefined> {
    return this.deps.store.findTask(checklistId, id);
  }

  /** @returns undefined if the checklist does not exist */
  list(
    checklistId: string,
    filter: TaskFilter,
    after: string | undefined,
    limit: number,
  ): Awaitable<Slice<Task> | undefined> {
    return this.deps.store.listTasks(checklistId, filter, after, limit);
  }

  /**
   * What is due, of one checklist or of all that the caller sees. @returns undefined if the checklist does not exist
   * @throws TodosError too-many-checklists
   */
  due(caller: Caller, query: DueQuery, limit: number): Awaitable<DueSlice | undefined> {
    return dueOf(this.deps, caller, query, limit);
  }

  /** Tasks of all checklists that the caller sees. @param words of the domain's `parsedQuery` */
  search(caller: Caller, words: readonly string[], from: SearchPlace, limit: number): Promise<SearchSlice> {
    const { store } = this.deps;
    const places = {
      listChecklists: (after: string | undefined, most: number) =>
        checklistsOf(this.deps, caller, after, most),
      searchTasks: (part: SearchPart, most: number) => store.searchTasks(part, most),
    };
    return searched(places, words, from, limit);
  }

  create(
    caller: Caller,
    checklistId: string,
    change: TaskChange & { readonly todo: string },
    keyed?: Keyed<Task>,
  ): Promise<Creation<Task>> {
    const { store, ids, clock, feed } = this.deps;
    return create(
      { store, ids, clock },
      {
        build: (id, at) =>
          change.position === undefined
            ? taskOrRefusal(newTask(checklistId, id, change, at))
            : this.placedTask(checklistId, id, change, at),
        insert: (row, receipt) =>
          announcedCreation(feed, { type: "task.created", checklistId, taskId: row.id }, row.version, () =>
            store.write(createTask(caller, row, receipt)),
          ),
        missing: () => notFound("checklist"),
      },
      keyed,
    );
  }

  /**
   * An edit may move it to another checklist: it is gone from one address and new at the other.
   * @param today full-date where the person is, for a task that repeats; by default the UTC day
   */
  async change(
    caller: Caller,
    checklistId: string,
    id: string,
    edit: TaskEdit,
    guard: Guard,
    today?: string,
  ): Promise<Task> {
    const { store, clock, feed } = this.deps;
    const { to = checklistId } = edit;
    const { position } = edit.change;
    const placed =
      position === undefined
        ? edit
        : { ...edit, change: { ...edit.change, rank: await this.rankAt(to, id, position) } };
    let plan: Plan | undefined;
    for (let plans = 0; plans <= PLANS_MAX; plans++) {
      const write = () => store.write(changeTask(caller, checklistId, id, placed, guard, clock.now(), plan));
      const written = await announcedChange(feed, { checklistId, id }, to, () =>
        plan?.next ? announcedNext(feed, to, plan.next.id, write) : write(),
      );
      if (written.outcome !== "needs-plan") return changedRow(written);
      plan = await this.plan(written, today);
    }
    throw new TodosError("overloaded", "Others keep changing the task; nothing was changed.", {
      retryAfterS: 1,
    });
  }

  private async plan({ forVersion, row }: NeedsPlan, today: string | undefined): Promise<Plan> {
    const { clock, ids, loadRecurrenceDates } = this.deps;
    const { repeat, repeatFrom = DEFAULT_REPEAT_FROM, dueDate } = row;
    if (repeat === undefined || dueDate === undefined) throw new TypeError("the task does not repeat");
    const day = today ?? utcDay(clock.now());
    const found = await nextOccurrence(loadRecurrenceDates, { repeat, repeatFrom, dueDate }, day);
    return found === undefined ? { forVersion } : { forVersion, next: { id: ids.next(), ...found } };
  }

  async remove(caller: Caller, checklistId: string, id: string, guard: Guard): Promise<void> {
    const { store, feed, clock, trashDays = 0 } = this.deps;
    const stay = stayInTrash(trashDays, clock.now());
    const written = await announcedWrite(feed, { type: "task.deleted", checklistId, taskId: id }, () =>
      store.write(deleteTask(caller, checklistId, id, guard, stay)),
    );
    rowWritten(written, "task");
  }

  /** With the rank that it has already, if an earlier request with the same key created it. */
  private async placedTask(
    checklistId: string,
    id: string,
    change: TaskChange & { readonly todo: string },
    at: number,
  ): Promise<Task> {
    const earlier = await this.deps.store.findTask(checklistId, id);
    const rank = earlier?.rank ?? (change.position && (await this.rankAt(checklistId, id, change.position)));
    return taskOrRefusal(
      newTask(checklistId, id, { ...change, ...(rank === undefined ? {} : { rank }) }, at),
    );
  }

  private rankAt(checklistId: string, id: string, position: Position): Promise<string> {
    return rankAt(this.deps, checklistId, id, position);
  }
}

/** @throws TodosError not-found, conflict, and what `rowWritten` throws */
function changedRow(changed: Exclude<ChangedTask, NeedsPlan>): Task {
  switch (changed.outcome) {
    case "no-target":
      throw notFound("checklist");
    case "occupied":
      throw new TodosError("conflict", "The checklist has another task with this id; nothing was moved.");
    default:
      return rowWritten(changed, "task");
  }
}

function taskOrRefusal(made: ReturnType<typeof newTask>): Task {
  return "pointer" in made ? refuse([made]) : made;
}
