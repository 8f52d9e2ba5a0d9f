import { expect, test } from "bun:test";
import { FULL_SIZE, note } from "../../support/size.ts";
import { simulate } from "./feed-simulation.ts";

const RUNS = FULL_SIZE ? 100 : 4;

for (const service of [
  // More writers than an id has room for.
  { writers: 24, restless: 0.05, durationMs: 60_000 },
  // Few that are mostly signed off, so that ids hold a late moment.
  { writers: 5, restless: 0.01, durationMs: 400_000 },
]) {
  const { writers } = service;
  test(`with clocks apart, late writes, ${writers} writers that die and readers that are replaced, no listener misses a change`, async () => {
    let [happened, deaths, resumes] = [0, 0, 0];
    for (let seed = 1; seed <= RUNS; seed++) {
      const outcome = await simulate({ seed, ...service });
      const { missed, tooEarly } = outcome;
      expect({ seed, missed, tooEarly }).toEqual({ seed, missed: [], tooEarly: [] });
      happened += outcome.happened;
      deaths += outcome.deaths;
      resumes += outcome.resumes;
    }
    note(
      `shared events, simulated with ${writers} writers: ${happened} changes, ${deaths} writers died, ${resumes} times a listener went on elsewhere, nothing missed`,
    );
    expect(Math.min(happened, deaths, resumes)).toBeGreaterThan(RUNS);
  }, 600_000);
}
