import { afterAll, beforeAll, expect, test } from "bun:test";
import { Session } from "../../../src/adapters/cassandra/session.ts";
import { WorkLease } from "../../../src/adapters/cassandra/work-lease.ts";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../../support/cassandra/shared.ts";

const LOOK_MS = 30_000;
const STEP_MS = 10_000;

let keyspace: Keyspace;
let session: Session;
/** Of every holder, and moved by the tests. */
let now = 0;

beforeAll(async () => {
  keyspace = await freshKeyspace(await sharedCassandra());
  session = await Session.connect(keyspace.settings);
}, CASSANDRA_START_DEADLINE_MS);
afterAll(async () => {
  await session?.close();
  await keyspace?.[Symbol.asyncDispose]();
});

const lease = (key: string) => new WorkLease(session, key, () => now);

test("one instance has the work, until it gives it back", async () => {
  const [one, other] = [lease("given"), lease("given")];
  expect([await one.held(), await other.held()]).toEqual([true, false]);
  await one.give();
  expect([await other.held(), await one.held()]).toEqual([true, false]);
});

test("of two that want it at once, one gets it", async () => {
  const both = await Promise.all(Array.from({ length: 8 }, () => lease("wanted").held()));
  expect(both.filter((has) => has)).toHaveLength(1);
});

test("a holder that goes on working keeps it, however often others look", async () => {
  const [one, other] = [lease("kept"), lease("kept")];
  await one.held();
  for (let look = 0; look < 3; look++) {
    expect(await other.held()).toBe(false);
    for (let ms = 0; ms < LOOK_MS; ms += STEP_MS) {
      now += STEP_MS;
      expect(await one.held()).toBe(true);
    }
  }
});

test("a holder that has ended loses it after two looks of another, and finds out", async () => {
  const [ended, other] = [lease("lost"), lease("lost")];
  await ended.held();
  expect(await other.held()).toBe(false);
  now += LOOK_MS;
  expect(await other.held()).toBe(true);
  expect(await ended.held()).toBe(false);
  await ended.give();
  now += STEP_MS;
  expect(await other.held()).toBe(true);
});
