import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { backupSqlite } from "../../../src/adapters/sqlite/backup.ts";
import { restoreSqlite } from "../../../src/adapters/sqlite/restore.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { createTask } from "../../../src/application/commands.ts";
import { StoreOpenError } from "../../../src/application/store-open-error.ts";
import { INBOX_ID } from "../../../src/domain/checklist.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import { type Folder, fixedClock, openStore, scratchFolder, taskIn, thrownBy } from "./support.ts";

const clock = fixedClock;

async function storeWith(path: string, todo: string): Promise<{ id: string; epoch: string }> {
  await using opened = await openStore(path);
  const row = taskIn(INBOX_ID, { todo });
  await opened.store.write(createTask(ANYONE, row));
  return { id: row.id, epoch: opened.store.epoch };
}

function leftovers(folder: Folder): string[] {
  return readdirSync(folder.path).filter((name) => /partial|restoring|-wal|-shm|-journal/.test(name));
}

async function refusal(work: () => Promise<unknown>): Promise<string> {
  const error = await thrownBy(work);
  if (!(error instanceof StoreOpenError)) throw error;
  return error.message;
}

test("a backup during writes is sound and contains every write acknowledged before it began", async () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  await using child = Bun.spawn([process.execPath, join(import.meta.dir, "children/write.ts"), path], {
    stdout: "pipe",
  });
  const acknowledged = new Acknowledgements(child.stdout);
  let before = 0;
  for (let round = 1; round <= 3; round++) {
    await acknowledged.atLeast(before + 500);
    before = acknowledged.ids.length;
    const report = await backupSqlite(path, folder.file(`backup-${round}.db`));
    expect(report.tasks).toBeGreaterThanOrEqual(before);
    const db = new Database(report.file, { readonly: true });
    expect(db.query("PRAGMA integrity_check").values()).toEqual([["ok"]]);
    const stored = new Set(db.query("SELECT id FROM task").values().flat());
    db.close();
    expect(acknowledged.ids.slice(0, before).filter((id) => !stored.has(id))).toEqual([]);
  }
  child.kill("SIGKILL");
  await child.exited;
}, 60_000);

test("a backup reports its phases and its contents, and leaves nothing else", async () => {
  using folder = scratchFolder();
  const { epoch } = await storeWith(folder.file("todos.db"), "kept");
  const phases: string[] = [];
  const onProgress = (phase: string) => phases.push(phase);
  const report = await backupSqlite(folder.file("todos.db"), folder.file("deep/er/b.db"), { onProgress });
  expect(report).toMatchObject({ file: folder.file("deep/er/b.db"), checklists: 1, tasks: 1, epoch });
  expect(report.bytes).toBeGreaterThan(0);
  expect(phases).toEqual(["copying", "verifying", "done"]);
  expect(readdirSync(folder.file("deep/er"))).toEqual(["b.db"]);
});

test("a backup replaces a file only with force, never the store, and never creates one from nothing", async () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  const into = folder.file("b.db");
  expect(await refusal(() => backupSqlite(path, into))).toContain("there is no store of that name");
  await storeWith(path, "kept");
  expect((await backupSqlite(path, into)).tasks).toBe(1);
  const first = readFileSync(into);
  expect(await refusal(() => backupSqlite(path, into))).toContain("--force");
  expect(readFileSync(into).equals(first)).toBe(true);
  expect(await refusal(() => backupSqlite(path, path, { force: true }))).toContain("the store itself");
  await storeWith(path, "more");
  expect((await backupSqlite(path, into, { force: true })).tasks).toBe(2);
  expect(statSync(into).mode & 0o777).toBe(0o600);
});

