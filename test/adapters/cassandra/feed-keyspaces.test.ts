import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS } from "../../support/cassandra/shared.ts";
import { type Keyspaces, startKeyspaces } from "../../support/keyspaces/keyspaces.ts";
import { freshKeyspaceIn } from "../../support/keyspaces/settings.ts";
import { happen, type Instance, instance, Listener } from "./feed-support.ts";

let keyspaces: Keyspaces;
let keyspace: Keyspace;
let here: Instance;
let there: Instance;

beforeAll(async () => {
  keyspaces = await startKeyspaces({ schemaDelayMs: 50 });
  keyspace = await freshKeyspaceIn(keyspaces);
  [here, there] = [await instance(keyspace), await instance(keyspace)];
}, CASSANDRA_START_DEADLINE_MS);
afterAll(async () => {
  await here?.[Symbol.asyncDispose]();
  await there?.[Symbol.asyncDispose]();
  await keyspace?.[Symbol.asyncDispose]();
  await keyspaces?.stop();
});

test("on Keyspaces' stand-in, with its short and empty pages, every change is told, and again to who comes back", async () => {
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
