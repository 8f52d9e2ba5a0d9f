import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Client } from "cassandra-driver";
import { type CassandraStore, openCassandraStore } from "../../../src/adapters/cassandra/store.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { Checklists } from "../../../src/application/checklists.ts";
import { MemoryFeed } from "../../../src/application/feed.ts";
import type { ChangeFeed, Clock } from "../../../src/application/ports.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../../support/cassandra/shared.ts";
import { note } from "../../support/size.ts";
import { KeptLog, KeptMeter } from "../sqlite/support.ts";

const clock: Clock = { now: () => Date.now() };
const WRITES = 192;
const ROUNDS = 3;
/** Generous: thousands of durable writes, a third of them one after another. */
const DEADLINE_MS = 240_000;

let keyspace: Keyspace;
let store: CassandraStore;
const meter = new KeptMeter();

beforeAll(async () => {
  keyspace = await freshKeyspace(await sharedCassandra());
  store = await openCassandraStore({ settings: keyspace.settings, log: new KeptLog(), meter, clock });
  count((Reflect.get(store, "session") as { client: Client }).client);
}, CASSANDRA_START_DEADLINE_MS);
afterAll(async () => {
  await store?.close();
  await keyspace?.[Symbol.asyncDispose]();
});

/** Writes of the log. Those of the rows that meet are more or fewer by luck, and a writer's notes are so many a second. */
const sent = { log: 0 };

function count(client: Client): void {
  const counted = (query: string) => {
    if (query.includes("change_log")) sent.log++;
  };
  const [execute, batch] = [client.execute.bind(client), client.batch.bind(client)];
  client.execute = ((query: string, ...more: unknown[]) => {
    counted(query);
    return Reflect.apply(execute, client, [query, ...more]);
  }) as Client["execute"];
  client.batch = ((queries: { query: string }[], ...more: unknown[]) => {
    counted(queries[0]?.query ?? "");
    return Reflect.apply(batch, client, [queries, ...more]);
  }) as Client["batch"];
}

interface Cost {
  readonly msPerWrite: number;
  readonly statementsPerWrite: number;
  /** Of these, writes of the log. */
  readonly logPerWrite: number;
}

/** Changes of as many lists as there are writers, all writers at once. */
async function costOf(feed: ChangeFeed, writers: number): Promise<Cost> {
  const checklists = new Checklists({
    store,
    feed,
    clock,
    ids: { next: () => Bun.randomUUIDv7() },
    random: Math.random,
  });
  const ids = await Promise.all(
    Array.from({ length: writers }, async () => {
      const made = await checklists.create(ANYONE, "cost");
      if (made.outcome !== "created") throw new Error(made.outcome);
      return made.row.id;
    }),
  );
  const before = { all: meter.statements.first, log: sent.log };
  const startedAt = performance.now();
  await Promise.all(
    ids.map(async (id) => {
      for (let i = 0; i < WRITES / writers; i++) await checklists.change(ANYONE, id, {}, UNGUARDED);
    }),
  );
  const tookMs = performance.now() - startedAt;
  // Pending confirmations are part of the cost.
  await feed.close();
  return {
    msPerWrite: (tookMs * writers) / WRITES,
    statementsPerWrite: (meter.statements.first - before.all) / WRITES,
    logPerWrite: (sent.log - before.log) / WRITES,
  };
}

function median(costs: readonly Cost[]): Cost {
  return [...costs].sort((a, b) => a.msPerWrite - b.msPerWrite)[Math.floor(costs.length / 2)] as Cost;
}

test(
  "shared events cost a write at most two small statements, and fewer the more writers there are",
  async () => {
    await costOf(new MemoryFeed("warm"), 8);
    const added: number[] = [];
    for (const writers of [1, 8, 64]) {
      const [off, on]: [Cost[], Cost[]] = [[], []];
      for (let round = 0; round < ROUNDS; round++) {
        off.push(await costOf(new MemoryFeed("off"), writers));
        on.push(await costOf(store.feed(), writers));
      }
      const [without, with_] = [median(off), median(on)];
      added.push(with_.logPerWrite);
      note(
        `shared events, ${writers} writers: ${without.msPerWrite.toFixed(2)} → ${with_.msPerWrite.toFixed(2)} ms a write, ${without.statementsPerWrite.toFixed(2)} → ${with_.statementsPerWrite.toFixed(2)} statements a write, ${with_.logPerWrite.toFixed(2)} of them on the log`,
      );
    }
    const [alone = 0, , many = 0] = added;
    expect(alone).toBeLessThan(2.2);
    expect(many).toBeLessThan(1);
  },
  DEADLINE_MS,
);
