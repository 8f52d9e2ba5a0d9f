import { describe, expect, test } from "bun:test";
import { Cursor, UNDECIDED_MAX } from "../../../src/adapters/cassandra/feed/cursor.ts";
import type { Logged, State } from "../../../src/adapters/cassandra/feed/log.ts";
import {
  decodedPosition,
  encodedPosition,
  POSITION_CHARS_MAX,
} from "../../../src/adapters/cassandra/feed/position.ts";
import { FEED_TIMES, POSITION_AGE_MAX_MS } from "../../../src/adapters/cassandra/feed/times.ts";
import { change } from "./feed-support.ts";

const DEADLINE_MS = 10;
const DAY = Date.UTC(2026, 0, 2);
const NOTE = { writer: "somebody", head: 0, settled: 0, seenAt: DAY, headAt: 0, leaseMs: 10_000 };
const TIMES = { ...FEED_TIMES, deadlineMs: DEADLINE_MS };

function cursorAt(head: number): Cursor {
  return new Cursor(NOTE, head, 0, 0, TIMES);
}

function at(ms: number) {
  return { monotonicMs: ms, wallMs: DAY + ms };
}

function logged(n: number, state: State = "happened"): Logged {
  return { n, state, change: change(String(n)), at: DAY };
}

/** A writer's history: when each number becomes visible, when it is decided, and as what. All in ms. */
interface Fate {
  readonly n: number;
  readonly visibleAt: number;
  readonly decidedAt: number;
  readonly state: State;
}

function randomFates(count: number): Fate[] {
  return Array.from({ length: count }, (_, index) => {
    const begunAt = index;
    const visibleAt = Math.random() < 0.1 ? Number.POSITIVE_INFINITY : begunAt + Math.random() * 5;
    const fate = Math.random();
    return {
      n: index + 1,
      visibleAt,
      decidedAt: visibleAt + Math.random() * 4,
      // An invisible change was never made.
      state: fate < 0.2 ? "dropped" : fate < 0.3 ? "announced" : "happened",
    };
  });
}

function seenAt(fates: readonly Fate[], now: number): Logged[] {
  return fates
    .filter(({ visibleAt }) => visibleAt <= now)
    .map(({ n, decidedAt, state }) => logged(n, decidedAt <= now ? state : "announced"));
}

/** One round of a reader. @returns numbers told */
function round(cursor: Cursor, fates: readonly Fate[], now: number): number[] {
  const told: number[] = [];
  const tell = ({ checklistId }: { checklistId: string }) => told.push(Number(checklistId));
  const rows = seenAt(fates, now);
  const asked = cursor.oldestAndNewestUndecided(1_000);
  const wanted = new Set(asked);
  cursor.reconsider(
    asked,
    rows.filter(({ n }) => wanted.has(n)),
    at(now),
    tell,
  );
  cursor.advance(
    rows.filter(({ n }) => n > cursor.head),
    at(now),
    tell,
  );
  return told;
}

