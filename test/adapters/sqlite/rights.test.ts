import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import type { RecordPut } from "../../../src/application/accounts/records.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import {
  changeChecklist,
  createChecklist,
  createTask,
  deleteChecklist,
  deleteRecord,
  discardChecklist,
  putRecord,
  setDefaultOwner,
  setMember,
  setOwner,
} from "../../../src/application/commands.ts";
import { RememberedCallers } from "../../../src/application/remembered-callers.ts";
import type { Caller } from "../../../src/domain/access.ts";
import { type Checklist, newChecklist } from "../../../src/domain/checklist.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import { NOW, newId } from "../../contract/rows.ts";
import { openStore, scratchFolder, taskIn } from "./support.ts";

const guard = UNGUARDED;
const session = (expect: "absent" | number): RecordPut => ({
  kind: "session",
  key: "k",
  owner: "ada",
  value: { id: "s", userId: "ada", epoch: 1, createdAt: NOW, lastUsedAt: NOW },
  expect,
});

/** A store of its own, and whether the mark differs after a write. */
async function marked() {
  const folder = scratchFolder();
  const path = folder.file("todos.db");
  const opened = await openStore(path);
  const { store } = opened;
  const list = newId();
  await store.write(setDefaultOwner(ANYONE, { userId: "ada" }));
  await store.write(createChecklist(ANYONE, newChecklist(list, "x", NOW)));
  let last = store.rightsMark();
  return {
    store,
    path,
    list,
    differs: () => {
      const before = last;
      last = store.rightsMark();
      return last !== before;
    },
    [Symbol.asyncDispose]: async () => {
      await opened[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

describe("the mark of rights, on SQLite", () => {
  test("checklists and tasks that come and change leave it as it is", async () => {
    await using at = await marked();
    await at.store.write(createChecklist(ANYONE, newChecklist(newId(), "y", NOW)));
    await at.store.write(createTask(ANYONE, taskIn(at.list)));
    await at.store.write(changeChecklist(ANYONE, at.list, { name: "z" }, guard, NOW));
    await at.store.write(putRecord(ANYONE, session("absent")));
    expect(at.differs()).toBe(false);
  });

  test("it differs after every change of a record, a member, an owner, and after a deletion, before the write is answered", async () => {
    await using at = await marked();
    const { store, list } = at;
    const made = await store.write(putRecord(ANYONE, session("absent")));
    if (made.outcome !== "written") throw new Error("no record");
    const used = await store.write(putRecord(ANYONE, session(made.version)));
    if (used.outcome !== "written") throw new Error("no record");
    expect(at.differs()).toBe(true);
    const stay = { deletedAt: NOW, until: NOW + 1 };
    for (const write of [
      deleteRecord(ANYONE, { kind: "session", key: "k", expect: used.version }),
      setMember(ANYONE, { id: list, userId: "bob", role: "viewer", guard }),
      setMember(ANYONE, { id: list, userId: "bob", role: "editor", guard }),
      setMember(ANYONE, { id: list, userId: "bob", guard }),
      setOwner(ANYONE, { id: list, userId: "bob", from: "ada", guard }),
      setDefaultOwner(ANYONE, { userId: "eve", from: "ada" }),
      deleteChecklist(ANYONE, list, guard, stay),
      setOwner(ANYONE, { id: list, userId: "eve", from: "bob", guard }),
      discardChecklist(ANYONE, list, guard),
    ]) {
      await store.write(write);
      expect([write.op, at.differs()]).toEqual([write.op, true]);
    }
  });

  test("what another program writes counts, too, whatever statements it uses", async () => {
    await using at = await marked();
    using other = new Database(at.path, { readwrite: true });
    const statements: readonly [sql: string, ...values: string[]][] = [
      ["INSERT INTO member VALUES (?, 'bob', 'viewer')", at.list],
      ["INSERT OR REPLACE INTO member VALUES (?, 'bob', 'editor')", at.list],
      ["REPLACE INTO meta VALUES ('default-owner', 'bob')"],
      ["UPDATE meta SET value = 'eve' WHERE key = 'default-owner'"],
      ["UPDATE checklist SET owner = 'bob'"],
      ["DELETE FROM checklist WHERE id = ?", at.list],
    ];
    for (const [sql, ...values] of statements) {
      other.run(sql, values);
      expect([sql, at.differs()]).toEqual([sql, true]);
    }
    other.run("UPDATE meta SET value = value WHERE key = 'epoch'");
    expect(at.differs()).toBe(false);
  });

  test("a row tells the mark as long as nobody commits after a look at it; once, and so does a missing row", async () => {
    await using at = await marked();
    using other = new Database(at.path, { readwrite: true });
    const { store, list } = at;
    const task = taskIn(list);
    await store.write(createTask(ANYONE, task));
    const mark = store.rightsMark() as number;
    const taken = (read: () => unknown) => {
      read();
      return [store.takeMarkRead(), store.takeMarkRead()];
    };
    const row = () => store.findChecklist(list);
    expect(taken(row)).toEqual([mark, undefined]);
    expect(taken(() => store.findTask(list, task.id))).toEqual([mark, undefined]);
    expect(taken(() => store.findChecklist(newId()))).toEqual([mark, undefined]);
    expect(taken(() => store.findTask(list, newId()))).toEqual([mark, undefined]);
    // What has read nothing tells nothing, though something has been committed.
    other.run("INSERT INTO member VALUES (?, 'bob', 'viewer')", [list]);
    expect(taken(() => undefined)).toEqual([undefined, undefined]);
    expect(taken(row)).toEqual([undefined, undefined]);
    expect(store.rightsMark()).toBe(mark + 1);
    expect(taken(row)).toEqual([mark + 1, undefined]);
    await store.write(createTask(ANYONE, taskIn(list)));
    expect(taken(row)).toEqual([undefined, undefined]);
    expect(store.rightsMark()).toBe(mark + 1);
    expect(taken(row)).toEqual([mark + 1, undefined]);
  });

  test("what is committed between a row and another read is not told by the row", async () => {
    await using at = await marked();
    using other = new Database(at.path, { readwrite: true });
    const { store, list } = at;
    const mark = store.rightsMark() as number;
    const read = (between: () => unknown) => {
      void store.findChecklist(list);
      between();
      void store.roleOn(list, "bob");
      return store.takeMarkRead();
    };
    expect(read(() => {})).toBe(mark);
    expect(read(() => other.run("INSERT INTO member VALUES (?, 'bob', 'viewer')", [list]))).toBeUndefined();
  });

  test("a commit is noticed after the log was taken into the file, emptied and begun again by another program", async () => {
    await using at = await marked();
    using other = new Database(at.path, { readwrite: true });
    const { store, list } = at;
    const told = () => {
      void store.findChecklist(list);
      return store.takeMarkRead();
    };
    for (const checkpoint of ["PASSIVE", "FULL", "RESTART", "TRUNCATE"]) {
      const mark = store.rightsMark() as number;
      expect(told()).toBe(mark);
      other.run(`PRAGMA wal_checkpoint(${checkpoint})`);
      other.run("REPLACE INTO member VALUES (?, 'bob', 'viewer')", [list]);
      other.run(`PRAGMA wal_checkpoint(${checkpoint})`);
      expect([checkpoint, told()]).toEqual([checkpoint, undefined]);
      expect(store.rightsMark()).toBe(mark + 1);
    }
  });

  test("a role that ends right before a row is read does not show the row", async () => {
    await using at = await marked();
    using other = new Database(at.path, { readwrite: true });
    const { store, list } = at;
    other.run("INSERT INTO member VALUES (?, 'bob', 'viewer')", [list]);
    const bob: Caller = {
      kind: "user",
      id: "bob",
      login: "bob",
      name: "Bob",
      role: "user",
      inboxId: "i",
      way: "session",
    };
    const callers = new RememberedCallers(
      {
        resolve: () => bob,
        roleOn: (_, id) => store.roleOn(id, bob.id),
        lastRoleOn: (_, id) => store.roleOn(id, bob.id),
      },
      {
        clock: { now: () => NOW },
        mark: () => store.rightsMark() as number,
        takeMarkRead: () => store.takeMarkRead(),
        keepsRoles: true,
        keptMs: 1_000,
        together: (work) => store.together(work),
      },
    );
    let meanwhile = () => {};
    const read = () =>
      callers.supposing(() => {
        const role = callers.roleOn(callers.resolve({ session: "s" }) as Caller, list);
        meanwhile();
        const row = store.findChecklist(list) as Checklist;
        return role === undefined ? "no such checklist" : row.name;
      });
    expect([read(), read()]).toEqual(["x", "x"]);
    let times = 0;
    meanwhile = () => {
      times++;
      if (times > 1) return;
      other.run("DELETE FROM member");
      other.run("UPDATE checklist SET name = 'not for Bob'");
    };
    expect(read()).toBe("no such checklist");
    expect(times).toBe(2);
  });

  test("what is read together is of one moment; afterwards the next one is seen", async () => {
    await using at = await marked();
    using other = new Database(at.path, { readwrite: true });
    const name = () => (at.store.findChecklist(at.list) as { name: string }).name;
    const seen = at.store.together(() => {
      const first = name();
      other.run("UPDATE checklist SET name = 'later'");
      return [first, name()];
    });
    expect([...seen, name()]).toEqual(["x", "x", "later"]);
    expect(() =>
      at.store.together(() => {
        throw new Error("a handler's");
      }),
    ).toThrow("a handler's");
    expect(at.store.together(name)).toBe("later");
  });
});
