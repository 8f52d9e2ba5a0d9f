import { describe, expect, test } from "bun:test";
import { pathOf } from "../../../src/adapters/ui/status/chart.tsx";
import { appended, ratesBetween } from "../../../src/adapters/ui/status/samples.ts";

const START = { atMs: 1_000, requests: 100, requestSeconds: 2, errors: 1 };

describe("what happened between two looks at the service's counters", () => {
  test("is requests and errors per second, and the mean time of a request", () => {
    const after = { atMs: 6_000, requests: 150, requestSeconds: 2.5, errors: 6 };
    expect(ratesBetween(START, after)).toEqual({ requestsPerS: 10, meanMs: 10, errorsPerS: 1 });
  });

  test("has no mean time where nobody asked anything", () => {
    expect(ratesBetween(START, { ...START, atMs: 6_000 })).toEqual({
      requestsPerS: 0,
      meanMs: undefined,
      errorsPerS: 0,
    });
  });

  test("is unknown where the service has started again meanwhile, or no time has passed", () => {
    const again = { atMs: 6_000, requests: 3, requestSeconds: 0, errors: 0 };
    expect(ratesBetween(START, again)).toBeUndefined();
    expect(ratesBetween(START, START)).toBeUndefined();
  });
});

test("a chart keeps the newest values", () => {
  expect(appended([1, 2, 3], 4, 3)).toEqual([2, 3, 4]);
});

describe("the line of a chart", () => {
  test("ends at the right, is highest at the highest value, and has a gap where nothing was measured", () => {
    expect(pathOf([0, 10, undefined, 5], 5, 10)).toBe("M60.0 46.0h0L120.0 2.0M240.0 24.0h0");
  });

  test("lies at the bottom where all values are 0, and is nothing without values", () => {
    expect(pathOf([0, 0], 2, 0)).toBe("M0.0 46.0h0L240.0 46.0");
    expect(pathOf([], 60, 0)).toBe("");
  });
});
