import type { Checklist, ChecklistChange } from "../domain/checklist.ts";
import { TodosError } from "../domain/errors.ts";
import type { Task, TaskEdit, TaskFilter } from "../domain/task.ts";
import type { Guard } from "../domain/version.ts";
import type {
  Awaitable,
  Claim,
  Created,
  IdempotencyRequest,
  Receipt,
  Slice,
  Store,
  Written,
} from "./ports.ts";

const RETRY_AFTER_S = 2;

/** A store that may not be open yet: until it is, every call throws `store-unavailable`. */
export class PendingStore implements Store {
  private opened: Store | undefined;
  private reason = "The store is not open yet.";

  constructor(
    readonly kind: Store["kind"],
    readonly checklistOrder: Store["checklistOrder"],
  ) {}

  /** From now on everything goes to `store`. */
  settle(store: Store): void {
    this.opened = store;
  }

  /** Why it is not open yet, for operators; clients are not told. */
  explain(reason: string): void {
    this.reason = reason;
  }

  /** Empty until the store is open: no version has that epoch. */
  get epoch(): string {
    return this.opened?.epoch ?? "";
  }

  get durability(): string {
    return this.opened?.durability ?? "unknown until the store is open";
  }

  findChecklist(id: string): Awaitable<Checklist | undefined> {
    return this.store().findChecklist(id);
  }

  listChecklists(after: string | undefined, limit: number): Awaitable<Slice<Checklist>> {
    return this.store().listChecklists(after, limit);
  }

  async createChecklist(row: Checklist, receipt?: Receipt): Promise<Created> {
    return this.store().createChecklist(row, receipt);
  }

  async changeChecklist(
    id: string,
    change: ChecklistChange,
    guard: Guard,
    now: number,
  ): Promise<Written<Checklist>> {
    return this.store().changeChecklist(id, change, guard, now);
  }

  async deleteChecklist(id: string, guard: Guard): Promise<Written<undefined>> {
    return this.store().deleteChecklist(id, guard);
  }

  findTask(checklistId: string, id: string): Awaitable<Task | undefined> {
    return this.store().findTask(checklistId, id);
  }

  listTasks(
    checklistId: string,
    filter: TaskFilter,
    after: string | undefined,
    limit: number,
  ): Awaitable<Slice<Task> | undefined> {
    return this.store().listTasks(checklistId, filter, after, limit);
  }

  async createTask(row: Task, receipt?: Receipt): Promise<Created> {
    return this.store().createTask(row, receipt);
  }

  async changeTask(
    checklistId: string,
    id: string,
    edit: TaskEdit,
    guard: Guard,
    now: number,
  ): Promise<Written<Task>> {
    return this.store().changeTask(checklistId, id, edit, guard, now);
  }

  async deleteTask(checklistId: string, id: string, guard: Guard): Promise<Written<undefined>> {
    return this.store().deleteTask(checklistId, id, guard);
  }

  claimKey(request: IdempotencyRequest, id: string, now: number): Awaitable<Claim> {
    return this.store().claimKey(request, id, now);
  }

  releaseKey(request: IdempotencyRequest, owner: string): Awaitable<void> {
    return this.store().releaseKey(request, owner);
  }

  async check(): Promise<void> {
    if (!this.opened) throw new TodosError("store-unavailable", this.reason, { retryAfterS: RETRY_AFTER_S });
    await this.opened.check();
  }

  async close(): Promise<void> {
    await this.opened?.close();
  }

  private store(): Store {
    if (this.opened) return this.opened;
    throw new TodosError("store-unavailable", "The store is not open yet. Try again in a moment.", {
      retryAfterS: RETRY_AFTER_S,
    });
  }
}
