import { expect } from "bun:test";

/** Longest time for which work in the background may hold up a write, ms. */
const HELD_UP_MS_MAX = 50;
/** How much slower the machine itself may be during the work than before and after it. */
const SLOWER_MAX = 8;
/** Single writes may meet anything on a busy machine. */
const ASSERTED_SHARE = 0.95;

/** How long each of some writes took, ms. */
export type Waits = readonly number[];

/** The wait that this share of the writes did not exceed, ms. */
export function waitOf(waits: Waits, share: number): number {
  return waits.toSorted((a, b) => a - b)[Math.floor((waits.length - 1) * share)] ?? 0;
}

export function longestOf(waits: Waits): number {
  return waitOf(waits, 1);
}

/** Expects writes during some work to wait hardly longer than the same writes `without` it, before and after. */
export function expectNotHeldUp(during: Waits, without: Waits): void {
  const usualMs = waitOf(without, ASSERTED_SHARE);
  expect(waitOf(during, ASSERTED_SHARE)).toBeLessThan(SLOWER_MAX * usualMs + HELD_UP_MS_MAX);
}

/** Waits that are counted one by one, ms. */
const LONG_MS = [50, 100, 250] as const;

/** Both in turns: what the work adds, how many waits are long, and the longest of each turn, since a single one is luck. */
export function comparedWaits(during: readonly Waits[], without: readonly Waits[]): string {
  const [busy, quiet] = [during.flat(), without.flat()];
  const shares = [
    ["median", 0.5],
    ["95 %", 0.95],
    ["99 %", 0.99],
    ["longest", 1],
  ] as const;
  const compared = shares.map(([name, share]) => {
    const [more, usual] = [waitOf(busy, share), waitOf(quiet, share)];
    return `${name} ${more.toFixed(1)} beside ${usual.toFixed(1)} ms (${more < usual ? "" : "+"}${(more - usual).toFixed(1)}, ×${(more / usual).toFixed(2)})`;
  });
  const counted = LONG_MS.map((ms) => `${over(busy, ms)} beside ${over(quiet, ms)} over ${ms} ms`);
  const longest = (turns: readonly Waits[]) => turns.map((all) => longestOf(all).toFixed(1)).join(" ");
  return `${busy.length} and ${quiet.length} writes: ${compared.join(", ")}; ${counted.join(", ")}; longest of each turn ${longest(during)} beside ${longest(without)}`;
}

function over(waits: Waits, ms: number): number {
  return waits.filter((wait) => wait > ms).length;
}
