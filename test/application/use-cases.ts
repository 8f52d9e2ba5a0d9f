import { loadRecurrenceDates } from "../../src/adapters/recurrence/load.ts";
import { Checklists } from "../../src/application/checklists.ts";
import { MemoryFeed } from "../../src/application/feed.ts";
import type { Change } from "../../src/application/ports.ts";
import type { Store } from "../../src/application/store.ts";
import { Tasks } from "../../src/application/tasks.ts";
import { orderedIds } from "../../src/commands/support/system.ts";
import { openStore, scratchFolder } from "../adapters/sqlite/support.ts";

export const START = Date.UTC(2026, 0, 2);

/** The use cases on the real store and feed, with a clock that the test sets. */
export interface UseCases extends AsyncDisposable {
  readonly checklists: Checklists;
  readonly tasks: Tasks;
  readonly store: Store;
  /** Everything published so far. */
  readonly changes: readonly Change[];
  readonly clock: { nowMs: number; now(): number };
  /**
   * The same, with some of the store's methods replaced, for behaviour that the real one can't be made
   * to show.
   */
  readonly withStore: (methods: Partial<Store>) => Pick<UseCases, "checklists" | "tasks">;
}

/** @param path a file to use; by default one of its own that goes with it */
export async function useCases(path?: string): Promise<UseCases> {
  const folder = scratchFolder();
  const clock = { nowMs: START, now: () => clock.nowMs };
  const opened = await openStore(path ?? folder.file("todos.db"), { clock });
  const feed = new MemoryFeed("feed");
  const changes: Change[] = [];
  feed.subscribe(undefined, ({ position: _, ...change }) => changes.push(change));
  const on = (store: Store) => {
    const deps = { store, feed, clock, ids: orderedIds(clock), random: Math.random, loadRecurrenceDates };
    return { checklists: new Checklists(deps), tasks: new Tasks(deps) };
  };
  return {
    ...on(opened.store),
    store: opened.store,
    changes,
    clock,
    withStore: (methods) => on(replaced(opened.store, methods)),
    [Symbol.asyncDispose]: async () => {
      await opened.store.close();
      folder[Symbol.dispose]();
    },
  };
}

function replaced(store: Store, methods: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(name in methods ? methods : target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
