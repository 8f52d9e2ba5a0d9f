import { afterAll, beforeAll, expect, test } from "bun:test";
import type { PartDeps } from "../../../src/adapters/cassandra/part.ts";
import { openCassandraStore } from "../../../src/adapters/cassandra/store.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import type { Store } from "../../../src/application/store.ts";
import { INBOX_ID } from "../../../src/domain/checklist.ts";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../../support/cassandra/shared.ts";
import { KeptLog, KeptMeter } from "../sqlite/support.ts";

interface Mark {
  readonly key: string;
  readonly value: string;
}

/** What a resource adds to the store; not declared, because declarations hold for the whole program. */
const marks = {
  reads: ({ session }: PartDeps) => ({
    findMark: async ({ key }: Mark) =>
      (await session.row("SELECT value FROM meta WHERE key = ?", [key]))?.value,
  }),
  writes: ({ session }: PartDeps) => ({
    saveMark: async ({ key, value }: Mark, latest: number) => {
      if (latest <= performance.now()) throw new Error("too late");
      await session.write("INSERT INTO meta (key, value) VALUES (?, ?)", [key, value]);
      return { outcome: "created" };
    },
  }),
};

let keyspace: Keyspace;
let store: Store;

beforeAll(async () => {
  keyspace = await freshKeyspace(await sharedCassandra());
  store = await openCassandraStore({
    settings: keyspace.settings,
    log: new KeptLog(),
    meter: new KeptMeter(),
    clock: { now: Date.now },
    parts: [marks],
  });
}, CASSANDRA_START_DEADLINE_MS);

afterAll(async () => {
  await store?.close();
  await keyspace?.[Symbol.asyncDispose]();
});

test("a resource's own reads and writes go through the store, beside those that it has", async () => {
  const save = { op: "saveMark", caller: ANYONE, key: "mark", value: "x" };
  const find = { op: "findMark", key: "mark" };
  expect<unknown>(await store.read(find as never)).toBeUndefined();
  expect<unknown>(await store.write(save as never)).toEqual({ outcome: "created" });
  expect<unknown>(await store.read(find as never)).toBe("x");
  expect(await store.findChecklist(INBOX_ID)).toMatchObject({ id: INBOX_ID });
});
