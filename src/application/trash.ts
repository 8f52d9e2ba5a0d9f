import type { Checklist } from "../domain/checklist.ts";
import type { Task } from "../domain/task.ts";
import type { Trashed } from "../domain/trash.ts";
import type { Guard } from "../domain/version.ts";
import { announcedWrite } from "./announced.ts";
import type { Caller } from "./caller.ts";
import type { UseCaseDeps } from "./checklists.ts";
import { discardChecklist, discardTask, restoreChecklist, restoreTask } from "./commands.ts";
import { type Keyed, type Restoration, restore } from "./idempotency.ts";
import type { Awaitable, RestorationReceipt, Slice } from "./ports.ts";
import { trashedChecklistsOf } from "./visible.ts";
import { rowWritten } from "./written.ts";

/** What was deleted and can be restored. Errors that a user causes are thrown as TodosError. */
export class Trash {
  constructor(private readonly deps: UseCaseDeps) {}

  /** Whether what is deleted goes into it. */
  get isOn(): boolean {
    return (this.deps.trashDays ?? 0) > 0;
  }

  /** Those that the caller sees, in the order in which they go, or by id. */
  checklists(caller: Caller, after: string | undefined, limit: number): Awaitable<Slice<Trashed<Checklist>>> {
    return trashedChecklistsOf(this.deps, caller, after, limit);
  }

  findChecklist(id: string): Awaitable<Trashed<Checklist> | undefined> {
    return this.deps.store.findTrashedChecklist(id);
  }

  /** In order of id. @returns undefined if the checklist does not exist, or is in the trash itself */
  tasks(
    checklistId: string,
    after: string | undefined,
    limit: number,
  ): Awaitable<Slice<Trashed<Task>> | undefined> {
    return this.deps.store.listTrashedTasks(checklistId, after, limit);
  }

  findTask(checklistId: string, id: string): Awaitable<Trashed<Task> | undefined> {
    return this.deps.store.findTrashedTask(checklistId, id);
  }

  restoreChecklist(
    caller: Caller,
    id: string,
    guard: Guard,
    keyed?: Keyed<Checklist>,
  ): Promise<Restoration<Checklist>> {
    const { store, feed } = this.deps;
    const one = {
      what: "checklist",
      find: () => this.findChecklist(id),
      restore: (condition: Guard, receipt?: RestorationReceipt) =>
        announcedWrite(feed, { type: "checklist.restored", checklistId: id }, () =>
          store.write(restoreChecklist(caller, id, condition, receipt)),
        ),
    };
    return restore(this.deps, one, guard, keyed);
  }

  restoreTask(
    caller: Caller,
    checklistId: string,
    id: string,
    guard: Guard,
    keyed?: Keyed<Task>,
  ): Promise<Restoration<Task>> {
    const { store, feed } = this.deps;
    const one = {
      what: "task",
      find: () => this.findTask(checklistId, id),
      restore: (condition: Guard, receipt?: RestorationReceipt) =>
        announcedWrite(feed, { type: "task.restored", checklistId, taskId: id }, () =>
          store.write(restoreTask(caller, checklistId, id, condition, receipt)),
        ),
    };
    return restore(this.deps, one, guard, keyed);
  }

  /** For good. No event: for readers of the list it was gone before. */
  async discardChecklist(caller: Caller, id: string, guard: Guard): Promise<void> {
    rowWritten(await this.deps.store.write(discardChecklist(caller, id, guard)), "checklist");
  }

  /** For good. */
  async discardTask(caller: Caller, checklistId: string, id: string, guard: Guard): Promise<void> {
    rowWritten(await this.deps.store.write(discardTask(caller, checklistId, id, guard)), "task");
  }
}
