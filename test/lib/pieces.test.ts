import { expect, test } from "bun:test";
import { Pieces } from "../../src/lib/pieces.ts";

function somePieces(): Pieces {
  return new Pieces(() => performance.now());
}

function busyFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test("the first items that are accepted are found, and no item is taken beyond them", async () => {
  const taken: number[] = [];
  function* numbers(): Generator<number> {
    for (let number = 0; number < 10; number++) {
      taken.push(number);
      yield number;
    }
  }
  expect(await somePieces().first(numbers(), 2, (number) => number % 2 === 1)).toEqual([1, 3]);
  expect(taken).toEqual([0, 1, 2, 3]);
  expect(await somePieces().first(numbers(), 9, (number) => number > 7)).toEqual([8, 9]);
});

test("an error in between rejects, and the next caller gets its turn", async () => {
  const pieces = somePieces();
  const failing = pieces.first([1], 1, () => {
    throw new Error("no");
  });
  expect(failing).rejects.toThrow("no");
  expect(await pieces.first([1], 1, () => true)).toEqual([1]);
});

test("between any two pieces, everything else gets its turn", async () => {
  const pieces = somePieces();
  const seen: string[] = [];
  let over = false;
  const others = (): void => {
    seen.push("others");
    if (!over) setImmediate(others);
  };
  others();
  const work = (name: string) =>
    pieces.first([1, 2], 9, (item) => {
      busyFor(6);
      seen.push(`${name}${item}`);
      return true;
    });
  await Promise.all([work("a"), work("b")]);
  over = true;
  const own = seen.flatMap((what, index) => (what === "others" ? [] : [index]));
  expect(own).toHaveLength(4);
  for (const [index, at] of own.slice(1).entries()) expect(at).toBeGreaterThan((own[index] ?? 0) + 1);
});
