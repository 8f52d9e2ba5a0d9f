import { describe, expect, test } from "bun:test";
import { Turns } from "../../src/lib/turns.ts";

describe("turns", () => {
  test("two work at once, the others wait in order, and one too many is told so", async () => {
    const turns = new Turns(2, 2);
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const work = (name: number) => () => {
      begun.push(name);
      return new Promise<number>((resolve) => ends.push(() => resolve(name)));
    };
    const taken = [1, 2, 3, 4].map((name) => turns.take(work(name)));
    expect(turns.take(work(5))).toBeUndefined();
    expect(begun).toEqual([1, 2]);
    ends[1]?.();
    expect(await taken[1]).toBe(2);
    expect(begun).toEqual([1, 2, 3]);
    ends[0]?.();
    await taken[0];
    ends[2]?.();
    ends[3]?.();
    expect(await Promise.all(taken)).toEqual([1, 2, 3, 4]);
  });

  test("work that fails gives its turn to the next", async () => {
    const turns = new Turns(1, 1);
    const failing = turns.take(() => Promise.reject(new Error("no")));
    const next = turns.take(async () => "done");
    expect(failing).rejects.toThrow("no");
    expect(await next).toBe("done");
    expect(await turns.take(async () => "and again")).toBe("and again");
  });
});
