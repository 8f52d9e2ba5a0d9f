import { TodosError } from "../domain/errors.ts";
import type { Command, WriteAnswer, WriteName } from "./commands.ts";
import type { Awaitable } from "./ports.ts";
import { type Store, StoreDecorator } from "./store.ts";

const RETRY_AFTER_S = 2;

/** A store that may not be open yet: until it is, every call throws `store-unavailable`. */
export class PendingStore extends StoreDecorator {
  private opened: Store | undefined;
  private reason = "The store is not open yet.";

  constructor(private readonly awaited: Pick<Store, "kind" | "checklistOrder">) {
    super();
  }

  override get kind(): Store["kind"] {
    return this.awaited.kind;
  }

  override get checklistOrder(): Store["checklistOrder"] {
    return this.awaited.checklistOrder;
  }

  /** From now on everything goes to `store`. */
  settle(store: Store): void {
    this.opened = store;
  }

  /** Why it is not open yet, for operators; clients are not told. */
  explain(reason: string): void {
    this.reason = reason;
  }

  /** Empty until the store is open: no version has that epoch. */
  override get epoch(): string {
    return this.opened?.epoch ?? "";
  }

  override get durability(): string {
    return this.opened?.durability ?? "unknown until the store is open";
  }

  async write<N extends WriteName>(command: Command<N>): Promise<WriteAnswer<N>> {
    return this.store.write(command);
  }

  override takeMarkRead(): number | undefined {
    return this.opened?.takeMarkRead();
  }

  override together<T>(work: () => T): T {
    return this.opened ? this.opened.together(work) : work();
  }

  override async check(): Promise<void> {
    if (!this.opened) throw notOpen(this.reason);
    await this.opened.check();
  }

  override async close(): Promise<void> {
    await this.opened?.close();
  }

  protected ask<T>(_operation: string, answer: (store: Store) => Awaitable<T>): Awaitable<T> {
    return answer(this.store);
  }

  protected get store(): Store {
    if (this.opened) return this.opened;
    throw notOpen("The store is not open yet. Try again in a moment.");
  }
}

function notOpen(detail: string): TodosError {
  return new TodosError("store-unavailable", detail, { retryAfterS: RETRY_AFTER_S });
}
