import { describe, expect, test } from "bun:test";
import { type Direction, placeAfter } from "../../../src/adapters/ui/view/order.ts";

const ALL = ["a", "b", "c", "d", "e"];

/** The order after the step, or undefined where there is none. */
function after(moving: readonly string[], direction: Direction): string | undefined {
  const place = placeAfter(ALL, new Set(moving), direction);
  if (place === undefined) return undefined;
  const rest = ALL.filter((key) => !moving.includes(key));
  expect([place.after, place.before]).toEqual([rest[place.index - 1] ?? null, rest[place.index] ?? null]);
  return rest.toSpliced(place.index, 0, ...moving).join("");
}

describe("moving tasks by keys", () => {
  test("one task goes one step, or to an end", () => {
    expect(after(["c"], "up")).toBe("acbde");
    expect(after(["c"], "down")).toBe("abdce");
    expect(after(["c"], "top")).toBe("cabde");
    expect(after(["c"], "bottom")).toBe("abdec");
  });

  test("at the end of the way nothing moves", () => {
    expect(after(["a"], "up")).toBeUndefined();
    expect(after(["a"], "top")).toBeUndefined();
    expect(after(["e"], "down")).toBeUndefined();
    expect(after(["e"], "bottom")).toBeUndefined();
    expect(after(ALL, "up")).toBeUndefined();
    expect(after(["x"], "up")).toBeUndefined();
  });

  test("several go together, and end side by side", () => {
    expect(after(["b", "c"], "up")).toBe("bcade");
    expect(after(["b", "c"], "down")).toBe("adbce");
    expect(after(["a", "c"], "top")).toBe("acbde");
    expect(after(["b", "d"], "bottom")).toBe("acebd");
    expect(after(["b", "d"], "up")).toBe("bdace");
  });
});
