import type { Checklist } from "../domain/checklist.ts";
import type { Task, TaskFilter } from "../domain/task.ts";
import type { Command, WriteAnswer, WriteName } from "./commands.ts";
import type { Awaitable, Claim, IdempotencyRequest, Slice } from "./ports.ts";
import type { Store } from "./store.ts";

/** A store in front of another one. It names every operation once, so that a decorator says only what it adds. */
export abstract class StoreDecorator implements Store {
  /** The store behind. */
  protected abstract readonly store: Store;

  /** Every operation but writes passes through here. */
  protected abstract ask<T>(operation: string, answer: (store: Store) => Awaitable<T>): Awaitable<T>;

  abstract write<N extends WriteName>(command: Command<N>): Promise<WriteAnswer<N>>;

  get kind(): Store["kind"] {
    return this.store.kind;
  }

  get checklistOrder(): Store["checklistOrder"] {
    return this.store.checklistOrder;
  }

  get epoch(): string {
    return this.store.epoch;
  }

  get durability(): string {
    return this.store.durability;
  }

  findChecklist(id: string): Awaitable<Checklist | undefined> {
    return this.ask("findChecklist", (store) => store.findChecklist(id));
  }

  listChecklists(after: string | undefined, limit: number): Awaitable<Slice<Checklist>> {
    return this.ask("listChecklists", (store) => store.listChecklists(after, limit));
  }

  findTask(checklistId: string, id: string): Awaitable<Task | undefined> {
    return this.ask("findTask", (store) => store.findTask(checklistId, id));
  }

  listTasks(
    checklistId: string,
    filter: TaskFilter,
    after: string | undefined,
    limit: number,
  ): Awaitable<Slice<Task> | undefined> {
    return this.ask("listTasks", (store) => store.listTasks(checklistId, filter, after, limit));
  }

  claimKey(request: IdempotencyRequest, id: string, now: number): Awaitable<Claim> {
    return this.ask("claimKey", (store) => store.claimKey(request, id, now));
  }

  releaseKey(request: IdempotencyRequest, owner: string): Awaitable<void> {
    return this.ask("releaseKey", (store) => store.releaseKey(request, owner));
  }

  async check(): Promise<void> {
    await this.ask("check", (store) => store.check());
  }

  close(): Promise<void> {
    return this.store.close();
  }
}
