import { expect, test } from "bun:test";
import { RepeatedCheck } from "../../../src/adapters/cassandra/backfill.ts";

const PAUSE_MS = 60_000;

function checked(check: () => Promise<void>) {
  return new RepeatedCheck(
    check,
    () => {},
    () => PAUSE_MS,
  );
}

test("a request waits for a check that has just begun", async () => {
  let isDone = false;
  const checks = checked(async () => {
    await Bun.sleep(10);
    isDone = true;
  });
  await checks.settled();
  expect(isDone).toBeTrue();
  await checks.close();
});

test("a check that has much to do keeps the first requests waiting, and not each of those that follow", async () => {
  const work = Promise.withResolvers<void>();
  const checks = checked(() => work.promise);
  const startedAt = performance.now();
  for (let request = 0; request < 20; request++) await checks.settled();
  // Each by itself would wait for a second.
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  work.resolve();
  await checks.close();
});
