import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../../support/cassandra/shared.ts";
import { change, EPOCH, happen, type Instance, instance, Listener, QUICK } from "./feed-support.ts";

setDefaultTimeout(60_000);
const CLOCK_BEHIND_MS = 5_000;

let keyspace: Keyspace;
let here: Instance;

beforeAll(async () => {
  keyspace = await freshKeyspace(await sharedCassandra());
  here = await instance(keyspace);
}, CASSANDRA_START_DEADLINE_MS);
afterAll(async () => {
  await here?.[Symbol.asyncDispose]();
  await keyspace?.[Symbol.asyncDispose]();
});

async function instances(count: number): Promise<Instance[]> {
  return await Promise.all(Array.from({ length: count }, () => instance(keyspace)));
}

describe("a listener resumes", () => {
  test("after a deploy that replaced every instance, without a gap and without a repetition", async () => {
    const old = await instances(3);
    const [first] = old as [Instance];
    const listener = await Listener.to(first.feed);
    for (const [i, { feed }] of old.entries()) await happen(feed, `seen ${i}`);
    for (const i of old.keys()) await listener.of(`seen ${i}`);
    const { position } = listener.entries.at(-1) as { position: string };
    await listener[Symbol.asyncDispose]();
    for (const [i, each] of old.entries()) {
      await happen(each.feed, `last words ${i}`);
      await each[Symbol.asyncDispose]();
    }
    const fresh = await instances(3);
    for (const [i, { feed }] of fresh.entries()) await happen(feed, `new ${i}`);
    for (const { feed } of fresh) {
      await using again = await Listener.to(feed, position);
      for (const i of old.keys()) for (const id of [`last words ${i}`, `new ${i}`]) await again.of(id);
      expect(again.resumed).toBe(true);
      expect(again.told.filter((id) => id.startsWith("seen"))).toEqual([]);
      expect(again.told.length).toBe(new Set(again.told).size);
    }
    for (const each of fresh) await each[Symbol.asyncDispose]();
  });

  test("if a writer whose clock is behind started after it had left", async () => {
    const ahead = { now: () => Date.now() + CLOCK_BEHIND_MS };
    const behind = { now: () => Date.now() - CLOCK_BEHIND_MS };
    await using fast = await instance(keyspace, { clock: ahead });
    const listener = await Listener.to(here.feed);
    await happen(fast.feed, "by the fast clock");
    await listener.of("by the fast clock");
    // Two looks later the id tells of a moment after that change.
    await fast.feed.close();
    await Bun.sleep(10 * QUICK.pollEveryMs);
    const position = listener.now();
    await listener[Symbol.asyncDispose]();
    await using slow = await instance(keyspace, { clock: behind });
    await happen(slow.feed, "by the slow clock");
    await using elsewhere = await instance(keyspace);
    await using again = await Listener.to(elsewhere.feed, position);
    await again.of("by the slow clock");
    expect(again.resumed).toBe(true);
    expect(again.told).not.toContain("by the fast clock");
  });

  test("with an id of the previous release, and from a writer of it", async () => {
    const [writer, at] = ["previous", Date.now()];
    const happened = async (n: number) => {
      await here.log.record(writer, [{ n, change: change(`previous ${n}`), at: at + n }]);
      await here.log.settle(writer, [{ n, state: "happened" }]);
      await here.log.note({ writer, head: n, settled: n, seenAt: at + n, headAt: at + n });
    };
    await using listener = await Listener.to(here.feed);
    await happened(1);
    await happened(2);
    await listener.of("previous 2");
    const id = `${EPOCH.slice(0, 6)}.${at.toString(36)}.${writer}1`;
    await using again = await Listener.to(here.feed, id);
    await again.of("previous 2");
    expect([again.resumed, again.told.includes("previous 1")]).toEqual([true, false]);
    await using on = await Listener.to(here.feed, again.now());
    await happened(3);
    await on.of("previous 3");
    expect(on.resumed).toBe(true);
  });
});

describe("late arrivals", () => {
  test("are sent: a change that appears after its writer noted its number", async () => {
    const [writer, at] = ["late_row", Date.now()];
    await using listener = await Listener.to(here.feed);
    await here.log.note({ writer, head: 1, settled: 0, seenAt: at + 1, headAt: at, leaseMs: 60_000 });
    await happen(here.feed, "a look later");
    await listener.of("a look later");
    const position = listener.now();
    await here.log.record(writer, [{ n: 1, change: change("late row"), at }]);
    await here.log.settle(writer, [{ n: 1, state: "happened" }]);
    await listener.of("late row");
    await using again = await Listener.to(here.feed, position);
    await again.of("late row");
    expect(again.resumed).toBe(true);
  });

  test("are ignored: a note that is sent again after a later one", async () => {
    const [writer, at] = ["old_note", Date.now()];
    const note = (head: number) =>
      here.log.note({ writer, head, settled: head, seenAt: at + head, headAt: at, leaseMs: 0 });
    await note(2);
    await note(1);
    expect((await here.log.writers()).find((each) => each.writer === writer)?.head).toBe(2);
  });

  test("are sent: what a writer announced after its lease ended, because it registers again first", async () => {
    await using paused = await instance(keyspace, {
      times: { ...QUICK, beatEveryMs: 60_000, leaseMs: 1_500 },
    });
    await using listener = await Listener.to(here.feed);
    await happen(paused.feed, "within its lease");
    await listener.of("within its lease");
    const before = await here.log.writers();
    await Bun.sleep(1_600);
    await happen(paused.feed, "after it");
    const after = await here.log.writers();
    await listener.of("after it");
    const newest = Math.max(...before.map(({ seenAt }) => seenAt));
    expect(after.filter(({ seenAt, leaseMs }) => seenAt > newest && leaseMs === 1_500)).toHaveLength(1);
  });
});

test("a writer without changes signs off, and readers no longer check it", async () => {
  const times = { ...QUICK, quietMs: 50, presenceEveryMs: 50 };
  await using quiet = await instance(keyspace, { times });
  await using reader = await instance(keyspace);
  await using listener = await Listener.to(reader.feed);
  const known = new Set((await here.log.writers()).map(({ writer }) => writer));
  await happen(quiet.feed, "before it signs off");
  await listener.of("before it signs off");
  const note = async () => (await here.log.writers()).find(({ writer }) => !known.has(writer));
  while ((await note())?.leaseMs !== 0) await Bun.sleep(20);
  // It still shows that it runs: todos copy asks.
  const last = (await note())?.seenAt ?? 0;
  while (((await note())?.seenAt ?? 0) <= last) await Bun.sleep(20);
  expect((await note())?.leaseMs).toBe(0);
  await happen(quiet.feed, "when it is back");
  await listener.of("when it is back");
});
