import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { takeServeLock } from "../../../src/adapters/sqlite/serve-lock.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { createTask, deleteTask } from "../../../src/application/commands.ts";
import { StoreOpenError } from "../../../src/application/store-open-error.ts";
import { INBOX_ID } from "../../../src/domain/checklist.ts";
import { TodosError } from "../../../src/domain/errors.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import { openStore, scratchFolder, taskIn, thrownBy } from "./support.ts";

const NAMESPACE = ["unshare", "--map-root-user", "--mount"];

function mayMount(): boolean {
  return process.platform === "linux" && Bun.spawnSync([...NAMESPACE, "true"]).exitCode === 0;
}

async function refusal(path: string): Promise<string> {
  const error = await thrownBy(() => openStore(path));
  if (!(error instanceof StoreOpenError)) throw error;
  expect(error.message.split("\n")).toHaveLength(1);
  expect(error.message).toContain(path);
  return error.message;
}

test("a missing file is created, with the directories above it, and keeps what is written", async () => {
  using folder = scratchFolder();
  const path = folder.file("not/there/yet/todos.db");
  const row = taskIn(INBOX_ID);
  let epoch: string;
  {
    await using opened = await openStore(path);
    epoch = opened.store.epoch;
    await opened.store.write(createTask(ANYONE, row));
  }
  await using again = await openStore(path);
  expect(again.store.epoch).toBe(epoch);
  expect(await again.store.findTask(INBOX_ID, row.id)).toStrictEqual(row);
});

test("an empty file becomes a store", async () => {
  using folder = scratchFolder();
  writeFileSync(folder.file("todos.db"), "");
  await using opened = await openStore(folder.file("todos.db"));
  expect((await opened.store.findChecklist(INBOX_ID))?.name).toBe("Inbox");
});

test("closing checkpoints the log into the file and leaves no other trace of SQLite", async () => {
  using folder = scratchFolder();
  {
    await using opened = await openStore(folder.file("todos.db"));
    await opened.store.write(createTask(ANYONE, taskIn(INBOX_ID)));
  }
  expect(readdirSync(folder.path).sort()).toEqual(["todos.db"]);
});

test("a file that is not a database is refused, and left unchanged", async () => {
  using folder = scratchFolder();
  const text = "Dear diary, ".repeat(1_000);
  writeFileSync(folder.file("diary.txt"), text);
  expect(await refusal(folder.file("diary.txt"))).toContain("is not a database");
  expect(readFileSync(folder.file("diary.txt"), "utf8")).toBe(text);
});

