import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { Connection, openWriter } from "../../../src/adapters/sqlite/connection.ts";
import { migrateSqlite } from "../../../src/adapters/sqlite/maintenance.ts";
import { BATCH_WRITES_MAX, QUEUED_WRITES_MAX } from "../../../src/adapters/sqlite/write-queue.ts";
import { Writer } from "../../../src/adapters/sqlite/writer.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { createTask } from "../../../src/application/commands.ts";
import { spawnWriter } from "../../../src/commands/serve/spawn-writer.ts";
import { INBOX_ID } from "../../../src/domain/checklist.ts";
import { fixedClock, openStore, scratchFolder, taskIn, thrownBy } from "./support.ts";

const NOW = fixedClock.now();

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

test("writes of one turn share one commit; a batch is limited", async () => {
  using folder = scratchFolder();
  await using opened = await openStore(folder.file("todos.db"));
  const { store, meter } = opened;
  await Promise.all(Array.from({ length: 100 }, () => store.write(createTask(ANYONE, taskIn(INBOX_ID)))));
  expect(meter.commits).toEqual([100]);
  const many = BATCH_WRITES_MAX * 2 + 1;
  await Promise.all(Array.from({ length: many }, () => store.write(createTask(ANYONE, taskIn(INBOX_ID)))));
  expect(meter.commits).toEqual([100, BATCH_WRITES_MAX, BATCH_WRITES_MAX, 1]);
});

test("beyond the limit of the queue a write is refused at once, and those within it are stored", async () => {
  using folder = scratchFolder();
  await using opened = await openStore(folder.file("todos.db"));
  const extra = 10;
  const ends = await Promise.allSettled(
    Array.from({ length: QUEUED_WRITES_MAX + extra }, () =>
      opened.store.write(createTask(ANYONE, taskIn(INBOX_ID))),
    ),
  );
  const refused = ends.filter((end) => end.status === "rejected");
  expect(refused).toHaveLength(extra);
  expect(refused[0]?.reason).toMatchObject({ code: "overloaded", retryAfterS: 1 });
  expect(sum(opened.meter.commits)).toBe(QUEUED_WRITES_MAX);
}, 30_000);

