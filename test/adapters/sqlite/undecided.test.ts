import { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { BATCH_BYTES_MAX, QUEUED_BYTES_MAX } from "../../../src/adapters/sqlite/write-queue.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { Checklists } from "../../../src/application/checklists.ts";
import { createTask } from "../../../src/application/commands.ts";
import { MemoryFeed } from "../../../src/application/feed.ts";
import type { Keyed } from "../../../src/application/idempotency.ts";
import { type ChangeEntry, IDEMPOTENCY_LEASE_MS } from "../../../src/application/ports.ts";
import { spawnWriter } from "../../../src/commands/serve/spawn-writer.ts";
import { type Checklist, INBOX_ID } from "../../../src/domain/checklist.ts";
import { fixedClock, openStore, scratchFolder, taskIn, thrownBy } from "./support.ts";

const held: string[] = [];
afterAll(() =>
  console.log(`note: writer's thread ended ${held.join(", ")}: ${held.length} interleavings forced and held`),
);

const keyed: Keyed<Checklist> = {
  scope: "POST /checklists",
  key: "once",
  fingerprint: "f",
  answerFor: ({ id }) => ({ status: 201, headers: {}, body: id }),
};

/** A service whose first writer ends during its first batch. */
async function dyingService(path: string, dies: string) {
  let workers = 0;
  const dying = join(import.meta.dir, "children/dying-writer.ts");
  const spawn = () => (workers++ === 0 ? new Worker(dying, { argv: [dies], smol: true }) : spawnWriter());
  let now = fixedClock.now();
  const clock = { now: () => now };
  const opened = await openStore(path, { spawn, clock });
  const feed = new MemoryFeed("here");
  const told: ChangeEntry[] = [];
  feed.subscribe(undefined, (entry) => told.push(entry));
  const lists = new Checklists({
    store: opened.store,
    feed,
    clock,
    ids: { next: () => Bun.randomUUIDv7() },
    random: Math.random,
  });
  const db = new Database(path, { readonly: true });
  const named = (name: string) =>
    db.query("SELECT id FROM checklist WHERE name = ?").all(name) as { id: string }[];
  return {
    lists,
    told,
    named,
    pass: (ms: number) => {
      now += ms;
    },
    [Symbol.asyncDispose]: async () => {
      feed.close();
      db.close();
      await opened.store.close();
    },
  };
}

/** Tries while the thread is started again; the test's own deadline ends it. */
async function whenItWrites<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      expect(error).toMatchObject({ code: "store-unavailable", undecided: false });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

for (const [dies, when, stored] of [
  ["before", "before the batch", 0],
  ["in", "in its transaction", 0],
  ["after", "after COMMIT", 1],
] as const) {
  test(`a writer's thread that ends ${when}: 503, undecided, sent to listeners, and a retry with the key creates one row`, async () => {
    using folder = scratchFolder();
    await using service = await dyingService(folder.file("todos.db"), dies);
    const { lists, told, named, pass } = service;
    const error = await thrownBy(() => lists.create(ANYONE, "Once", keyed));
    expect(error).toMatchObject({ code: "store-unavailable", undecided: true });
    expect(String(error)).toContain("it is unknown whether this was stored");
    expect(named("Once")).toHaveLength(stored);
    expect(told.map(({ type }) => type)).toEqual(["checklist.created"]);
    // The key is not free: nobody may make another row with it.
    const atOnce = lists.create(ANYONE, "Once", keyed);
    if (stored === 1) expect(await atOnce).toMatchObject({ outcome: "replayed" });
    else await expect(atOnce).rejects.toMatchObject({ code: "idempotency-in-progress" });
    pass(IDEMPOTENCY_LEASE_MS);
    const again = await whenItWrites(async () => {
      pass(IDEMPOTENCY_LEASE_MS);
      return lists.create(ANYONE, "Once", keyed);
    });
    expect(again.outcome).toBe(stored === 1 ? "replayed" : "created");
    expect(named("Once")).toHaveLength(1);
    expect(told.map(({ checklistId }) => checklistId)).toContain(named("Once")[0]?.id ?? "");
    held.push(when);
  }, 20_000);
}

test("a write that no thread received is decided: it was not made, the key is released, nothing is sent", async () => {
  using folder = scratchFolder();
  await using service = await dyingService(folder.file("todos.db"), "before");
  await thrownBy(() => service.lists.create(ANYONE, "Lost"));
  const told = service.told.length;
  expect(await thrownBy(() => service.lists.create(ANYONE, "Once", keyed))).toMatchObject({
    undecided: false,
  });
  expect(service.told).toHaveLength(told);
  expect((await whenItWrites(() => service.lists.create(ANYONE, "Once", keyed))).outcome).toBe("created");
}, 20_000);

test("the queue is limited in bytes: long tasks are refused early, and no pause is long", async () => {
  using folder = scratchFolder();
  await using opened = await openStore(folder.file("todos.db"));
  const { store, meter } = opened;
  const description = () => "\u{1F600}".repeat(10_000);
  const bytes = 2 * description().length;
  await store.write(createTask(ANYONE, taskIn(INBOX_ID)));
  const before = process.memoryUsage().rss;
  let [last, longestMs, most] = [performance.now(), 0, before];
  const watch = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - last);
    last = performance.now();
    most = Math.max(most, process.memoryUsage().rss);
  }, 1);
  const ends = await Promise.allSettled(
    Array.from({ length: 4_600 }, () =>
      store.write(createTask(ANYONE, taskIn(INBOX_ID, { description: description() }))),
    ),
  );
  clearInterval(watch);
  const refused = ends.filter(({ status }) => status === "rejected");
  const taken = ends.length - refused.length;
  expect(taken).toBeLessThanOrEqual(QUEUED_BYTES_MAX / bytes);
  expect(taken).toBeGreaterThan(QUEUED_BYTES_MAX / bytes / 2);
  expect(refused[0]).toMatchObject({ reason: { code: "overloaded", retryAfterS: 1 } });
  expect(Math.max(...meter.commits)).toBeLessThanOrEqual(BATCH_BYTES_MAX / bytes);
  console.log(
    `note: 4,600 of the longest tasks at once: ${taken} taken, ${Math.round((most - before) / 1e6)} MB more, longest pause ${Math.round(longestMs)} ms`,
  );
  await store.write(createTask(ANYONE, taskIn(INBOX_ID)));
}, 30_000);
