import { describe, expect, spyOn, test } from "bun:test";
import { FEED_ENTRIES_MAX, MemoryFeed, UNDECIDED_TOLD_AGAIN_MS } from "../../src/application/feed.ts";
import type { Change, ChangeEntry } from "../../src/application/ports.ts";
import { seededRandom } from "../support/random.ts";

const RING = 8;

function change(number: number): Change {
  return { type: "task.updated", checklistId: "list", taskId: "task", version: number };
}

function feedWith(count: number, entriesMax = RING): MemoryFeed {
  const feed = new MemoryFeed("here", entriesMax);
  for (let number = 1; number <= count; number++) feed.publish(change(number));
  return feed;
}

/** A subscriber, and the numbers of the changes it was told. */
function subscribed(feed: MemoryFeed, after?: string) {
  const entries: ChangeEntry[] = [];
  const subscription = feed.subscribe(after, (entry) => entries.push(entry));
  return { ...subscription, entries, told: () => entries.map(({ version }) => version ?? 0) };
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}

describe("a subscriber", () => {
  test("without a position gets new events, and knows its position", () => {
    const feed = feedWith(3);
    const { resumed, position, entries } = subscribed(feed);
    expect({ resumed, entries }).toEqual({ resumed: true, entries: [] });
    feed.publish({ type: "checklist.deleted", checklistId: "list" });
    expect(entries).toEqual([{ type: "checklist.deleted", checklistId: "list", position: "here-4" }]);
    expect(position).toBe("here-3");
  });

  test("gets nothing after it has left, and leaving twice is harmless", () => {
    const feed = feedWith(0);
    const leaving = subscribed(feed);
    const staying = subscribed(feed);
    feed.publish(change(1));
    leaving.unsubscribe();
    leaving.unsubscribe();
    feed.publish(change(2));
    expect([leaving.told(), staying.told()]).toEqual([[1], [1, 2]]);
  });

  test("may leave while it gets an event; the others still get it", () => {
    const feed = feedWith(0);
    const told: number[] = [];
    const leaving = feed.subscribe(undefined, ({ version }) => {
      told.push(version ?? 0);
      leaving.unsubscribe();
    });
    const staying = subscribed(feed);
    feed.publish(change(1));
    feed.publish(change(2));
    expect([told, staying.told()]).toEqual([[1], [1, 2]]);
  });

  test("counts as often as it subscribed", () => {
    const feed = feedWith(0);
    const [once, again] = [subscribed(feed), subscribed(feed)];
    feed.publish(change(1));
    expect([once.told(), again.told()]).toEqual([[1], [1]]);
  });
});

describe("a subscriber that returns", () => {
  test("gets exactly what it missed, in order, and then new events, wherever in the ring it was", () => {
    for (let published = 0; published <= 3 * RING; published++) {
      for (let seen = Math.max(0, published - RING); seen <= published; seen++) {
        const feed = feedWith(published);
        const back = subscribed(feed, `here-${seen}`);
        feed.publish(change(published + 1));
        expect([back.resumed, back.told()]).toEqual([true, numbers(seen + 1, published + 1)]);
        expect(back.position).toBe(`here-${published}`);
      }
    }
  });

  test("too late gets resync, nothing old, and then new events", () => {
    for (let published = RING + 1; published <= 3 * RING; published++) {
      const feed = feedWith(published);
      const back = subscribed(feed, `here-${published - RING - 1}`);
      expect([back.resumed, back.told(), back.position]).toEqual([false, [], `here-${published}`]);
      feed.publish(change(published + 1));
      expect(back.told()).toEqual([published + 1]);
    }
  });

  test.each([
    "here-4",
    "here--1",
    "here-1.5",
    "here-",
    "here",
    "here-01",
    "here-1 ",
    "here- 1",
    "here-0x1",
    "here-1e0",
    "here-Infinity",
    "here-NaN",
    "here-9007199254740993",
    "there-1",
    "ther-1",
    "here_1",
    "1",
    "",
  ])("from %j, which this feed has not given out, is told to read everything again", (position) => {
    expect(subscribed(feedWith(3), position)).toMatchObject({
      resumed: false,
      position: "here-3",
      entries: [],
    });
  });

  test("to another process gets resync", () => {
    const { position } = subscribed(feedWith(2));
    expect(subscribed(new MemoryFeed("there"), position).resumed).toBe(false);
  });

  test("misses nothing from any position it was given, however often it returns", () => {
    const random = seededRandom(6);
    const feed = feedWith(0);
    const told: number[] = [];
    let published = 0;
    let { position } = feed.subscribe(undefined, () => undefined);
    for (let round = 0; round < 500; round++) {
      for (let missed = random.below(RING + 1); missed > 0; missed--) feed.publish(change(++published));
      const back = subscribed(feed, position);
      for (let heard = random.below(3); heard > 0; heard--) feed.publish(change(++published));
      back.unsubscribe();
      expect(back.resumed).toBe(true);
      told.push(...back.told());
      position = back.entries.at(-1)?.position ?? back.position;
    }
    expect(told).toEqual(numbers(1, published));
  });
});

test("positions are all different, and each names its entry's place", () => {
  const feed = feedWith(0);
  const { entries } = subscribed(feed);
  for (let number = 1; number <= 2 * RING; number++) feed.publish(change(number));
  expect(entries.map(({ position }) => position)).toEqual(
    numbers(1, 2 * RING).map((number) => `here-${number}`),
  );
});

test("the ring of a process keeps exactly as many entries as it says", () => {
  const feed = new MemoryFeed("here");
  for (let number = 1; number <= FEED_ENTRIES_MAX + 1; number++) feed.publish(change(number));
  expect(subscribed(feed, "here-1").told()).toEqual(numbers(2, FEED_ENTRIES_MAX + 1));
  expect(subscribed(feed, "here-0").resumed).toBe(false);
});

test("a change with an unknown outcome is sent at once, and again when it must have happened", () => {
  const feed = feedWith(0);
  const subscriber = subscribed(feed);
  const timers = spyOn(globalThis, "setTimeout");
  feed.announce(change(1)).undecided();
  const [again, afterMs] = timers.mock.calls[0] ?? [];
  timers.mockRestore();
  expect([subscriber.told(), afterMs]).toEqual([[1], UNDECIDED_TOLD_AGAIN_MS]);
  again?.();
  expect(subscriber.told()).toEqual([1, 1]);
  for (let number = 1; number <= 3 * RING; number++) feed.announce(change(number)).undecided();
  feed.close();
});
