import type { CassandraSettings } from "../../../src/adapters/cassandra/settings.ts";
import type { Store } from "../../../src/application/store.ts";
import { openInstances } from "./hot-list.ts";
import { Statements } from "./statements.ts";

/** Two instances on one keyspace: one whose statements a test can stop, and one that nothing disturbs. */
export interface Pair extends AsyncDisposable {
  readonly store: Store;
  readonly other: Store;
  readonly statements: Statements;
}

/** @param more options of both */
export async function openPair(
  settings: CassandraSettings,
  more?: Parameters<typeof openInstances>[2],
): Promise<Pair> {
  const instances = await openInstances(settings, 2, more);
  const [store, other] = instances.stores;
  if (!store || !other) throw new Error("there are not two instances");
  const close = () => instances[Symbol.asyncDispose]();
  return { store, other, statements: new Statements(store), [Symbol.asyncDispose]: close };
}