test("a backup replaces only our own earlier backups, even with force", async () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  await storeWith(path, "kept");
  await backupSqlite(path, folder.file("b.db"));
  const forced = (name: string) => refusal(() => backupSqlite(path, folder.file(name), { force: true }));
  writeFileSync(folder.file("letter"), "precious");
  expect(await forced("letter")).toContain("is not a backup made by todos");
  expect(readFileSync(folder.file("letter"), "utf8")).toBe("precious");
  symlinkSync(folder.file("b.db"), folder.file("link"));
  expect(await forced("link")).toContain("is a symbolic link");
  expect(lstatSync(folder.file("link")).isSymbolicLink()).toBe(true);
  expect(Bun.spawnSync(["mkfifo", folder.file("pipe")]).exitCode).toBe(0);
  expect(await forced("pipe")).toContain("is not a regular file");
  const photos = new Database(folder.file("photos.db"));
  photos.run("CREATE TABLE photo (id INTEGER)");
  photos.close();
  expect(await forced("photos.db")).toContain("is not a backup made by todos");
  for (const suffix of ["-wal", "-shm", "-journal", "-serve.lock"]) {
    expect(await forced(`todos.db${suffix}`)).toContain("a name that SQLite uses");
  }
});

test("a backup never replaces a store, served or not, used or just restored", async () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  await storeWith(path, "kept");
  const forced = (name: string) => refusal(() => backupSqlite(path, folder.file(name), { force: true }));
  const { id } = await storeWith(folder.file("other.db"), "other");
  expect(await forced("other.db")).toContain("is not a backup made by todos");
  {
    await using served = await openStore(folder.file("other.db"));
    expect(await forced("other.db")).toContain("is being served");
    await served.store.write(createTask(ANYONE, taskIn(INBOX_ID)));
  }
  await using again = await openStore(folder.file("other.db"));
  expect(await again.store.findTask(INBOX_ID, id)).toBeDefined();
  await backupSqlite(path, folder.file("b.db"));
  await restoreSqlite(folder.file("b.db"), folder.file("restored.db"), { clock });
  expect(await forced("restored.db")).toContain("is not a backup made by todos");
});

test("restore keeps mode and owner; root gives a new file to the owner of its folder", async () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  await storeWith(path, "kept");
  await backupSqlite(path, folder.file("b.db"));
  const owner = process.getuid?.() === 0 ? 65_534 : statSync(path).uid;
  chownSync(path, owner, statSync(path).gid);
  chmodSync(path, 0o640);
  await restoreSqlite(folder.file("b.db"), path, { clock });
  expect(statSync(path)).toMatchObject({ uid: owner });
  expect(statSync(path).mode & 0o777).toBe(0o640);
  chownSync(folder.path, owner, statSync(folder.path).gid);
  await restoreSqlite(folder.file("b.db"), folder.file("new.db"), { clock });
  expect(statSync(folder.file("new.db"))).toMatchObject({ uid: owner });
  expect(statSync(folder.file("new.db")).mode & 0o777).toBe(0o600);
});

test("a failed restore leaves no empty file if there was none", async () => {
  using folder = scratchFolder();
  await storeWith(folder.file("todos.db"), "kept");
  writeFileSync(folder.file("bad.db"), "not a database ".repeat(100));
  const said = await refusal(() => restoreSqlite(folder.file("bad.db"), folder.file("new.db"), { clock }));
  expect(said).toContain("bad.db is not a database");
  expect(said).not.toContain("--sqlite");
  expect(existsSync(folder.file("new.db"))).toBe(false);
});

test("restore puts the backup in the store's place with a new epoch and keeps the old one", async () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  const kept = await storeWith(path, "in the backup");
  await backupSqlite(path, folder.file("b.db"));
  const later = await storeWith(path, "after the backup");
  const report = await restoreSqlite(folder.file("b.db"), path, { clock });
  expect(report).toMatchObject({ path, tasks: 1 });
  expect(leftovers(folder)).toEqual([]);
  {
    await using opened = await openStore(path);
    expect(opened.store.epoch).toBe(report.epoch);
    expect(opened.store.epoch).not.toBe(kept.epoch);
    expect(await opened.store.findTask(INBOX_ID, kept.id)).toBeDefined();
    expect(await opened.store.findTask(INBOX_ID, later.id)).toBeUndefined();
  }
  await using old = await openStore(report.keptAs ?? "");
  expect(await old.store.findTask(INBOX_ID, later.id)).toBeDefined();
});

