import { expect, test } from "bun:test";
import { Gate } from "../../../src/adapters/cassandra/gate.ts";
import { Turn } from "../../../src/adapters/cassandra/turn.ts";

test("requests within one turn of the event loop continue together at its end, in order", async () => {
  const turn = new Turn();
  const seen: string[] = [];
  const ask = async (name: string) => {
    await turn.end();
    seen.push(name);
  };
  const all = [ask("first"), ask("second")];
  // Later in the same turn: promises that are done do not end it.
  await Promise.resolve();
  all.push(ask("third"));
  expect(seen).toEqual([]);
  await Promise.all(all);
  expect(seen).toEqual(["first", "second", "third"]);
});

test("a request after its end waits for the next", async () => {
  const turn = new Turn();
  await turn.end();
  let over = false;
  const next = turn.end().then(() => {
    over = true;
  });
  await Promise.resolve();
  expect(over).toBe(false);
  await next;
});

test("a gate is busy while many are inside, but not with a few that waiting would only delay", async () => {
  const gate = new Gate();
  const { promise: open, resolve } = Promise.withResolvers<void>();
  const entered = (count: number) => Array.from({ length: count }, () => gate.through(() => open));
  const few = entered(8);
  expect(gate.busy).toBe(false);
  const many = entered(56);
  expect(gate.busy).toBe(true);
  resolve();
  await Promise.all([...few, ...many]);
  expect(gate.busy).toBe(false);
  expect(gate.idle).toBe(true);
});
