import { Database } from "bun:sqlite";
import { afterAll, describe, expect, test } from "bun:test";
import { MIGRATIONS } from "../../../src/adapters/sqlite/migrations.ts";
import { applyMigrations } from "../../../src/adapters/sqlite/schema.ts";
import { openSqliteStore } from "../../../src/adapters/sqlite/store.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import {
  createChecklist,
  deleteChecklist,
  setDefaultOwner,
  setMember,
} from "../../../src/application/commands.ts";
import { spawnWriter } from "../../../src/commands/serve/spawn-writer.ts";
import { newChecklist } from "../../../src/domain/checklist.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import { asUser, NOW, newId } from "../../contract/rows.ts";
import { FULL_SIZE, note } from "../../support/size.ts";
import { fixedClock, KeptLog, KeptMeter, scratchFolder } from "./support.ts";

const folder = scratchFolder();
afterAll(() => folder[Symbol.dispose]());

const LISTS = FULL_SIZE ? 1_000_000 : 20_000;
const open = (path: string) =>
  openSqliteStore({
    path,
    log: new KeptLog(),
    meter: new KeptMeter(),
    clock: fixedClock,
    spawn: spawnWriter,
  });

/** A file of the release before accounts. */
function earlierFile(lists: number): string {
  const path = folder.file(`${newId()}.db`);
  using db = new Database(path, { create: true });
  applyMigrations(
    db,
    path,
    NOW,
    MIGRATIONS.filter(({ version }) => version < 3),
  );
  const insert = db.prepare(
    "INSERT INTO checklist (id, name, created_at, updated_at, version) VALUES (?, 'x', 1, 1, 1)",
  );
  db.transaction(() => {
    for (let at = 0; at < lists; at++) insert.run(newId());
  })();
  return path;
}

describe("owners of lists, on SQLite", () => {
  test(`turning accounts on over ${LISTS} lists shows all of them to their owner, in order`, async () => {
    const path = earlierFile(LISTS);
    const startedAt = performance.now();
    const store = await open(path);
    const [user, other] = [newId(), newId()];
    expect(await store.write(setDefaultOwner(ANYONE, { userId: user }))).toEqual({ outcome: "written" });
    const { items, next } = await store.listChecklistsOf(user, undefined, 50);
    note(
      `SQLite, accounts turned on over ${LISTS} lists: first page of their owner after ${(performance.now() - startedAt).toFixed(0)} ms`,
    );
    expect(items).toHaveLength(50);
    expect(next).toBe(String(items.at(-1)?.id));
    const since = newChecklist(newId(), "Since", NOW);
    await store.write(createChecklist(asUser(other), since));
    expect((await store.listChecklistsOf(other, undefined, 50)).items.map(({ id }) => id)).toEqual([
      since.id,
    ]);
    await store.close();
  }, 600_000);

  test("what the release before writes and reads goes on working, and is the default owner's", async () => {
    const path = earlierFile(1);
    await (await open(path)).close();
    const id = newId();
    {
      using db = new Database(path);
      // As that release does it.
      db.run("INSERT INTO checklist (id, name, created_at, updated_at, version) VALUES (?, 'Old', 1, 1, 1)", [
        id,
      ]);
      db.run(
        "INSERT INTO trashed_checklist (id, name, created_at, updated_at, version, deleted_at, until) VALUES ('t', 'Old', 1, 1, 2, 3, ?)",
        [NOW + 1e9],
      );
    }
    const store = await open(path);
    const user = newId();
    await store.write(setDefaultOwner(ANYONE, { userId: user }));
    expect(await store.roleOn(id, user)).toBe("owner");
    expect((await store.listTrashedChecklists(undefined, 5, user)).items.map(({ row }) => row.id)).toEqual([
      "t",
    ]);
    await store.close();
  });

  test("without accounts there are no indexes of owners to write", async () => {
    const path = folder.file(`${newId()}.db`);
    const store = await open(path);
    for (let at = 0; at < 50; at++)
      await store.write(createChecklist(ANYONE, newChecklist(newId(), "x", NOW)));
    await store.close();
    using db = new Database(path, { readonly: true });
    const indexes = db
      .query("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'checklist'")
      .values();
    expect(indexes.flat().filter((name) => !String(name).startsWith("sqlite_"))).toEqual([
      "checklist_by_owner",
    ]);
    expect(
      db
        .query("SELECT count(*) FROM checklist INDEXED BY checklist_by_owner WHERE owner IS NOT NULL")
        .values(),
    ).toEqual([[0]]);
  });

  test("a list that is purged leaves no members", async () => {
    const path = folder.file(`${newId()}.db`);
    const store = await open(path);
    const list = newChecklist(newId(), "x", NOW);
    await store.write(createChecklist(asUser("u"), list));
    await store.write(setMember(ANYONE, { id: list.id, userId: "v", role: "viewer", guard: UNGUARDED }));
    await store.write(deleteChecklist(ANYONE, list.id, UNGUARDED));
    using db = new Database(path, { readonly: true });
    const left = () => db.query("SELECT count(*) FROM member").values()[0]?.[0];
    while (left() !== 0) await Bun.sleep(5);
    await store.close();
  });

  test("a user's agenda passes over what others have due, however much that is", async () => {
    const path = folder.file(`${newId()}.db`);
    const store = await open(path);
    const lists: string[] = [];
    for (let at = 0; at < 40; at++) {
      const list = newChecklist(newId(), "x", NOW);
      await store.write(createChecklist(asUser(at % 8 === 3 ? "u" : "others"), list));
      lists.push(list.id);
    }
    const days = ["2026-03-01", "2026-03-02", "2026-03-03"];
    {
      using db = new Database(path);
      const insert = db.prepare(
        "INSERT INTO task (checklist_id, id, todo, status, priority, due_date, created_at, updated_at, version) VALUES (?, ?, 'x', 'pending', 'low', ?, 1, 1, 1)",
      );
      db.transaction(() => {
        for (const day of days)
          for (const [at, list] of lists.entries())
            for (let task = 0; task < (at % 8 === 3 ? 2 : 200); task++) insert.run(list, newId(), day);
      })();
    }
    for (const size of [1, 7, 50]) {
      const found: string[] = [];
      let pages = 0;
      let slice: Awaited<ReturnType<typeof store.listDue>>;
      do {
        slice = await store.listDue(
          { until: "2026-03-03", userId: "u", ...(slice?.next ? { after: slice.next } : {}) },
          size,
        );
        found.push(
          ...(slice?.items ?? []).map(({ dueDate, checklistId, id }) => `${dueDate} ${checklistId} ${id}`),
        );
        if (slice?.next) expect(lists.indexOf(slice.next.checklistId) % 8).toBe(3);
        pages++;
      } while (slice?.next);
      expect(found).toHaveLength(30);
      expect(found).toEqual(found.toSorted());
      expect(pages).toBeLessThanOrEqual(Math.ceil(30 / size) + 1);
    }
    await store.close();
  });
});
