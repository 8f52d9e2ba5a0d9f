import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inspectSqlite } from "../../../src/adapters/sqlite/maintenance.ts";
import { INBOX_ID } from "../../../src/domain/checklist.ts";
import { openStore, scratchFolder, taskIn, thrownBy } from "./support.ts";

async function servingChild(path: string) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "children/serve.ts"), path], {
    stdout: "pipe",
  });
  const { value } = await child.stdout.getReader().read();
  expect(new TextDecoder().decode(value)).toBe("ready\n");
  return child;
}

/** Not every system lists locks, and not every Linux all of them. */
function listsLocksOf(pid: number): boolean {
  return process.platform === "linux" && readFileSync("/proc/locks", "utf8").includes(` ${pid} `);
}

test("another process that serves the file is named, and the lock ends with it, even by kill -9", async () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  await using child = await servingChild(path);
  const locksListed = listsLocksOf(child.pid);
  const error = await thrownBy(() => openStore(path));
  expect(String(error)).toContain("already being served by another todos process");
  if (locksListed) expect(String(error)).toContain(`(pid ${child.pid})`);
  const inspected = inspectSqlite(path);
  expect(inspected).toMatchObject({ state: "usable", servedBy: locksListed ? { pid: child.pid } : {} });
  child.kill("SIGKILL");
  await child.exited;
  await using opened = await openStore(path);
  expect(await opened.store.check()).toBeUndefined();
});

test("while another program holds SQLite's write lock writes get 503, reads go on, and it passes", async () => {
  using folder = scratchFolder();
  await using opened = await openStore(folder.file("todos.db"));
  const other = new Database(folder.file("todos.db"));
  other.run("BEGIN IMMEDIATE");
  const refused = thrownBy(() => opened.store.createTask(taskIn(INBOX_ID)));
  expect(await opened.store.findChecklist(INBOX_ID)).toBeDefined();
  expect(await refused).toMatchObject({ code: "store-unavailable", retryAfterS: 1 });
  other.run("ROLLBACK");
  other.close();
  expect(await opened.store.createTask(taskIn(INBOX_ID))).toEqual({ outcome: "created" });
  expect(opened.log.lines.map(({ message }) => message)).toEqual([
    "the store can't be written",
    "the store can be written again",
  ]);
}, 20_000);