test("restore can discard the old one, and works without one", async () => {
  using folder = scratchFolder();
  await storeWith(folder.file("todos.db"), "one");
  await backupSqlite(folder.file("todos.db"), folder.file("b.db"));
  const replaced = await restoreSqlite(folder.file("b.db"), folder.file("todos.db"), {
    clock,
    keepReplaced: false,
  });
  expect(replaced.keptAs).toBeUndefined();
  const fresh = await restoreSqlite(folder.file("b.db"), folder.file("new/todos.db"), { clock });
  expect(fresh.keptAs).toBeUndefined();
  expect(readdirSync(folder.path).filter((name) => name.includes("replaced"))).toEqual([]);
  await using opened = await openStore(folder.file("new/todos.db"));
  expect((await opened.store.listTasks(INBOX_ID, {}, undefined, 10))?.items).toHaveLength(1);
});

test("an old log never remains next to a restored store, not even a crashed or damaged one's", async () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  await storeWith(path, "one");
  await backupSqlite(path, folder.file("b.db"));
  await using child = Bun.spawn([process.execPath, join(import.meta.dir, "children/write.ts"), path], {
    stdout: "pipe",
  });
  await new Acknowledgements(child.stdout).atLeast(50);
  child.kill("SIGKILL");
  await child.exited;
  expect(existsSync(`${path}-wal`)).toBe(true);
  const crashed = await restoreSqlite(folder.file("b.db"), path, { clock });
  expect(leftovers(folder)).toEqual([]);
  await using old = await openStore(crashed.keptAs ?? "");
  expect((await old.store.listTasks(INBOX_ID, {}, undefined, 50))?.items.length).toBe(50);
  writeFileSync(path, "damaged beyond recognition ".repeat(500));
  writeFileSync(`${path}-wal`, "and so is its log");
  const later = { now: () => clock.now() + 60_000 };
  const damaged = await restoreSqlite(folder.file("b.db"), path, { clock: later });
  expect(existsSync(`${path}-wal`)).toBe(false);
  expect(readFileSync(damaged.keptAs ?? "", "utf8")).toStartWith("damaged beyond");
  await using opened = await openStore(path);
  expect((await opened.store.listTasks(INBOX_ID, {}, undefined, 10))?.items).toHaveLength(1);
}, 30_000);

test("restore refuses while the store is served, and leaves it unchanged", async () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  await storeWith(path, "one");
  await backupSqlite(path, folder.file("b.db"));
  await using opened = await openStore(path);
  expect(await refusal(() => restoreSqlite(folder.file("b.db"), path, { clock }))).toContain("being served");
  expect(await opened.store.check()).toBeUndefined();
});

test("restore refuses anything but a sound backup of todos, and leaves the store unchanged", async () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  const { id } = await storeWith(path, "one");
  const bad = folder.file("bad.db");
  expect(await refusal(() => restoreSqlite(bad, path, { clock }))).toContain("there is no backup");
  writeFileSync(bad, "not a database ".repeat(100));
  expect(await refusal(() => restoreSqlite(bad, path, { clock }))).toContain("is not a database");
  rmSync(bad);
  await backupSqlite(path, bad);
  const newer = new Database(bad);
  newer.run("INSERT INTO schema_migration VALUES (99, '0099_from_tomorrow', 'abc', 0)");
  newer.close();
  expect(await refusal(() => restoreSqlite(bad, path, { clock }))).toContain("by a newer todos");
  await backupSqlite(path, bad, { force: true });
  const bytes = readFileSync(bad);
  bytes.fill(0xff, 8_192, bytes.length);
  writeFileSync(bad, bytes);
  expect(await refusal(() => restoreSqlite(bad, path, { clock }))).toContain("damaged");
  expect(readdirSync(folder.path).filter((name) => /partial|restoring|replaced/.test(name))).toEqual([]);
  await using opened = await openStore(path);
  expect(await opened.store.findTask(INBOX_ID, id)).toBeDefined();
});
