import { expect, test } from "bun:test";
import { copyFileSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ANYONE } from "../../../src/application/caller.ts";
import { createTask } from "../../../src/application/commands.ts";
import { INBOX_ID } from "../../../src/domain/checklist.ts";
import { openStore, scratchFolder, taskIn, thrownBy } from "./support.ts";

const GONE = {
  code: "store-unavailable",
  undecided: false,
  message: expect.stringContaining("removed or replaced"),
};
const DAMAGED = { code: "store-damaged", undecided: false };

/** A store with tasks on many pages, which lose what was in them; the schema is sound. */
async function damagedStore(path: string, tasks: number): Promise<void> {
  const { store } = await openStore(path);
  const description = "x".repeat(9_000);
  for (let made = 0; made < tasks; made += 50) {
    await Promise.all(
      Array.from({ length: 50 }, () => store.write(createTask(ANYONE, taskIn(INBOX_ID, { description })))),
    );
  }
  await store.close();
  const bytes = readFileSync(path);
  expect(bytes.length).toBeGreaterThan(200_000);
  writeFileSync(path, bytes.fill(0xff, 100_000));
}

for (const [where, tasks] of [
  ["the writer's thread", 50],
  ["a thread of its own, for a large file", 2_000],
] as const) {
  test(`overwritten pages are found after the start by ${where}, and from then on nothing is written`, async () => {
    using folder = scratchFolder();
    await damagedStore(folder.file("todos.db"), tasks);
    expect(statSync(folder.file("todos.db")).size > 16 * 1024 * 1024).toBe(tasks > 50);
    await using opened = await openStore(folder.file("todos.db"));
    const { store, log } = opened;
    let error: unknown;
    while (error === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      error = await Promise.resolve(store.check()).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    }
    expect(error).toMatchObject(DAMAGED);
    expect(await thrownBy(() => store.write(createTask(ANYONE, taskIn(INBOX_ID))))).toMatchObject(DAMAGED);
    expect(log.lines.map(({ message }) => message)).toEqual([expect.stringContaining("is damaged")]);
  }, 30_000);
}

test("a read that finds damage says so, and stops writes at once", async () => {
  using folder = scratchFolder();
  await damagedStore(folder.file("todos.db"), 50);
  await using opened = await openStore(folder.file("todos.db"));
  const { store } = opened;
  expect(await thrownBy(() => store.listTasks(INBOX_ID, {}, undefined, 200))).toMatchObject(DAMAGED);
  expect(await thrownBy(() => store.write(createTask(ANYONE, taskIn(INBOX_ID))))).toMatchObject(DAMAGED);
  expect(await thrownBy(() => store.check())).toMatchObject(DAMAGED);
  expect(store.findChecklist(INBOX_ID)).toBeDefined();
});

test("removing the file stops the next write, and putting it back allows writes again", async () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  await using opened = await openStore(path);
  const { store } = opened;
  await store.write(createTask(ANYONE, taskIn(INBOX_ID)));
  renameSync(path, folder.file("away.db"));
  expect(await thrownBy(() => store.write(createTask(ANYONE, taskIn(INBOX_ID))))).toMatchObject(GONE);
  expect(await thrownBy(() => store.check())).toMatchObject(GONE);
  copyFileSync(folder.file("away.db"), path);
  expect(await thrownBy(() => store.write(createTask(ANYONE, taskIn(INBOX_ID))))).toMatchObject(GONE);
  expect(await thrownBy(() => store.check())).toMatchObject(GONE);
  renameSync(folder.file("away.db"), path);
  const row = taskIn(INBOX_ID);
  expect(await store.write(createTask(ANYONE, row))).toEqual({ outcome: "created" });
  await store.check();
});

test("removing the log stops writes: they would go to a file that nobody finds again", async () => {
  using folder = scratchFolder();
  await using opened = await openStore(folder.file("todos.db"));
  await opened.store.write(createTask(ANYONE, taskIn(INBOX_ID)));
  rmSync(folder.file("todos.db-wal"));
  expect(await thrownBy(() => opened.store.write(createTask(ANYONE, taskIn(INBOX_ID))))).toMatchObject(GONE);
});

test("moving a file between a commit and its answer makes the write undecided", async () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  const script = join(import.meta.dir, "children/moving-writer.ts");
  await using opened = await openStore(path, {
    spawn: () => new Worker(script, { argv: [path], smol: true }),
  });
  const error = await thrownBy(() => opened.store.write(createTask(ANYONE, taskIn(INBOX_ID))));
  expect(error).toMatchObject({ code: "store-unavailable", undecided: true });
  expect(await thrownBy(() => opened.store.write(createTask(ANYONE, taskIn(INBOX_ID))))).toMatchObject(GONE);
});
