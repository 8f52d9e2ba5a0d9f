import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { BATCH_STATEMENTS_MAX, inOneSlot } from "../../../src/adapters/cassandra/feed/log.ts";
import { MISSED_ENTRIES_MAX } from "../../../src/adapters/cassandra/feed/missed.ts";
import { FEED_TIMES, POSITION_AGE_MAX_MS } from "../../../src/adapters/cassandra/feed/times.ts";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../../support/cassandra/shared.ts";
import { note } from "../../support/size.ts";
import { change, happen, type Instance, instance, Listener, QUICK } from "./feed-support.ts";

setDefaultTimeout(60_000);
const CHILD = join(import.meta.dir, "children/announce.ts");
const TOLD_WITHIN_MS = 1_000;

let keyspace: Keyspace;
let here: Instance;
let there: Instance;

beforeAll(async () => {
  keyspace = await freshKeyspace(await sharedCassandra());
  [here, there] = [await instance(keyspace), await instance(keyspace)];
}, CASSANDRA_START_DEADLINE_MS);
afterAll(async () => {
  await here?.[Symbol.asyncDispose]();
  await there?.[Symbol.asyncDispose]();
  await keyspace?.[Symbol.asyncDispose]();
});

describe("a change made through one instance", () => {
  test("is sent by another within a second, with the service's own times", async () => {
    await using writer = await instance(keyspace, { times: FEED_TIMES });
    await using reader = await instance(keyspace, { times: FEED_TIMES });
    await using listener = await Listener.to(reader.feed);
    const tookMs: number[] = [];
    for (let i = 0; i < 15; i++) {
      // At any moment between two looks of the reader.
      await Bun.sleep(Math.random() * FEED_TIMES.pollEveryMs);
      const startedAt = performance.now();
      await happen(writer.feed, `quick${i}`);
      await listener.of(`quick${i}`);
      tookMs.push(performance.now() - startedAt);
    }
    tookMs.sort((a, b) => a - b);
    const [median = 0, most = 0] = [tookMs[7], tookMs[14]].map((ms) => Math.round(ms ?? 0));
    note(`events across instances: told after ${median} ms (median of 15), ${most} ms at most`);
    expect(median).toBeLessThan(TOLD_WITHIN_MS);
  });

  test("is also sent to listeners of its own instance, with its version", async () => {
    await using listener = await Listener.to(here.feed);
    await happen(here.feed, "own", 7);
    expect(await listener.of("own")).toMatchObject({ type: "checklist.updated", version: 7 });
  });

  test("is not sent before it has happened, and delays no other", async () => {
    await using listener = await Listener.to(there.feed);
    const slow = await here.feed.announce(change("slow"));
    await happen(here.feed, "fast");
    await listener.of("fast");
    expect(listener.told).not.toContain("slow");
    slow.happened(3);
    expect((await listener.of("slow")).version).toBe(3);
  });

  test("is sent after the deadline if its outcome is unknown; never if it was dropped", async () => {
    await using listener = await Listener.to(there.feed);
    (await here.feed.announce(change("dropped"))).dropped();
    await here.feed.announce(change("unknown"));
    const entry = await listener.of("unknown");
    expect(entry.version).toBeUndefined();
    expect(listener.told).not.toContain("dropped");
  });

  test("is sent again if it happens after its deadline", async () => {
    await using late = await instance(keyspace, { times: { ...QUICK, confirmMs: 300 } });
    await using listener = await Listener.to(there.feed);
    const announcement = await late.feed.announce(change("late"));
    await listener.of("late");
    announcement.happened(4);
    await listener.until(({ checklistId, version }) => checklistId === "late" && version === 4, "late again");
  });

  test("is sent if its process was killed between the announcement and the confirmation", async () => {
    await using listener = await Listener.to(there.feed);
    const from = listener.position;
    const child = Bun.spawn([process.execPath, CHILD, JSON.stringify(keyspace.settings), "orphan"], {
      stdout: "inherit",
      stderr: "inherit",
    });
    await child.exited;
    expect(child.signalCode).toBe("SIGKILL");
    await listener.of("orphan");
    await using later = await Listener.to(here.feed, from);
    await later.of("orphan");
  });
});

