import { expect, test } from "bun:test";
import { ANYONE } from "../../src/application/caller.ts";
import { createTask } from "../../src/application/commands.ts";
import { PendingStore } from "../../src/application/pending-store.ts";
import { INBOX_ID } from "../../src/domain/checklist.ts";
import { openStore, scratchFolder, taskIn, thrownBy } from "../adapters/sqlite/support.ts";

test("until the store is open every operation is refused as unavailable; from then on each goes to it", async () => {
  using folder = scratchFolder();
  await using opened = await openStore(folder.file("todos.db"));
  const store = new PendingStore({ kind: "cassandra", checklistOrder: "token" });
  const row = taskIn(INBOX_ID);
  const request = { scope: "POST /tasks", key: "k", fingerprint: "f" };
  const operations = {
    findChecklist: () => store.findChecklist(INBOX_ID),
    listChecklists: () => store.listChecklists(undefined, 1),
    findTask: () => store.findTask(INBOX_ID, row.id),
    listTasks: () => store.listTasks(INBOX_ID, {}, undefined, 1),
    listDue: () => store.listDue({ until: "2026-12-24" }, 1),
    claimKey: () => store.claimKey(request, row.id, 0),
    releaseKey: () => store.releaseKey(request, "nobody"),
    write: () => store.write(createTask(ANYONE, row)),
    check: () => store.check(),
  };
  store.explain("no node answers");
  for (const operation of Object.values(operations)) {
    expect(await thrownBy(operation)).toMatchObject({ code: "store-unavailable", retryAfterS: 2 });
  }
  expect(String(await thrownBy(operations.check))).toContain("no node answers");
  expect([store.kind, store.checklistOrder, store.epoch]).toEqual(["cassandra", "token", ""]);
  store.settle(opened.store);
  for (const operation of Object.values(operations)) await operation();
  expect(await store.findTask(INBOX_ID, row.id)).toEqual(row);
  expect(store.epoch).toBe(opened.store.epoch);
});