test("a write that fails for its own reason does not fail its neighbours", async () => {
  using folder = scratchFolder();
  await using opened = await openStore(folder.file("todos.db"));
  const { store } = opened;
  const row = taskIn(INBOX_ID);
  const others = [taskIn(INBOX_ID), taskIn(INBOX_ID)];
  const [first, again, ...rest] = await Promise.allSettled(
    [row, { ...row, todo: "the same id" }, ...others].map((task) => store.write(createTask(ANYONE, task))),
  );
  expect(first?.status).toBe("fulfilled");
  expect(again).toMatchObject({ status: "rejected", reason: { name: "Error" } });
  expect(rest.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  expect(await store.findTask(INBOX_ID, row.id)).toStrictEqual(row);
  for (const other of others) expect(await store.findTask(INBOX_ID, other.id)).toStrictEqual(other);
});

test("writes made before the thread is up are accepted", async () => {
  using folder = scratchFolder();
  await using opened = await openStore(folder.file("todos.db"));
  const row = taskIn(INBOX_ID);
  const creating = opened.store.write(createTask(ANYONE, row));
  expect(await opened.store.findTask(INBOX_ID, row.id)).toBeUndefined();
  expect(await creating).toEqual({ outcome: "created" });
});

test("when the writer's thread ends, its writes are answered, and another thread replaces it", async () => {
  using folder = scratchFolder();
  const workers: Worker[] = [];
  const spawn = () => {
    const worker = spawnWriter();
    workers.push(worker);
    return worker;
  };
  await using opened = await openStore(folder.file("todos.db"), { spawn });
  const { store, log } = opened;
  await store.write(createTask(ANYONE, taskIn(INBOX_ID)));
  const other = new Database(folder.file("todos.db"));
  // Holds the batch in the thread, so that it certainly ends with one in progress.
  other.run("BEGIN IMMEDIATE");
  const lost = thrownBy(() => store.write(createTask(ANYONE, taskIn(INBOX_ID))));
  await new Promise((resolve) => setImmediate(resolve));
  workers[0]?.terminate();
  expect(await lost).toMatchObject({ code: "store-unavailable" });
  other.close();
  await eventually(() => store.write(createTask(ANYONE, taskIn(INBOX_ID))));
  expect(workers).toHaveLength(2);
  expect(log.lines.map(({ message }) => message)).toContain("the store's writer ended and is started again");
}, 20_000);

test("if a thread can't open the file, writes are unavailable, and the store still closes", async () => {
  using folder = scratchFolder();
  const crashing = join(import.meta.dir, "children/crashing-writer.ts");
  const { store } = await openStore(folder.file("todos.db"), { spawn: () => new Worker(crashing) });
  expect(await thrownBy(() => store.write(createTask(ANYONE, taskIn(INBOX_ID))))).toMatchObject({
    code: "store-unavailable",
  });
  expect(await thrownBy(() => store.check())).toMatchObject({ code: "store-unavailable" });
  expect(await store.findChecklist(INBOX_ID)).toBeDefined();
  await store.close();
});

test("a full file fails the whole batch, and writing continues when there is room", () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  migrateSqlite(path, { clock: fixedClock });
  const connection = new Connection(openWriter(path));
  const writer = new Writer(connection);
  connection.db.run("PRAGMA max_page_count = 20");
  const big = () => createTask(ANYONE, taskIn(INBOX_ID, { description: "x".repeat(9_000) }));
  const full = writer.apply([big(), big(), big(), big(), big(), big(), big(), big()], NOW);
  expect(full.commits).toBe(0);
  expect(full.ends.map((end) => "failure" in end && end.failure.code)).toEqual(Array(8).fill("SQLITE_FULL"));
  connection.db.run("PRAGMA max_page_count = 1000");
  expect(writer.apply([big()], NOW)).toEqual({ ends: [{ answer: { outcome: "created" } }], commits: 1 });
  connection.close();
});

const tmpfs = smallDiskCommand();

test.skipIf(tmpfs === undefined)(
  "on a full disk writes get 503, reads continue, no acknowledged write is lost, and room ends it",
  async () => {
    using folder = scratchFolder();
    const script = join(import.meta.dir, "children/full-disk.ts");
    const child = Bun.spawn([...(tmpfs ?? []), process.execPath, script, "/mnt/data/todos.db"], {
      cwd: folder.path,
      stdout: "pipe",
    });
    const told = JSON.parse(await new Response(child.stdout).text());
    expect(told).toMatchObject({
      refused: { code: "store-unavailable", retryAfterS: 5 },
      readWhileFull: 10,
      checkWhileFull: { code: "store-unavailable" },
      integrity: [["ok"]],
      logged: ["the store can't be written", "the store can be written again"],
    });
    expect(told.message).toContain("disk is full");
    expect(told.beforeRoom).toBeGreaterThan(10);
    expect(told.acknowledged).toBe(told.beforeRoom + 1);
    expect(told.found).toBe(told.acknowledged);
  },
  60_000,
);

/** A command prefix that runs something with a disk of 4 MB at /mnt, or undefined if that is not allowed. */
function smallDiskCommand(): string[] | undefined {
  const script = 'mount -t tmpfs -o size=4m none /mnt && mkdir /mnt/data && exec "$@"';
  const prefix = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh"];
  if (process.platform !== "linux") return undefined;
  return Bun.spawnSync([...prefix, "true"]).exitCode === 0 ? prefix : undefined;
}

/** Tries until it works; the test's own deadline ends it. */
async function eventually(attempt: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      expect(error).toMatchObject({ code: "store-unavailable" });
      await Bun.sleep(20);
    }
  }
}
