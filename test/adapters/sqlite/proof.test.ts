import { afterAll, afterEach, expect, spyOn, test } from "bun:test";
import { join } from "node:path";
import { PROOF_KEPT_MS, START_TRUSTED_MS } from "../../../src/adapters/sqlite/write-queue.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { createTask } from "../../../src/application/commands.ts";
import { spawnWriter } from "../../../src/commands/serve/spawn-writer.ts";
import { INBOX_ID } from "../../../src/domain/checklist.ts";
import { openStore, scratchFolder, taskIn, thrownBy } from "./support.ts";

const monotonicMs = performance.now.bind(performance);
let skippedMs = 0;
const clock = spyOn(performance, "now").mockImplementation(() => monotonicMs() + skippedMs);
afterEach(() => {
  skippedMs = 0;
});
afterAll(() => clock.mockRestore());

/** A writer's thread, and how many bytes each probe asked of it so far. */
function watched(spawned: () => Worker) {
  const probes: number[] = [];
  const spawn = () => {
    const worker = spawned();
    const post = worker.postMessage.bind(worker);
    worker.postMessage = (message: string) => {
      const { kind, bytes } = JSON.parse(message);
      if (kind === "probe") probes.push(bytes);
      post(message);
    };
    return worker;
  };
  return { spawn, probes };
}

test("an idle store is written once to prove that it works, and again only half a minute later", async () => {
  using folder = scratchFolder();
  const { spawn, probes } = watched(spawnWriter);
  await using opened = await openStore(folder.file("todos.db"), { spawn });
  await opened.store.check();
  expect(probes).toHaveLength(0);
  skippedMs += START_TRUSTED_MS;
  for (let looks = 0; looks < 10; looks++) await opened.store.check();
  expect(probes).toHaveLength(1);
  skippedMs += PROOF_KEPT_MS - 1_000;
  await opened.store.check();
  expect(probes).toHaveLength(1);
  skippedMs += 1_000;
  await opened.store.check();
  expect(probes).toHaveLength(2);
  expect(PROOF_KEPT_MS).toBe(30_000);
});

test("a write proves as much as a probe", async () => {
  using folder = scratchFolder();
  const { spawn, probes } = watched(spawnWriter);
  await using opened = await openStore(folder.file("todos.db"), { spawn });
  skippedMs += PROOF_KEPT_MS;
  await opened.store.write(createTask(ANYONE, taskIn(INBOX_ID)));
  await opened.store.check();
  expect(probes).toHaveLength(0);
});

test("simultaneous checks share one probe", async () => {
  using folder = scratchFolder();
  const { spawn, probes } = watched(spawnWriter);
  await using opened = await openStore(folder.file("todos.db"), { spawn });
  skippedMs += PROOF_KEPT_MS;
  await Promise.all([opened.store.check(), opened.store.check(), opened.store.check()]);
  expect(probes).toHaveLength(1);
});

test("after a failure every check is a thorough probe until one works, and the operator is informed twice", async () => {
  using folder = scratchFolder();
  const script = join(import.meta.dir, "children/failing-writer.ts");
  const { spawn, probes } = watched(() => new Worker(script));
  await using opened = await openStore(folder.file("todos.db"), { spawn });
  const { store, log } = opened;
  const full = { code: "store-unavailable", retryAfterS: 5 };
  expect(await thrownBy(() => store.write(createTask(ANYONE, taskIn(INBOX_ID))))).toMatchObject(full);
  expect(await thrownBy(() => store.check())).toMatchObject(full);
  expect(await thrownBy(() => store.check())).toMatchObject(full);
  await store.check();
  await store.check();
  expect(probes).toEqual([65_536, 65_536, 65_536]);
  expect(log.lines).toEqual([
    {
      level: "error",
      message: "the store can't be written",
      fields: { code: "SQLITE_FULL", why: "database or disk is full" },
    },
    { level: "info", message: "the store can be written again", fields: undefined },
  ]);
});

test("a write that fails for its own reason ends the proof: the next check is a probe", async () => {
  using folder = scratchFolder();
  const { spawn, probes } = watched(spawnWriter);
  await using opened = await openStore(folder.file("todos.db"), { spawn });
  const row = taskIn(INBOX_ID);
  await opened.store.write(createTask(ANYONE, row));
  expect(await thrownBy(() => opened.store.write(createTask(ANYONE, row)))).toMatchObject({ name: "Error" });
  await opened.store.check();
  await opened.store.check();
  expect(probes).toHaveLength(1);
});

test("a slow batch is checked even if a commit succeeded before it", async () => {
  using folder = scratchFolder();
  const { spawn, probes } = watched(spawnWriter);
  await using opened = await openStore(folder.file("todos.db"), { spawn });
  await opened.store.write(createTask(ANYONE, taskIn(INBOX_ID)));
  const creating = opened.store.write(createTask(ANYONE, taskIn(INBOX_ID)));
  await new Promise((resolve) => setImmediate(resolve));
  skippedMs += 2_000;
  const looking = opened.store.check();
  expect(probes).toHaveLength(1);
  await Promise.all([creating, looking]);
});