describe("a listener that comes back", () => {
  test("to another instance resumes there, without a gap and without a repetition", async () => {
    // Separate instances: undecided changes of others would be sent again.
    await using one = await instance(keyspace);
    await using other = await instance(keyspace);
    const listener = await Listener.to(other.feed);
    await happen(one.feed, "seen");
    const { position } = await listener.of("seen");
    await listener[Symbol.asyncDispose]();
    for (const id of ["missed 1", "missed 2"]) await happen(one.feed, id);
    await happen(other.feed, "missed 3");
    await using again = await Listener.to(one.feed, position);
    await happen(other.feed, "next");
    await again.of("next");
    expect(again.resumed).toBe(true);
    for (const id of ["missed 1", "missed 2", "missed 3", "next"]) {
      await again.of(id);
      expect(again.told.filter((each) => each === id)).toEqual([id]);
    }
    expect(again.told).not.toContain("seen");
  });

  test("from any entry's position gets everything after it", async () => {
    await using first = await Listener.to(there.feed);
    for (let i = 0; i < 10; i++) await happen(i % 2 ? here.feed : there.feed, `step${i}`);
    for (let i = 0; i < 10; i++) await first.of(`step${i}`);
    await using other = await instance(keyspace);
    await using _running = await Listener.to(other.feed);
    for (const [index, { position }] of first.entries.entries()) {
      await using again = await Listener.to(other.feed, position);
      for (const id of first.told.slice(index + 1)) await again.of(id);
      expect(again.resumed).toBe(true);
    }
  });

  test("gets an entry that became visible after a later one", async () => {
    const [writer, at] = ["late_one", Date.now()];
    await using listener = await Listener.to(there.feed);
    await here.log.note({ writer, head: 6, settled: 0, seenAt: at + 1, headAt: at, leaseMs: 60_000 });
    const record = (...numbers: number[]) =>
      here.log.record(
        writer,
        numbers.map((n) => ({ n, change: change(`entry${n}`), at })),
      );
    const settle = (n: number) => here.log.settle(writer, [{ n, state: "happened", version: n }]);
    await record(1, 2, 3, 4, 6);
    for (const n of [1, 2, 3, 4, 6]) await settle(n);
    const { position } = await listener.of("entry6");
    await record(5);
    await settle(5);
    await listener.of("entry5");
    await using elsewhere = await instance(keyspace);
    await using again = await Listener.to(elsewhere.feed, position);
    await again.of("entry5");
    expect(again.resumed).toBe(true);
    expect(again.told).not.toContain("entry4");
  });

  test("finds changes in partitions that the writer died before noting", async () => {
    const [writer, at] = ["two_slot", Date.now()];
    await using listener = await Listener.to(there.feed);
    await here.log.note({ writer, head: 4_000, settled: 4_000, seenAt: at, headAt: at, leaseMs: 1_000 });
    for (const n of [4_095, 4_096, 4_097]) {
      await here.log.record(writer, [{ n, change: change(`slot${n}`), at }]);
      await here.log.settle(writer, [{ n, state: "happened" }]);
    }
    for (const n of [4_095, 4_096, 4_097]) await listener.of(`slot${n}`);
  });

  test("with a position of another store, an unknown one, or one that is too old gets resync", async () => {
    await using listener = await Listener.to(here.feed);
    const { position } = listener;
    const time = position.split(".")[1] ?? "";
    for (const id of [
      "",
      "x",
      "0",
      "a.b",
      position.replace(time, "zzzzzzzz"),
      `${position}.`,
      `${position}.a`,
    ]) {
      await using again = await Listener.to(here.feed, id);
      expect([id, again.resumed, again.told]).toEqual([id, false, []]);
    }
    await using foreign = await instance(keyspace, { epoch: "another" });
    await using stranger = await Listener.to(foreign.feed, position);
    expect(stranger.resumed).toBe(false);
    const anHourOn = { now: () => Date.now() + POSITION_AGE_MAX_MS + 1_000 };
    await using future = await instance(keyspace, { clock: anHourOn });
    await using old = await Listener.to(future.feed, position);
    expect(old.resumed).toBe(false);
    await using on = await Listener.to(future.feed, old.position);
    expect(on.resumed).toBe(true);
  });

  test("and missed too many changes gets resync", async () => {
    const before = await Listener.to(here.feed);
    await before[Symbol.asyncDispose]();
    await tooMany("too_many");
    await using again = await Listener.to(here.feed, before.position);
    expect(again.resumed).toBe(false);
    await happen(there.feed, "goes on");
    await again.of("goes on");
  });

  test("and gets resync gets it first, whatever happens meanwhile", async () => {
    await using before = await Listener.to(here.feed);
    const from = before.position;
    await before.of(await tooMany("too_many_more"));
    let looking = true;
    const meanwhile = (async () => {
      for (let i = 0; looking; i++) await happen(there.feed, `meanwhile${i}`);
    })();
    await using again = await Listener.to(here.feed, from);
    looking = false;
    await meanwhile;
    expect([again.resumed, again.early]).toEqual([false, 0]);
  });

  /**
   * One change more than a listener may miss. They are noted before it returns, as a writer notes them some time after
   * each: a listener that comes back before the note has missed fewer, and may resume.
   * @returns the list of the last one
   */
  async function tooMany(writer: string): Promise<string> {
    const [head, at] = [MISSED_ENTRIES_MAX + 1, Date.now()];
    const numbers = Array.from({ length: head }, (_, i) => i + 1);
    for (const group of inOneSlot(numbers, (n) => n, BATCH_STATEMENTS_MAX)) {
      await here.log.record(
        writer,
        group.map((n) => ({ n, change: change(`${writer}${n}`), at })),
      );
      await here.log.settle(
        writer,
        group.map((n) => ({ n, state: "happened" })),
      );
    }
    await here.log.note({ writer, head, settled: head, seenAt: at + 1, headAt: at, leaseMs: 0 });
    return `${writer}${head}`;
  }
});

test("nothing is read if nobody listens, and pending confirmations are written at the end", async () => {
  await using quiet = await instance(keyspace);
  const [one, other] = [await Listener.to(quiet.feed), await Listener.to(quiet.feed)];
  await one[Symbol.asyncDispose]();
  await happen(here.feed, "still heard");
  await other.of("still heard");
  await other[Symbol.asyncDispose]();
  // A round may be in progress.
  await Bun.sleep(5 * QUICK.pollEveryMs);
  const before = quiet.statements();
  await Bun.sleep(10 * QUICK.pollEveryMs);
  expect(quiet.statements()).toBe(before);

  await using slow = await instance(keyspace, { times: { ...QUICK, gatherMs: 60_000, deadlineMs: 60_000 } });
  await using listener = await Listener.to(there.feed);
  await happen(slow.feed, "last words", 9);
  await slow.feed.close();
  expect((await listener.of("last words")).version).toBe(9);
});
