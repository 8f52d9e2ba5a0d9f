import { afterAll, beforeAll, expect, test } from "bun:test";
import { NAMED_WRITERS_MAX, POSITION_CHARS_MAX } from "../../../src/adapters/cassandra/feed/position.ts";
import type { Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS } from "../../support/cassandra/shared.ts";
import { freshKeyspaceIn } from "../../support/keyspaces/keyspace.ts";
import { sharedKeyspaces } from "../../support/keyspaces/shared.ts";
import { change, happen, type Instance, instance, Listener } from "./feed-support.ts";

let keyspace: Keyspace;
let here: Instance;
let there: Instance;

beforeAll(async () => {
  keyspace = await freshKeyspaceIn(await sharedKeyspaces());
  [here, there] = [await instance(keyspace), await instance(keyspace)];
}, CASSANDRA_START_DEADLINE_MS);
afterAll(async () => {
  await here?.[Symbol.asyncDispose]();
  await there?.[Symbol.asyncDispose]();
  await keyspace?.[Symbol.asyncDispose]();
});

test("on Keyspaces' stand-in, with its short and empty pages, every change is sent, and again to a returning client", async () => {
  const from = await Listener.to(here.feed);
  await using listener = await Listener.to(there.feed);
  const ids = Array.from({ length: 100 }, (_, i) => `change${i}`);
  await Promise.all(ids.map((id) => happen(here.feed, id)));
  for (const id of ids) await listener.of(id);
  await from[Symbol.asyncDispose]();
  await using again = await Listener.to(there.feed, from.position);
  for (const id of ids) await again.of(id);
  expect(again.resumed).toBe(true);
}, 60_000);

test("on Keyspaces' stand-in, resuming works if an id has no room for all writers", async () => {
  const writers = Array.from(
    { length: 3 * NAMED_WRITERS_MAX },
    (_, i) => `writer${String(i).padStart(2, "0")}`,
  );
  const round = async (n: number) => {
    for (const writer of writers) {
      const at = Date.now();
      await here.log.record(writer, [{ n, change: change(`${writer} ${n}`), at }]);
      await here.log.settle(writer, [{ n, state: "happened" }]);
      await here.log.note({ writer, head: n, settled: n, seenAt: at + 1, headAt: at, leaseMs: 60_000 });
    }
  };
  await round(1);
  const first = await Listener.to(there.feed);
  await round(2);
  for (const writer of writers) await first.of(`${writer} 2`);
  const { position } = first.entries.at(-1) as { position: string };
  await first[Symbol.asyncDispose]();
  await round(3);
  await using again = await Listener.to(here.feed, position);
  for (const writer of writers) await again.of(`${writer} 3`);
  expect(again.resumed).toBe(true);
  expect(position.length).toBeLessThanOrEqual(POSITION_CHARS_MAX);
}, 60_000);

test("on Keyspaces' stand-in, changes are looked up by their numbers", async () => {
  const numbers = Array.from({ length: 60 }, (_, index) => index + 1);
  const changes = numbers.map((n) => ({ n, change: change(`number ${n}`), at: Date.now() }));
  for (const each of changes) await here.log.record("looked-up", [each]);
  const found = await there.log.some(
    "looked-up",
    numbers.filter((n) => n % 2 === 0),
  );
  expect(found.map(({ n }) => n).sort((a, b) => a - b)).toEqual(numbers.filter((n) => n % 2 === 0));
});
