import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { Connection, openWriter } from "../../../src/adapters/sqlite/connection.ts";
import { Housekeeping, PURGE_ROWS_PER_STEP } from "../../../src/adapters/sqlite/housekeeping.ts";
import { migrateSqlite } from "../../../src/adapters/sqlite/maintenance.ts";
import { Writer } from "../../../src/adapters/sqlite/writer.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import {
  type Command,
  createChecklist,
  createTask,
  deleteChecklist,
  putRecord,
} from "../../../src/application/commands.ts";
import { INBOX_ID, newChecklist } from "../../../src/domain/checklist.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import { fixedClock, openStore, scratchFolder, taskIn } from "./support.ts";

const NOW = fixedClock.now();

function openWriting(path: string) {
  migrateSqlite(path, { clock: fixedClock });
  const connection = new Connection(openWriter(path));
  const writer = new Writer(connection);
  const count = (table: "task" | "purge" | "idempotency") =>
    connection.db.query(`SELECT count(*) FROM ${table}`).values()[0]?.[0];
  return { connection, writer, housekeeping: new Housekeeping(writer), count };
}

/** A list of `tasks` tasks, deleted; and one task in the inbox that nobody may touch. */
function deletedList(tasks: number): Command[] {
  const list = newChecklist(Bun.randomUUIDv7(), "Old", NOW);
  return [
    createChecklist(ANYONE, list),
    createTask(ANYONE, taskIn(INBOX_ID)),
    ...Array.from({ length: tasks }, () => createTask(ANYONE, taskIn(list.id))),
    deleteChecklist(ANYONE, list.id, UNGUARDED),
  ];
}

function keyed(key: string, expiresAt: number): Command {
  const answer = { status: 201, headers: {}, body: "" };
  const receipt = { scope: "POST /tasks", key, fingerprint: "f", answer, expiresAt, owner: "o" };
  return createTask(ANYONE, taskIn(INBOX_ID), receipt);
}

test("the tasks of deleted lists are removed in limited steps, and nothing else is", () => {
  using folder = scratchFolder();
  const { connection, writer, housekeeping, count } = openWriting(folder.file("todos.db"));
  writer.apply([...deletedList(PURGE_ROWS_PER_STEP + 1), ...deletedList(0)], NOW);
  const left: unknown[] = [];
  while (housekeeping.step(NOW)) left.push(count("task"));
  expect(left[0]).toBe(3);
  expect(left.at(-1)).toBe(2);
  expect(count("purge")).toBe(0);
  connection.close();
});

test("links to a list go with it, and no others", () => {
  using folder = scratchFolder();
  const { connection, writer, housekeeping } = openWriting(folder.file("todos.db"));
  const list = newChecklist(Bun.randomUUIDv7(), "Shared", NOW);
  const link = (key: string, checklistId: string) => {
    const value = { id: key, checklistId, role: "viewer", createdBy: "u", createdAt: NOW } as const;
    return putRecord(ANYONE, { kind: "link", key, owner: checklistId, value, expect: "absent" });
  };
  const links = [link("a", list.id), link("b", INBOX_ID)];
  writer.apply([createChecklist(ANYONE, list), ...links, deleteChecklist(ANYONE, list.id, UNGUARDED)], NOW);
  while (housekeeping.step(NOW));
  expect(connection.db.query("SELECT key FROM account_record").values()).toEqual([["b"]]);
  connection.close();
});

test("expired keys are removed, others stay", () => {
  using folder = scratchFolder();
  const { connection, writer, housekeeping, count } = openWriting(folder.file("todos.db"));
  writer.apply([keyed("old", NOW), keyed("new", NOW + 1)], NOW - 1);
  while (housekeeping.step(NOW)) expect(count("idempotency")).toBe(1);
  expect(connection.db.query("SELECT key FROM idempotency").values()).toEqual([["new"]]);
  connection.close();
});

test("an expired key that still exists counts as unknown", () => {
  using folder = scratchFolder();
  const { connection, writer } = openWriting(folder.file("todos.db"));
  writer.apply([keyed("k", NOW)], NOW - 1);
  expect(writer.apply([keyed("k", NOW + 5)], NOW).ends).toEqual([{ answer: { outcome: "created" } }]);
  expect(writer.apply([keyed("k", NOW + 9)], NOW).ends).toMatchObject([{ answer: { outcome: "answered" } }]);
  connection.close();
});

test("a list deleted while the store runs is purged, and so is one that a crash left behind", async () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  const { connection, writer } = openWriting(path);
  writer.apply(deletedList(PURGE_ROWS_PER_STEP * 2), NOW);
  connection.close();
  const list = newChecklist(Bun.randomUUIDv7(), "Now", NOW);
  await using opened = await openStore(path);
  const { store } = opened;
  await store.write(createChecklist(ANYONE, list));
  await store.write(createTask(ANYONE, taskIn(list.id)));
  await store.write(deleteChecklist(ANYONE, list.id, UNGUARDED));
  const db = new Database(path, { readonly: true });
  const left = db.query("SELECT (SELECT count(*) FROM task), (SELECT count(*) FROM purge)");
  // Housekeeping does not report when it is done; the test's own deadline ends an endless wait.
  while (left.values()[0]?.[1] !== 0) await Bun.sleep(5);
  expect(left.values()).toEqual([[1, 0]]);
  left.finalize();
  db.close();
});

test("deleting a list with many tasks takes no longer: none of them is touched", () => {
  using folder = scratchFolder();
  const { connection, writer, count } = openWriting(folder.file("todos.db"));
  writer.apply(deletedList(500), NOW);
  expect(count("task")).toBe(501);
  expect(count("purge")).toBe(1);
  connection.close();
});
