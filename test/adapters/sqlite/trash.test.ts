import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { backupSqlite } from "../../../src/adapters/sqlite/backup.ts";
import { Connection, openWriter } from "../../../src/adapters/sqlite/connection.ts";
import { Housekeeping, PURGE_ROWS_PER_STEP } from "../../../src/adapters/sqlite/housekeeping.ts";
import { migrateSqlite } from "../../../src/adapters/sqlite/maintenance.ts";
import { restoreSqlite } from "../../../src/adapters/sqlite/restore.ts";
import { Writer } from "../../../src/adapters/sqlite/writer.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import {
  createChecklist,
  createTask,
  deleteChecklist,
  deleteTask,
  discardChecklist,
  restoreChecklist,
  restoreTask,
} from "../../../src/application/commands.ts";
import { INBOX_ID, newChecklist } from "../../../src/domain/checklist.ts";
import { stayInTrash } from "../../../src/domain/trash.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import { FULL_SIZE, note } from "../../support/size.ts";
import { comparedWaits, expectNotHeldUp, longestOf, waitOf } from "../../support/waits.ts";
import { fixedClock, openStore, scratchFolder, taskIn } from "./support.ts";

const NOW = fixedClock.now();
const STAY = stayInTrash(30, NOW);
const OVER = NOW + 30 * 86_400_000;
const QUIET_WRITES = 100;
/** Longest time that one step may occupy the writer, ms. */
const STEP_MS_MAX = 50;
const MANY = FULL_SIZE ? 100_000 : 10_000;

function openWriting(path: string) {
  migrateSqlite(path, { clock: fixedClock });
  const connection = new Connection(openWriter(path));
  const writer = new Writer(connection);
  const count = (table: "task" | "trashed_task" | "trashed_checklist" | "purge") =>
    connection.db.query(`SELECT count(*) FROM ${table}`).values()[0]?.[0];
  return { connection, writer, housekeeping: new Housekeeping(writer), count };
}

/** A list with that many tasks, and as many in its trash. @returns its id */
function fill(path: string, tasks: number): string {
  migrateSqlite(path, { clock: fixedClock });
  using db = new Database(path);
  const list = newChecklist(Bun.randomUUIDv7(), "Old", NOW);
  db.run("INSERT INTO checklist (id, name, created_at, updated_at, version) VALUES (?, ?, ?, ?, 1)", [
    list.id,
    list.name,
    NOW,
    NOW,
  ]);
  const columns = "(checklist_id, id, todo, status, priority, created_at, updated_at, version";
  const live = db.prepare(`INSERT INTO task ${columns}) VALUES (?1, ?2, 'x', 'pending', 'low', 1, 1, 1)`);
  const trashed = db.prepare(
    `INSERT INTO trashed_task ${columns}, deleted_at, until) VALUES (?1, ?2, 'x', 'pending', 'low', 1, 1, 2, ?3, ?4)`,
  );
  db.transaction(() => {
    for (let at = 0; at < tasks; at++) {
      live.run(list.id, Bun.randomUUIDv7());
      trashed.run(list.id, Bun.randomUUIDv7(), NOW, OVER);
    }
  })();
  return list.id;
}

test("what was in the trash for its time goes in limited steps, a list with its tasks; nothing else does", () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  const filled = fill(path, PURGE_ROWS_PER_STEP + 1);
  const { connection, writer, housekeeping, count } = openWriting(path);
  const list = newChecklist(Bun.randomUUIDv7(), "Kept", NOW);
  const [kept, goes] = [taskIn(list.id), taskIn(INBOX_ID)];
  writer.apply(
    [
      createChecklist(ANYONE, list),
      createTask(ANYONE, kept),
      createTask(ANYONE, goes),
      deleteTask(ANYONE, list.id, kept.id, UNGUARDED, stayInTrash(31, NOW)),
      deleteTask(ANYONE, INBOX_ID, goes.id, UNGUARDED, STAY),
      deleteChecklist(ANYONE, filled, UNGUARDED, STAY),
    ],
    NOW,
  );
  expect(housekeeping.step(OVER - 1)).toBe(false);
  let rows = Number(count("task")) + Number(count("trashed_task"));
  while (housekeeping.step(OVER)) {
    const left = Number(count("task")) + Number(count("trashed_task"));
    expect(rows - left).toBeLessThanOrEqual(2 * PURGE_ROWS_PER_STEP);
    rows = left;
  }
  expect(
    ["task", "trashed_task", "trashed_checklist", "purge"].map((table) => count(table as "task")),
  ).toEqual([0, 1, 0, 0]);
  expect(connection.db.query("SELECT id FROM trashed_task").values()).toEqual([[kept.id]]);
  connection.close();
});

