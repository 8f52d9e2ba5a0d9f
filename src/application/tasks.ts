import { refuse } from "../domain/errors.ts";
import type { Position } from "../domain/rank.ts";
import { newTask, type Task, type TaskChange, type TaskEdit, type TaskFilter } from "../domain/task.ts";
import { stayInTrash } from "../domain/trash.ts";
import type { Guard } from "../domain/version.ts";
import type { DueQuery, DueSlice } from "./agenda.ts";
import { announcedCreation, announcedWrite } from "./announced.ts";
import type { Caller } from "./caller.ts";
import type { UseCaseDeps } from "./checklists.ts";
import { changeTask, createTask, deleteTask } from "./commands.ts";
import { type Creation, create, type Keyed } from "./idempotency.ts";
import type { Awaitable, Slice } from "./ports.ts";
import { rankAt } from "./positions.ts";
import { notFound, rowWritten } from "./written.ts";

/** What a client can do with the tasks of a checklist. Errors that a user causes are thrown as TodosError. */
export class Tasks {
  constructor(private readonly deps: UseCaseDeps) {}

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
   * What is due, of one checklist or of all. @returns undefined if the checklist does not exist
   * @throws TodosError too-many-checklists
   */
  due(query: DueQuery, limit: number): Awaitable<DueSlice | undefined> {
    return this.deps.store.listDue(query, limit);
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

  async change(caller: Caller, checklistId: string, id: string, edit: TaskEdit, guard: Guard): Promise<Task> {
    const { store, clock, feed } = this.deps;
    const { position } = edit.change;
    const placed =
      position === undefined
        ? edit
        : { ...edit, change: { ...edit.change, rank: await this.rankAt(checklistId, id, position) } };
    const written = await announcedWrite(feed, { type: "task.updated", checklistId, taskId: id }, () =>
      store.write(changeTask(caller, checklistId, id, placed, guard, clock.now())),
    );
    return rowWritten(written, "task");
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

function taskOrRefusal(made: ReturnType<typeof newTask>): Task {
  return "pointer" in made ? refuse([made]) : made;
}
