import type { CassandraSettings } from "../../../src/adapters/cassandra/settings.ts";
import {
  type CassandraStore,
  type CassandraStoreOptions,
  openCassandraStore,
} from "../../../src/adapters/cassandra/store.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { createChecklist, createTask } from "../../../src/application/commands.ts";
import { newChecklist } from "../../../src/domain/checklist.ts";
import { KeptLog, KeptMeter } from "../../adapters/sqlite/support.ts";
import { someTask } from "../../contract/rows.ts";

/** Requests that each instance has at once. */
const WRITERS_EACH = 4;

/** The results of many instances on one list. */
export interface HotList {
  readonly listId: string;
  /** Ids of the tasks with a successful answer. */
  readonly made: readonly string[];
  readonly failures: readonly unknown[];
  readonly perSecond: number;
  readonly p99Ms: number;
}

/** Instances of the store as so many processes would have them, each with connections of its own. */
export async function openInstances(
  settings: CassandraSettings,
  count: number,
  more: Pick<CassandraStoreOptions, "allKnowMs"> = {},
): Promise<{ readonly stores: readonly CassandraStore[] } & AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  const stores: CassandraStore[] = [];
  for (let n = 0; n < count; n++) {
    const parts = { log: new KeptLog(), meter: new KeptMeter(), clock: { now: Date.now }, ...more };
    stores.push(stack.adopt(await openCassandraStore({ settings, ...parts }), (store) => store.close()));
  }
  return { stores, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** All of them create tasks in one new list, until so many are sent or the time is over. */
export async function createInOneList(
  stores: readonly CassandraStore[],
  { count = Number.POSITIVE_INFINITY, seconds = Number.POSITIVE_INFINITY },
): Promise<HotList> {
  const listId = Bun.randomUUIDv7();
  await stores[0]?.write(createChecklist(ANYONE, newChecklist(listId, "Hot", Date.now())));
  const made: string[] = [];
  const failures: unknown[] = [];
  const times: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  let left = count;
  const writer = async (store: CassandraStore): Promise<void> => {
    while (left > 0 && performance.now() < endsAt) {
      left--;
      const row = someTask({ checklistId: listId });
      const askedAt = performance.now();
      try {
        const { outcome } = await store.write(createTask(ANYONE, row));
        if (outcome !== "created") throw new Error(`a task was ${outcome}`);
        made.push(row.id);
      } catch (error) {
        failures.push(error);
      }
      times.push(performance.now() - askedAt);
    }
  };
  await Promise.all(stores.flatMap((store) => Array.from({ length: WRITERS_EACH }, () => writer(store))));
  const perSecond = (made.length * 1_000) / (performance.now() - startedAt);
  times.sort((a, b) => a - b);
  return { listId, made, failures, perSecond, p99Ms: times[Math.ceil(times.length * 0.99) - 1] ?? 0 };
}
