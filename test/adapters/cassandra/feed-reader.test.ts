import { heapStats } from "bun:jsc";
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  decodedPosition,
  NAMED_WRITERS_MAX,
  POSITION_CHARS_MAX,
} from "../../../src/adapters/cassandra/feed/position.ts";
import { ChangeReader } from "../../../src/adapters/cassandra/feed/reader.ts";
import { FEED_TIMES, type FeedTimes } from "../../../src/adapters/cassandra/feed/times.ts";
import type { ChangeEntry } from "../../../src/application/ports.ts";
import { FULL_SIZE, note } from "../../support/size.ts";
import { KeptLog } from "../sqlite/support.ts";
import { ModelLog } from "./feed-model.ts";
import { change, EPOCH } from "./feed-support.ts";

setDefaultTimeout(60_000);
const POLLS = FULL_SIZE ? 20_000 : 3_000;
/** Allowed memory for that many polls: a reader used to keep two promises of each. */
const PROMISES_MAX = 500;
const WRITERS = 1_000;
/** Of each writer's newest change. */
const N = 2_000_000;

async function readerOf(
  log: ModelLog,
  times: Partial<FeedTimes>,
  tell: (entry: ChangeEntry) => void = () => undefined,
) {
  return await ChangeReader.start({
    log: log.asLog,
    logger: new KeptLog(),
    clock: { now: Date.now },
    times: { ...FEED_TIMES, ...times },
    epoch: EPOCH,
    tell,
    lost: () => undefined,
  });
}

async function polled(log: ModelLog, times: number): Promise<void> {
  const until = log.calls.writers + times;
  while (log.calls.writers < until) await Bun.sleep(1);
}

test(`a reader keeps nothing from its polls, however many`, async () => {
  const log = new ModelLog();
  const reader = await readerOf(log, { pollEveryMs: 0 });
  const held = () => {
    Bun.gc(true);
    const { heapSize, objectTypeCounts } = heapStats();
    return { heapMb: heapSize / 1e6, promises: objectTypeCounts.Promise ?? 0 };
  };
  await polled(log, 500);
  const before = held();
  await polled(log, POLLS);
  const after = held();
  reader.stop();
  note(
    `shared events, idle: ${POLLS} polls add ${after.promises - before.promises} promises and ${(after.heapMb - before.heapMb).toFixed(1)} MB`,
  );
  expect(after.promises - before.promises).toBeLessThan(PROMISES_MAX);
});

test(`with ${WRITERS} writers every id fits into ${POSITION_CHARS_MAX} characters`, async () => {
  const log = new ModelLog();
  const names = Array.from({ length: WRITERS }, (_, i) => `w${String(i).padStart(7, "0")}`);
  const startedAt = Date.now() - 10_000;
  for (const writer of names) {
    await log.note({ writer, head: N - 1, settled: N - 1, seenAt: startedAt, headAt: 0, leaseMs: 3_600_000 });
  }
  const told: ChangeEntry[] = [];
  const reader = await readerOf(log, { pollEveryMs: 1 }, (entry) => told.push(entry));
  for (const [i, writer] of names.entries()) {
    const n = N;
    await log.record(writer, [{ n, change: change(writer), at: startedAt + i }]);
    await log.settle(writer, [{ n, state: "happened" }]);
    await log.note({
      writer,
      head: n,
      settled: n,
      seenAt: startedAt + i + 1,
      headAt: startedAt + i,
      leaseMs: 3_600_000,
    });
  }
  while (told.length < WRITERS) await Bun.sleep(1);
  reader.stop();
  const lengths = told.map(({ position }) => position.length);
  note(`shared events: with ${WRITERS} writers an id has ${Math.max(...lengths)} characters at most`);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(POSITION_CHARS_MAX);
  const last = decodedPosition(EPOCH, told.at(-1)?.position ?? "", Date.now());
  expect(last?.told.size).toBe(NAMED_WRITERS_MAX);
});

test("a change that its writer noted and that never appears is looked for until its deadline, and no longer", async () => {
  const log = new ModelLog();
  const reader = await readerOf(log, { pollEveryMs: 1, deadlineMs: 50 });
  await log.note({
    writer: "somebody",
    head: 3,
    settled: 0,
    seenAt: Date.now(),
    headAt: Date.now(),
    leaseMs: 0,
  });
  await Bun.sleep(100);
  await polled(log, 10);
  const { logs } = log.calls;
  await polled(log, 50);
  reader.stop();
  expect(logs).toBeGreaterThan(0);
  expect(log.calls.logs).toBe(logs);
});