test("a restart, and a backup that is restored, leave the trash as it was", async () => {
  using folder = scratchFolder();
  const [path, backup, elsewhere] = [
    folder.file("todos.db"),
    folder.file("backup.db"),
    folder.file("new.db"),
  ];
  const list = newChecklist(Bun.randomUUIDv7(), "A list", NOW);
  const [inList, inInbox] = [taskIn(list.id), taskIn(INBOX_ID)];
  {
    await using opened = await openStore(path);
    for (const write of [
      createChecklist(ANYONE, list),
      createTask(ANYONE, inList),
      createTask(ANYONE, inInbox),
      deleteTask(ANYONE, INBOX_ID, inInbox.id, UNGUARDED, STAY),
      deleteChecklist(ANYONE, list.id, UNGUARDED, STAY),
    ]) {
      await opened.store.write(write);
    }
  }
  await backupSqlite(path, backup);
  await restoreSqlite(backup, elsewhere, { clock: fixedClock });
  for (const file of [path, elsewhere]) {
    await using opened = await openStore(file);
    const { store } = opened;
    expect(await store.listTrashedChecklists(undefined, 10)).toEqual({
      items: [{ row: { ...list, version: 2 }, deletedAt: NOW }],
    });
    expect(await store.write(restoreTask(ANYONE, INBOX_ID, inInbox.id, UNGUARDED))).toEqual({
      outcome: "written",
      row: { ...inInbox, version: 3 },
    });
    expect(await store.write(restoreChecklist(ANYONE, list.id, UNGUARDED))).toMatchObject({
      outcome: "written",
    });
    expect(await store.findTask(list.id, inList.id)).toStrictEqual(inList);
  }
});

test(`a list of ${MANY} tasks, and ${MANY} in its trash, is purged while writes go on, none held up for long`, async () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  const id = fill(path, MANY);
  using db = new Database(path, { readonly: true });
  const left = () =>
    db.query("SELECT (SELECT count(*) FROM task) + (SELECT count(*) FROM trashed_task)").values()[0]?.[0];
  await using opened = await openStore(path);
  const write = async () => {
    const startedAt = performance.now();
    await opened.store.write(createTask(ANYONE, taskIn(INBOX_ID)));
    return performance.now() - startedAt;
  };
  const someWrites = async () => {
    const took: number[] = [];
    while (took.length < QUIET_WRITES) took.push(await write());
    return took;
  };
  const before = await someWrites();
  await opened.store.write(deleteChecklist(ANYONE, id, UNGUARDED, STAY));
  await opened.store.write(discardChecklist(ANYONE, id, UNGUARDED));
  const during: number[] = [];
  const rows = () => Number(left()) - before.length - during.length;
  while (rows() > 0) for (let at = 0; at < 10; at++) during.push(await write());
  const without = [...before, ...(await someWrites())];
  note(`purging ${2 * MANY} tasks on SQLite, ${comparedWaits([during], [without])}`);
  expect(during.length).toBeGreaterThan(0);
  expectNotHeldUp(during, without);
}, 300_000);

test(`one step of purging ${2 * MANY} tasks is short`, () => {
  using folder = scratchFolder();
  const path = folder.file("todos.db");
  const id = fill(path, MANY);
  const { connection, writer, housekeeping, count } = openWriting(path);
  writer.apply([deleteChecklist(ANYONE, id, UNGUARDED, STAY), discardChecklist(ANYONE, id, UNGUARDED)], NOW);
  const [tookMs, usedMs]: [number[], number[]] = [[], []];
  for (let more = true; more; ) {
    const [startedAt, used] = [performance.now(), process.cpuUsage()];
    more = housekeeping.step(NOW);
    const { user, system } = process.cpuUsage(used);
    tookMs.push(performance.now() - startedAt);
    usedMs.push((user + system) / 1_000);
  }
  expect([count("task"), count("trashed_task"), count("purge")]).toEqual([0, 0, 0]);
  const at = (share: number) => waitOf(tookMs, share).toFixed(1);
  note(
    `purging ${2 * MANY} tasks on SQLite in ${tookMs.length} steps: median ${at(0.5)} ms, 95 % ${at(0.95)} ms, longest ${at(1)} ms; at most ${longestOf(usedMs).toFixed(1)} ms of the processor`,
  );
  // The time that the disk and other processes take is the machine's; 5 % for whatever else this process does meanwhile.
  expect(waitOf(usedMs, 0.95)).toBeLessThan(STEP_MS_MAX);
  connection.close();
}, 300_000);
