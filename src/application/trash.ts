import type { Checklist } from "../domain/checklist.ts";
import type { Task } from "../domain/task.ts";
import type { Trashed } from "../domain/trash.ts";
import type { Guard } from "../domain/version.ts";
import { announcedWrite } from "./announced.ts";
import type { Caller } from "./caller.ts";
import type { UseCaseDeps } from "./checklists.ts";
import { discardChecklist, discardTask, restoreChecklist, restoreTask } from "./commands.ts";
import type { Awaitable, Slice } from "./ports.ts";
import { rowWritten } from "./written.ts";

/** What was deleted and can be restored. Errors that a user causes are thrown as TodosError. */
export class Trash {
  constructor(private readonly deps: UseCaseDeps) {}

  /** Whether what is deleted goes into it. */
  get isOn(): boolean {
    return (this.deps.trashDays ?? 0) > 0;
  }

  /** In the order in which they go. */
  checklists(after: string | undefined, limit: number): Awaitable<Slice<Trashed<Checklist>>> {
    return this.deps.store.listTrashedChecklists(after, limit);
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

  async restoreChecklist(caller: Caller, id: string, guard: Guard): Promise<Checklist> {
    const { store, feed } = this.deps;
    const written = await announcedWrite(feed, { type: "checklist.restored", checklistId: id }, () =>
      store.write(restoreChecklist(caller, id, guard)),
    );
    return rowWritten(written, "checklist");
  }

  async restoreTask(caller: Caller, checklistId: string, id: string, guard: Guard): Promise<Task> {
    const { store, feed } = this.deps;
    const written = await announcedWrite(feed, { type: "task.restored", checklistId, taskId: id }, () =>
      store.write(restoreTask(caller, checklistId, id, guard)),
    );
    return rowWritten(written, "task");
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
