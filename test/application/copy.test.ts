import { expect, test } from "bun:test";
import { differences } from "../../src/application/copy/differences.ts";
import { byCodePoints } from "../../src/application/copy/rows.ts";
import { boundedly, patiently } from "../../src/application/copy/work.ts";
import { TodosError } from "../../src/domain/errors.ts";

interface Row {
  readonly id: string;
  readonly text: string;
}

const IDS = ["", "a", "b", "ab", "é", "\uD7FF", "\uE000", "\uFFFD", "😀", "😀a", "\u{10FFFF}", "zz", "0"];

/** Reads rows in pages of two, as a store does. */
function paged(rows: readonly Row[]) {
  return async (after: string | undefined) => {
    const start = after === undefined ? 0 : rows.findIndex(({ id }) => id === after) + 1;
    const items = rows.slice(start, start + 2);
    const last = items.at(-1);
    return last && start + 2 < rows.length ? { items, next: last.id } : { items };
  };
}

test("texts are ordered like their UTF-8 bytes", () => {
  const ours = IDS.toSorted(byCodePoints);
  expect(ours).toEqual(IDS.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
});

test("applying the differences makes the target equal to the source, whatever is in either", async () => {
  const ids = IDS.toSorted(byCodePoints);
  for (let round = 0; round < 500; round++) {
    const some = () =>
      ids.filter(() => Math.random() < 0.5).map((id) => ({ id, text: Math.random() < 0.5 ? "x" : "y" }));
    const [source, target] = [some(), some()];
    const now = new Map(target.map((row) => [row.id, row]));
    let compared = 0;
    const found = differences(
      paged(source),
      paged(target),
      (row) => row.text,
      3,
      (rows) => {
        compared += rows;
      },
    );
    for await (const changes of found) {
      expect(changes.length).toBeLessThanOrEqual(3);
      for (const { before, after } of changes) {
        expect(now.get((before ?? after)?.id ?? "")).toBe(before as Row);
        expect(before?.text).not.toBe(after?.text as string);
        if (after) now.set(after.id, after);
        else if (before) now.delete(before.id);
      }
    }
    expect([...now.values()].toSorted((a, b) => byCodePoints(a.id, b.id))).toEqual(source);
    expect(compared).toBe(source.length);
  }
});

test("work is limited, and nothing new starts after a failure", async () => {
  let [now, most, begun] = [0, 0, 0];
  const work = boundedly(
    Array.from({ length: 20 }, (_, index) => index),
    3,
    async (index) => {
      begun++;
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
      if (index === 7) throw new Error("seven");
    },
  );
  expect(work).rejects.toThrow("seven");
  await work.catch(() => undefined);
  expect(most).toBe(3);
  expect(begun).toBeLessThan(12);
});

test("an unreachable store is waited for, longer each time, but not forever; a bug is not", async () => {
  const waits: number[] = [];
  const around = {
    stop: new AbortController().signal,
    pause: async (ms: number) => {
      waits.push(ms);
    },
  };
  const away = new TodosError("store-unavailable", "away");
  let left = 2;
  expect(await patiently(around, async () => (left-- > 0 ? Promise.reject(away) : "back"))).toBe("back");
  expect(waits).toEqual([250, 500]);
  expect(await patiently(around, () => Promise.reject(away)).catch((error) => error)).toBe(away);
  expect(waits.length).toBeLessThan(20);
  const bug = new TypeError("bug");
  const before = waits.length;
  expect(await patiently(around, () => Promise.reject(bug)).catch((error) => error)).toBe(bug);
  expect(waits.length).toBe(before);
});
