import { expect, test } from "bun:test";
import { Sieve } from "../../../src/adapters/http/api/sieve.ts";
import type { ChangeEntry } from "../../../src/application/ports.ts";

const entry = (checklistId: string): ChangeEntry => ({
  type: "checklist.updated",
  checklistId,
  position: checklistId,
});

/** A stream whose decisions the test makes. */
function stream(judge: (id: string) => boolean | undefined | Promise<boolean | undefined>) {
  const passed: string[] = [];
  const ends: unknown[] = [];
  const sieve = new Sieve({
    judge: ({ checklistId }) => judge(checklistId),
    pass: ({ checklistId }) => passed.push(checklistId),
    end: (why) => ends.push(why),
  });
  const take = (...ids: string[]): void => {
    for (const id of ids) sieve.take(entry(id));
  };
  return { sieve, passed, ends, take };
}

test("what is decided at once is passed on at once, and what may not be told is dropped", () => {
  const { take, passed, sieve } = stream((id) => id !== "hidden");
  take("a", "hidden", "b");
  expect([passed, sieve.isEmpty]).toEqual([["a", "b"], true]);
});

test("while one waits for its decision, later ones wait behind it, and are decided when their turn comes", async () => {
  const first = Promise.withResolvers<boolean>();
  const asked: string[] = [];
  const { take, passed, sieve } = stream((id) => {
    asked.push(id);
    return id === "a" ? first.promise : id !== "hidden";
  });
  take("a", "b", "hidden", "c");
  expect([passed, sieve.isEmpty, asked]).toEqual([[], false, ["a"]]);
  first.resolve(true);
  while (!sieve.isEmpty) await Promise.resolve();
  expect([passed, asked]).toEqual([
    ["a", "b", "c"],
    ["a", "b", "hidden", "c"],
  ]);
});

test("a caller who is nobody any more is told nothing more, not even what waited", async () => {
  const first = Promise.withResolvers<undefined>();
  const { take, passed, ends, sieve } = stream((id) => (id === "a" ? first.promise : true));
  take("a", "b");
  first.resolve(undefined);
  while (!sieve.isEmpty) await Promise.resolve();
  take("c");
  expect([passed, ends]).toEqual([[], [undefined]]);
});

test("a store that can't decide ends the stream, and no other listener of the feed notices", async () => {
  const failure = new Error("no store");
  const at = stream(() => {
    throw failure;
  });
  at.take("a");
  expect(at.ends).toEqual([failure]);
  const later = stream(() => Promise.reject(failure));
  later.take("a", "b");
  while (!later.sieve.isEmpty) await Promise.resolve();
  expect([later.passed, later.ends]).toEqual([[], [failure]]);
});

test("more than 1,024 that wait end the stream", () => {
  const { take, ends } = stream(() => new Promise(() => undefined));
  for (let i = 0; i < 1_025; i++) take(`${i}`);
  expect(ends).toEqual([expect.objectContaining({ message: "too many changes wait for a decision" })]);
});
