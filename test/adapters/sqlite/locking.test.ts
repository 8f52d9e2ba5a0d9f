import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { chmodSync, closeSync, linkSync, openSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspectSqlite } from "../../../src/adapters/sqlite/maintenance.ts";
import { takeServeLock } from "../../../src/adapters/sqlite/serve-lock.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { createTask } from "../../../src/application/commands.ts";
import { StoreOpenError } from "../../../src/application/store-open-error.ts";
import { INBOX_ID } from "../../../src/domain/checklist.ts";
import { openStore, scratchFolder, taskIn, thrownBy } from "./support.ts";

async function servingChild(path: string, ...who: string[]) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "children/serve.ts"), path, ...who], {
    stdout: "pipe",
  });
  const { value } = await child.stdout.getReader().read();
  expect(new TextDecoder().decode(value)).toBe("ready\n");
  return child;
}

const onLinux = process.platform === "linux";

test("a name that a served file gets later is locked as well: the lock is on device and inode", async () => {
  using folder = scratchFolder();
  await using child = await servingChild(folder.file("todos.db"));
  linkSync(folder.file("todos.db"), folder.file("other.db"));
  expect(await thrownBy(() => openStore(folder.file("other.db")))).toBeInstanceOf(StoreOpenError);
  expect(await thrownBy(() => takeServeLock(folder.file("other.db")))).toMatchObject({
    message: expect.stringContaining("already being served"),
  });
  expect(inspectSqlite(folder.file("todos.db")).state).toBe("unusable");
  unlinkSync(folder.file("other.db"));
  child.kill("SIGKILL");
});

test("no other file can remove the lock: neither an unwritable lock file, nor garbage in it", async () => {
  using folder = scratchFolder();
  chmodSync(folder.path, 0o777);
  writeFileSync(folder.file("todos.db-serve.lock"), "rubbish ".repeat(200), { mode: 0o444 });
  await using child = await servingChild(folder.file("todos.db"), "powerless");
  const open = [
    process.execPath,
    join(import.meta.dir, "children/open.ts"),
    folder.file("todos.db"),
    "powerless",
  ];
  const second = Bun.spawnSync(open);
  expect(second.stdout.toString()).toContain("already being served by another todos process");
  child.kill("SIGKILL");
});

test("closing other descriptors of the file in the serving process does not release the lock", async () => {
  using folder = scratchFolder();
  const lock = takeServeLock(folder.file("todos.db"));
  closeSync(openSync(folder.file("todos.db"), "r+"));
  const child = Bun.spawnSync([
    process.execPath,
    join(import.meta.dir, "children/open.ts"),
    folder.file("todos.db"),
  ]);
  expect(child.stdout.toString()).toContain("already being served");
  lock.release();
});

test("another process that serves the file is named, and the lock ends with it, even by kill -9", async () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  await using child = await servingChild(path);
  const error = await thrownBy(() => openStore(path));
  expect(String(error)).toContain("already being served by another todos process");
  if (onLinux) expect(String(error)).toContain(`(pid ${child.pid})`);
  const inspected = inspectSqlite(path);
  expect(inspected).toMatchObject({ state: "usable", servedBy: onLinux ? { pid: child.pid } : {} });
  child.kill("SIGKILL");
  await child.exited;
  await using opened = await openStore(path);
  expect(await opened.store.check()).toBeUndefined();
});

test("while another program holds SQLite's write lock, writes get 503, reads continue, and it passes", async () => {
  using folder = scratchFolder();
  await using opened = await openStore(folder.file("todos.db"));
  const other = new Database(folder.file("todos.db"));
  other.run("BEGIN IMMEDIATE");
  const refused = thrownBy(() => opened.store.write(createTask(ANYONE, taskIn(INBOX_ID))));
  expect(await opened.store.findChecklist(INBOX_ID)).toBeDefined();
  expect(await refused).toMatchObject({ code: "store-unavailable", retryAfterS: 1 });
  other.run("ROLLBACK");
  other.close();
  expect(await opened.store.write(createTask(ANYONE, taskIn(INBOX_ID)))).toEqual({ outcome: "created" });
  expect(opened.log.lines.map(({ message }) => message)).toEqual([
    "the store can't be written",
    "the store can be written again",
  ]);
}, 20_000);