test("another program's database is refused, and left unchanged", async () => {
  using folder = scratchFolder();
  const path = folder.file("photos.db");
  const foreign = new Database(path);
  foreign.run("CREATE TABLE photo (id INTEGER)");
  foreign.close();
  const before = readFileSync(path);
  expect(await refusal(path)).toContain("of some other program");
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("a directory in the file's place is refused", async () => {
  using folder = scratchFolder();
  mkdirSync(folder.file("todos.db"));
  expect(await refusal(folder.file("todos.db"))).toContain("is a directory");
});

test("a file in a directory's place is refused", async () => {
  using folder = scratchFolder();
  writeFileSync(folder.file("data"), "");
  expect(await refusal(folder.file("data/todos.db"))).toContain("can't be made");
});

test("a directory without permission is refused, unless the user is root", async () => {
  using folder = scratchFolder();
  mkdirSync(folder.file("locked"));
  chmodSync(folder.file("locked"), 0o555);
  chmodSync(folder.path, 0o755);
  const script = join(import.meta.dir, "children/open.ts");
  const child = Bun.spawnSync([process.execPath, script, folder.file("locked/todos.db"), "powerless"]);
  expect(child.stderr.toString()).toBe("");
  expect(child.stdout.toString()).toContain("StoreOpenError");
  expect(child.stdout.toString()).toContain("can't be written by this user (permission denied)");
});

test("an existing file stays if it is refused, and one created for the lock is removed", async () => {
  using folder = scratchFolder();
  writeFileSync(folder.file("letter.txt"), "Dear diary, ".repeat(100));
  await refusal(folder.file("letter.txt"));
  const lock = takeServeLock(folder.file("new.db"));
  expect(statSync(folder.file("new.db")).mode & 0o777).toBe(0o600);
  lock.abandon();
  expect(readdirSync(folder.path)).toEqual(["letter.txt"]);
});

test("a new store belongs to its owner alone: folder, file, log and index, whatever the umask", async () => {
  using folder = scratchFolder();
  const umask = process.umask(0);
  try {
    await using opened = await openStore(folder.file("data/todos.db"));
    await opened.store.write(createTask(ANYONE, taskIn(INBOX_ID)));
    const modes = ["", "/todos.db", "/todos.db-wal", "/todos.db-shm"].map(
      (name) => statSync(folder.file(`data${name}`)).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o600, 0o600, 0o600]);
  } finally {
    process.umask(umask);
  }
});

test("a file with a second name is refused: only one of the names leads to a crash's log", async () => {
  using folder = scratchFolder();
  const { store } = await openStore(folder.file("todos.db"));
  await store.close();
  linkSync(folder.file("todos.db"), folder.file("other.db"));
  expect(await refusal(folder.file("other.db"))).toContain("2 names (hard links)");
  unlinkSync(folder.file("todos.db"));
  await using again = await openStore(folder.file("other.db"));
  expect(await again.store.check()).toBeUndefined();
});

test.skipIf(!mayMount())("a file mounted without its folder is refused, with what to mount instead", () => {
  using folder = scratchFolder();
  mkdirSync(folder.file("host"));
  mkdirSync(folder.file("a container"));
  for (const name of ["host", "a container"]) writeFileSync(folder.file(`${name}/todos.db`), "");
  const script = 'mount --bind "$1/host/todos.db" "$1/a container/todos.db" && shift && exec "$@"';
  const open = [
    process.execPath,
    join(import.meta.dir, "children/open.ts"),
    folder.file("a container/todos.db"),
  ];
  const child = Bun.spawnSync([...NAMESPACE, "sh", "-c", script, "sh", folder.path, ...open]);
  expect(child.stdout.toString()).toContain("is mounted without its folder");
  expect(child.stdout.toString()).toContain(`:${folder.file("a container")}"`);
  expect(readdirSync(folder.file("a container"))).toEqual(["todos.db"]);
});

test("a second store on the same file is refused, by any of its names", async () => {
  using folder = scratchFolder();
  await using first = await openStore(folder.file("todos.db"));
  expect(await refusal(folder.file("todos.db"))).toContain("already being served");
  symlinkSync(folder.path, `${folder.path}/me`);
  const error = await thrownBy(() => openStore(folder.file("me/todos.db")));
  expect(error).toBeInstanceOf(StoreOpenError);
  expect(await first.store.check()).toBeUndefined();
});

test("a refused or closed store leaves no lock behind", async () => {
  using folder = scratchFolder();
  writeFileSync(folder.file("todos.db"), "no database at all, but long enough".repeat(50));
  await refusal(folder.file("todos.db"));
  writeFileSync(folder.file("todos.db"), "");
  await (await openStore(folder.file("todos.db"))).store.close();
  await using again = await openStore(folder.file("todos.db"));
  expect(await again.store.check()).toBeUndefined();
});

test("read-only: reads next to the serving process, refuses writes, and creates no file", async () => {
  using folder = scratchFolder();
  expect(await thrownBy(() => openStore(folder.file("todos.db"), { readOnly: true }))).toBeInstanceOf(
    StoreOpenError,
  );
  expect(existsSync(folder.file("todos.db"))).toBe(false);
  await using serving = await openStore(folder.file("todos.db"));
  await using reading = await openStore(folder.file("todos.db"), { readOnly: true });
  const row = taskIn(INBOX_ID);
  await serving.store.write(createTask(ANYONE, row));
  expect(await reading.store.findTask(INBOX_ID, row.id)).toStrictEqual(row);
  const error = await thrownBy(() => reading.store.write(deleteTask(ANYONE, INBOX_ID, row.id, UNGUARDED)));
  expect(error).toBeInstanceOf(TodosError);
  expect(error).toMatchObject({ code: "read-only" });
});

test("after close every write gets an error, and closing twice is harmless", async () => {
  using folder = scratchFolder();
  const { store } = await openStore(folder.file("todos.db"));
  const accepted = store.write(createTask(ANYONE, taskIn(INBOX_ID)));
  await Promise.all([store.close(), store.close()]);
  expect(await accepted).toEqual({ outcome: "created" });
  expect(await thrownBy(() => store.write(createTask(ANYONE, taskIn(INBOX_ID))))).toMatchObject({
    code: "store-unavailable",
  });
});
