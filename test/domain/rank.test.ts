import { describe, expect, test } from "bun:test";
import { compareRanked, RANK_CHARS_MAX, type Ranked, rankBetween, rankOf } from "../../src/domain/rank.ts";
import { type Random, seededRandom } from "../support/random.ts";
import { FULL_SIZE, note } from "../support/size.ts";

const MOVES = 2_000;
const NOW = Date.UTC(2026, 10, 29);
const HOUR_MS = 3_600_000;
/** In order of code unit, the lowest first; what ranks are made of. */
const DIGITS = "!-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~";

function uuidV7(ms: number, random: Random): string {
  const hex = ms.toString(16).padStart(12, "0");
  const rest = Array.from({ length: 15 }, () => random.below(16).toString(16)).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${rest.slice(0, 3)}-8${rest.slice(3, 6)}-${rest.slice(3)}`;
}

function texts(low: string | undefined, high: string | undefined) {
  return {
    ...(low === undefined ? {} : { after: { id: low } }),
    ...(high === undefined ? {} : { before: { id: high } }),
  };
}

/** The rank between two texts. @throws Error if there is none */
function rank(low: string | undefined, high: string | undefined, random: () => number, nowMs = NOW): string {
  const placement = rankBetween(texts(low, high), nowMs, random);
  if (placement.outcome !== "placed") throw new Error(`${placement.outcome} between ${low} and ${high}`);
  return placement.rank;
}

function expectBetween(low: string, middle: string, high: string) {
  if (low < middle && middle < high && !middle.endsWith("!") && middle.isWellFormed()) return;
  throw new Error(`${JSON.stringify(middle)} between ${JSON.stringify(low)} and ${JSON.stringify(high)}`);
}

/** Whether there is less room between `low` and `middle` than between `middle` and `high`. */
function isLowerHalfSmaller(low: string, middle: string, high: string): boolean {
  let start = 0;
  while (low[start] === high[start]) start++;
  const fraction = (text: string) =>
    Array.from({ length: 40 }, (_, i) => Math.max(0, DIGITS.indexOf(text[start + i] ?? "!"))).reduce(
      (sum, digit) => sum * BigInt(DIGITS.length) + BigInt(digit),
      0n,
    );
  return fraction(middle) * 2n < fraction(low) + fraction(high);
}

/** True for characters up to the lowest digit: no rank could be below them. */
function isBelowAllDigits(text: string): boolean {
  return [...text].every((char) => char <= "!");
}

describe("a rank is between its neighbours", () => {
  const nasty = [
    ..."!-09Aaz~ \u0001é\uE000\uFFFF😀😁".split(/(?:)/u),
    ...[
      "--",
      "0000",
      "00-!!",
      "~~~",
      "a!!!!",
      "a ",
      "\u0001\u0001",
      "a😀",
      "a😁",
      "a\uD7FF",
      "zz#",
      "zz$",
      "ö!",
    ],
  ];

  test("of any two texts that are ids, in whatever characters", () => {
    const random = seededRandom(1);
    const alphabets = ["0123456789abcdef-", "!-0~", "az", " !~", "é😀😁\uE000~!", nasty.join("")];
    const text = () => {
      const chars = [...random.pick(alphabets)];
      return Array.from({ length: 1 + random.below(6) }, () => random.pick(chars)).join("");
    };
    let full = 0;
    for (let round = 0; round < 20_000; round++) {
      const beginning = random.below(2) === 0 ? "" : text();
      const pair = [beginning + text(), beginning + text()].sort((a, b) => (a < b ? -1 : 1));
      const [low = "", high = ""] = round % 4 === 0 ? [pair[0], `${pair[0]}${random.pick(nasty)}`] : pair;
      if (low === high) continue;
      const middle = rank(low, high, random.next);
      // Nothing but control characters could be between a text and the same with these at its end.
      if (high.startsWith(low) && isBelowAllDigits(high.slice(low.length))) {
        expect(middle > high).toBe(true);
        full++;
      } else expectBetween(low, middle, high);
    }
    expect(full).toBeGreaterThan(10);
  });

  test("of any two ids that this service makes, even in one millisecond", () => {
    const random = seededRandom(2);
    for (let round = 0; round < 5_000; round++) {
      const first = uuidV7(NOW, random);
      const other = round % 2 === 0 ? uuidV7(NOW + random.below(3), random) : `${first.slice(0, -2)}ff`;
      if (first === other) continue;
      const [low = "", high = ""] = [first, other].sort();
      const middle = rank(low, high, random.next);
      expectBetween(low, middle, high);
      expect(middle.length).toBeLessThan(45);
    }
  });

  test("of any ids of the longest kind", () => {
    const low = "x".repeat(254);
    expectBetween(`${low}a`, rank(`${low}a`, `${low}b`, Math.random), `${low}b`);
  });

  test("with a source of chance that always gives its lowest or its highest number", () => {
    for (const constant of [0, 1 - 2 ** -32]) {
      for (const low of nasty) {
        expectBetween(
          `${low}b`,
          rank(`${low}b`, `${low}c`, () => constant),
          `${low}c`,
        );
        expect(rank(low, undefined, () => constant) > low).toBe(true);
      }
    }
  });
});

describe("the ends of a list", () => {
  const random = seededRandom(3);
  const last = uuidV7(NOW - HOUR_MS, random);

  test("the end: above the last task, and below ids made from now on", () => {
    for (let round = 0; round < 500; round++) {
      expectBetween(last, rank(last, undefined, random.next), uuidV7(NOW, random));
    }
    const beginning = uuidV7(NOW, random).slice(0, 13);
    expectBetween(beginning, rank(beginning, undefined, random.next), uuidV7(NOW, random));
  });

  test("the end, after an id of this millisecond or of a clock ahead: above it, and below the next millisecond", () => {
    for (const ahead of [0, 5_000]) {
      const id = uuidV7(NOW + ahead, random);
      expectBetween(id, rank(id, undefined, random.next), uuidV7(NOW + ahead + 1, random));
    }
  });

  test("the end, after an id that is no UUIDv7", () => {
    for (const id of ["zebra", "~", "f47ac10b-58cc-4372-a567-0e02b2c3d479", "ü", "~".repeat(255)]) {
      expect(rank(id, undefined, random.next) > id).toBe(true);
    }
  });

  test("the top: below the first task", () => {
    for (const first of [last, "-", "0", " a", "é"]) {
      expectBetween("", rank(undefined, first, random.next), first);
    }
  });

  test("of an empty list: below ids made from now on, and above earlier ones", () => {
    for (let round = 0; round < 500; round++) {
      const middle = rank(undefined, undefined, random.next);
      expectBetween(uuidV7(NOW - 1, random), middle, uuidV7(NOW, random));
    }
  });
});

describe("what has no rank between", () => {
  test("a task isn't before itself, nor before one above it", () => {
    const [a, b] = [{ id: "a" }, { id: "b" }];
    expect(rankBetween({ after: b, before: a }, NOW, Math.random)).toEqual({ outcome: "out-of-order" });
    expect(rankBetween({ after: a, before: a }, NOW, Math.random)).toEqual({ outcome: "out-of-order" });
    const moved = { id: "a", rank: "c" };
    expect(rankBetween({ after: moved, before: b }, NOW, Math.random)).toEqual({ outcome: "out-of-order" });
  });

  test("equal ranks: in order by id, the rank is just above both; else out of order", () => {
    const [a, b] = [
      { id: "a", rank: "mm" },
      { id: "b", rank: "mm" },
    ];
    const placement = rankBetween({ after: a, before: b }, NOW, Math.random);
    if (placement.outcome !== "placed") throw new Error(placement.outcome);
    expectBetween("mm", placement.rank, "mm~");
    expect(rankBetween({ after: b, before: a }, NOW, Math.random)).toEqual({ outcome: "out-of-order" });
  });

  test("a gap whose ranks would have 512 characters or more", () => {
    const low = "m".repeat(RANK_CHARS_MAX);
    expect(rankBetween(texts(low, `${low}m`), NOW, Math.random)).toEqual({ outcome: "no-room" });
  });
});

describe("2,000 moves to one spot stay under 512 characters", () => {
  const random = seededRandom(4);
  const [a, b] = [uuidV7(NOW - HOUR_MS, random), uuidV7(NOW - HOUR_MS + 1, random)];
  /** Which half of the gap the next move goes to. */
  type Half = (low: string, middle: string, high: string, move: number) => "lower" | "upper";
  const patterns: [string, Half][] = [
    ["right after one task", () => "lower"],
    ["right before one task", () => "upper"],
    ["by turns", (_low, _middle, _high, move) => (move % 2 === 0 ? "lower" : "upper")],
    ["at random", () => random.pick(["lower", "upper"] as const)],
    [
      "always into the smaller half",
      (low, middle, high) => (isLowerHalfSmaller(low, middle, high) ? "lower" : "upper"),
    ],
  ];
  // What always gives its lowest or its highest number makes the most uneven halves.
  const sources = [random.next, () => 0, () => 1 - 2 ** -32].slice(0, FULL_SIZE ? 3 : 2);
  const pairs: [string, string][] = [
    [`${a.slice(0, -1)}0`, `${a.slice(0, -1)}1`],
    ["zö", "zü"],
    [a, b],
    ["a", "a ö"],
  ].slice(0, FULL_SIZE ? 4 : 2) as [string, string][];
  const longest = new Map<string, number>();

  test.each(patterns)("%s", (pattern, half) => {
    for (const source of sources) {
      for (const [first, last] of pairs) {
        let [low, high] = [first, last];
        for (let move = 0; move < MOVES; move++) {
          const middle = rank(low, high, source);
          expectBetween(low, middle, high);
          longest.set(pattern, Math.max(longest.get(pattern) ?? 0, middle.length));
          if (half(low, middle, high, move) === "lower") high = middle;
          else low = middle;
        }
      }
    }
  });

  test.each(["UUIDv7 of an hour ago", "UUIDv7 of now", "another id"])("to the end, after %s", (kind) => {
    let last = kind === "another id" ? "f47ac10b-58cc-4372-a567-0e02b2c3d479" : uuidV7(NOW, random);
    if (kind === "UUIDv7 of an hour ago") last = a;
    for (let move = 0; move < MOVES; move++) {
      const next = rank(last, undefined, random.next);
      expect(next > last).toBe(true);
      last = next;
      longest.set("to the end", Math.max(longest.get("to the end") ?? 0, next.length));
    }
    if (kind === "UUIDv7 of an hour ago") expectBetween(a, last, uuidV7(NOW, random));
  });

  test("to the top", () => {
    let first = a;
    for (let move = 0; move < MOVES; move++) {
      const next = rank(undefined, first, random.next);
      expectBetween("", next, first);
      first = next;
      longest.set("to the top", Math.max(longest.get("to the top") ?? 0, next.length));
    }
  });

  test("the longest of each are shown", () => {
    for (const length of longest.values()) expect(length).toBeLessThanOrEqual(RANK_CHARS_MAX);
    for (const end of ["to the end", "to the top"]) expect(longest.get(end)).toBeLessThan(40);
    const lengths = [...longest].map(([pattern, length]) => `${pattern} ${length}`).join(", ");
    note(`characters of the longest rank after 2,000 moves to one spot: ${lengths}`);
  });
});

describe("moves among many tasks", () => {
  const ROUNDS = FULL_SIZE ? 20 : 2;

  test("2,000 random moves: the order is that of a list that was spliced; tasks that stayed keep their order", () => {
    for (let seed = 0; seed < ROUNDS; seed++) {
      const random = seededRandom(100 + seed);
      let now = NOW;
      const tasks: Ranked[] = Array.from({ length: 50 }, () => ({ id: uuidV7(now++, random) }));
      for (let move = 0; move < MOVES; move++) {
        now += random.below(3);
        if (random.below(20) === 0) tasks.push({ id: uuidV7(now++, random) });
        const [moved] = tasks.splice(random.below(tasks.length), 1);
        // Half of the moves go to the ends and next to them, where most moves go.
        const to = random.pick([
          random.below(tasks.length + 1),
          random.below(2),
          tasks.length - random.below(2),
        ]);
        const [after, before] = [tasks[to - 1], tasks[to]];
        const placement = rankBetween(
          { ...(after && { after }), ...(before && { before }) },
          now,
          random.next,
        );
        if (!moved || placement.outcome !== "placed") throw new Error(placement.outcome);
        tasks.splice(to, 0, { id: moved.id, rank: placement.rank });
        if (move % 50 === 0) expect([...tasks].sort(compareRanked)).toEqual(tasks);
      }
      expect([...tasks].sort(compareRanked)).toEqual(tasks);
      expect(new Set(tasks.map(rankOf)).size).toBe(tasks.length);
    }
  });

  test("writers who move to one gap at once get different ranks", () => {
    const random = seededRandom(9);
    const gaps: [string | undefined, string | undefined][] = [
      ["a", "b"],
      ["a", undefined],
      [undefined, "a"],
    ];
    for (const [low, high] of gaps) {
      const ranks = Array.from({ length: 2_000 }, () => rank(low, high, random.next));
      expect(new Set(ranks).size).toBe(ranks.length);
    }
  });
});