describe("a cursor", () => {
  test("sends everything that happened, however late it appears, over any number of restarts from its position", () => {
    for (let run = 0; run < 200; run++) {
      const fates = randomFates(60);
      const told = new Set<number>();
      let cursor = cursorAt(0);
      for (let now = 0; now < 150; now += 1 + Math.random() * 4) {
        for (const n of round(cursor, fates, now)) told.add(n);
        if (Math.random() < 0.05) cursor = cursorAt(cursor.told);
      }
      const happened = fates.filter((fate) => fate.state === "happened" && fate.visibleAt < Infinity);
      expect(happened.filter(({ n }) => !told.has(n))).toEqual([]);
      expect(fates.filter(({ n, state }) => state === "dropped" && told.has(n))).toEqual([]);
      expect(cursor.undecidedCount).toBe(0);
    }
  });

  test("without a restart sends nothing twice", () => {
    const fates = randomFates(60);
    const cursor = cursorAt(0);
    const told: number[] = [];
    for (let now = 0; now < 150; now++) told.push(...round(cursor, fates, now));
    expect(told.length).toBe(new Set(told).size);
  });

  test("stops before an undecided change, and gives it up after the deadline", () => {
    const cursor = cursorAt(0);
    const told: string[] = [];
    const tell = ({ checklistId }: { checklistId: string }) => told.push(checklistId);
    cursor.advance([logged(1), logged(2, "announced"), logged(4)], at(0), tell);
    expect([told, cursor.told, cursor.undecided()]).toEqual([["1", "4"], 1, [2, 3]]);
    cursor.reconsider([2, 3], [logged(2, "announced")], at(DEADLINE_MS - 1), tell);
    expect([told, cursor.told]).toEqual([["1", "4"], 1]);
    cursor.reconsider([2, 3], [logged(2, "announced")], at(DEADLINE_MS), tell);
    expect([told, cursor.told]).toEqual([["1", "4", "2"], 4]);
  });

  test("keeps a limited number in view, however wide a gap is", () => {
    const cursor = cursorAt(0);
    cursor.advance([logged(10 * UNDECIDED_MAX)], at(0), () => undefined);
    expect(cursor.undecidedCount).toBe(UNDECIDED_MAX);
    expect(cursor.oldestAndNewestUndecided(10).length).toBe(10);
  });
});

describe("a position", () => {
  const position = {
    at: DAY,
    since: DAY - 1_000,
    told: new Map([
      ["abcd_-12", 0],
      ["ABCDEFGH", 123_456_789_012],
    ]),
  };
  const encoded = encodedPosition("0123456789ab", position);

  test("comes back as it was, and is short", () => {
    expect(decodedPosition("0123456789ab", encoded, DAY)).toEqual(position);
    expect(encoded.length).toBeLessThan(55);
  });

  test("is refused if it is broken, another store's, too old, or in the future", () => {
    const broken = [
      "",
      ".",
      `${encoded}.`,
      `${encoded}~`,
      encoded.split(".").slice(0, 2).join("."),
      `${encoded}.a`,
      encoded.replace(".", ""),
      `${encoded} `,
    ];
    for (const text of broken)
      expect([text, decodedPosition("0123456789ab", text, DAY)]).toEqual([text, undefined]);
    expect(decodedPosition("another", encoded, DAY)).toBeUndefined();
    expect(decodedPosition("0123456789ab", encoded, DAY + POSITION_AGE_MAX_MS + 1)).toBeUndefined();
    expect(decodedPosition("0123456789ab", encoded, DAY - 120_000)).toBeUndefined();
  });

  test("of the previous release, which names every writer, is accepted; that release refuses ours, and clients read again", () => {
    const before = `012345.${DAY.toString(36)}.abcd_-120.ABCDEFGH1kpqz`;
    const told = new Map([
      ["ABCDEFGH", 2_646_107],
      ["abcd_-12", 0],
    ]);
    expect(decodedPosition("0123456789ab", before, DAY)).toEqual({ at: DAY, since: 0, told });
    // It treats an id that does not start with its store's epoch as another store's.
    expect(encoded.split(".")[0]).not.toBe("012345");
  });

  test("names the writers that wrote last, as many as there is room for", () => {
    const names = Array.from({ length: 1_000 }, (_, i) => `w${String(i).padStart(7, "0")}`);
    for (const n of [1, 50_000, Number.MAX_SAFE_INTEGER]) {
      const told = new Map(names.map((name) => [name, n]));
      const long = encodedPosition("0123456789ab", { at: DAY, since: DAY, told });
      expect(long.length).toBeLessThanOrEqual(POSITION_CHARS_MAX);
      const named = [...(decodedPosition("0123456789ab", long, DAY)?.told.keys() ?? [])];
      expect(named).toEqual(names.slice(-named.length));
      expect(named.length).toBeGreaterThanOrEqual(8);
    }
  });
});
