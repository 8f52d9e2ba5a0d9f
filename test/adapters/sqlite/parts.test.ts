import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { migrateSqlite } from "../../../src/adapters/sqlite/maintenance.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { createTask } from "../../../src/application/commands.ts";
import { INBOX_ID } from "../../../src/domain/checklist.ts";
import { NOTE_TABLE, notes } from "./notes-part.ts";
import { fixedClock, openStore, scratchFolder, taskIn, thrownBy } from "./support.ts";

/** A store with notes, how often their part was loaded, and its operations. */
async function openWithNotes(path: string, ...unloadable: string[]) {
  migrateSqlite(path, { clock: fixedClock });
  using db = new Database(path);
  db.run(NOTE_TABLE);
  let loads = 0;
  const loadParts = async () => {
    loads++;
    return [notes];
  };
  const spawn = () =>
    new Worker(join(import.meta.dir, "children/notes-writer.ts"), { argv: unloadable, smol: true });
  const opened = await openStore(path, { loadParts, spawn });
  // Not declared, so not known to the compiler.
  const find = (id: string) => opened.store.read({ op: "findNote", id } as never);
  const save = (id: string, text = "x") =>
    opened.store.write({ op: "saveNote", caller: ANYONE, id, text } as never);
  return { ...opened, find, save, loads: () => loads };
}

test("a resource's own table is written by the writer's thread and read by the store", async () => {
  using folder = scratchFolder();
  await using opened = await openWithNotes(folder.file("todos.db"));
  expect(await opened.save("a", "Buy milk")).toEqual({ outcome: "created" } as never);
  expect<unknown>(await opened.find("a")).toBe("Buy milk");
  expect<unknown>(await opened.find("b")).toBeUndefined();
});

test("its module is loaded once, by the first read that needs it; from then on there is no promise", async () => {
  using folder = scratchFolder();
  await using opened = await openWithNotes(folder.file("todos.db"));
  await opened.store.findChecklist(INBOX_ID);
  expect(opened.loads()).toBe(0);
  await Promise.all([opened.find("a"), opened.find("a")]);
  expect(opened.find("a")).toBeUndefined();
  expect(opened.loads()).toBe(1);
});

test("a write of it that fails leaves nothing, and fails alone in its batch", async () => {
  using folder = scratchFolder();
  await using opened = await openWithNotes(folder.file("todos.db"));
  const row = taskIn(INBOX_ID);
  const [bad, , good] = await Promise.allSettled([
    opened.save("a", "bad"),
    opened.store.write(createTask(ANYONE, row)),
    opened.save("b"),
  ]);
  expect([bad.status, good.status]).toEqual(["rejected", "fulfilled"]);
  expect<unknown>([await opened.find("a"), await opened.find("b")]).toEqual([undefined, "x"]);
  expect(await opened.store.findTask(INBOX_ID, row.id)).toEqual(row);
});

test("an operation that no part has is an error that names it", async () => {
  using folder = scratchFolder();
  await using opened = await openWithNotes(folder.file("todos.db"));
  const { store } = opened;
  expect(String(await thrownBy(() => store.read({ op: "findPoem" } as never)))).toContain("findPoem");
  expect(String(await thrownBy(() => store.write({ op: "savePoem", caller: ANYONE } as never)))).toContain(
    "savePoem",
  );
});

test("while its module can't be loaded in the writer's thread, writes are refused and the log says why", async () => {
  using folder = scratchFolder();
  await using opened = await openWithNotes(folder.file("todos.db"), "unloadable");
  expect(await thrownBy(() => opened.save("a"))).toMatchObject({ code: "store-unavailable" });
  expect(JSON.stringify(opened.log)).toContain("no such part");
});
