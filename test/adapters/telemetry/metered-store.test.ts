import { expect, test } from "bun:test";
import { MeteredStore } from "../../../src/adapters/telemetry/metered-store.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { changeTask, createTask } from "../../../src/application/commands.ts";
import { INBOX_ID } from "../../../src/domain/checklist.ts";
import { TodosError } from "../../../src/domain/errors.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import { openStore, scratchFolder, taskIn, thrownBy } from "../sqlite/support.ts";

const NOW = Date.UTC(2026, 0, 2);

async function metered(readOnly = false) {
  const folder = scratchFolder();
  const path = folder.file("todos.db");
  if (readOnly) await (await openStore(path)).store.close();
  const opened = await openStore(path, { readOnly });
  return {
    store: new MeteredStore(opened.store, opened.meter),
    meter: opened.meter,
    async [Symbol.asyncDispose]() {
      await opened.store.close();
      folder[Symbol.dispose]();
    },
  };
}

test("a task that changes its status is counted, one that keeps it is not", async () => {
  await using opened = await metered();
  const row = taskIn(INBOX_ID);
  await opened.store.write(createTask(ANYONE, row));
  for (const change of [{ todo: "x" }, { completed: true }, { completed: true }]) {
    await opened.store.write(changeTask(ANYONE, INBOX_ID, row.id, { change, pinned: false }, UNGUARDED, NOW));
  }
  expect(opened.meter.moves).toEqual(["pending → completed"]);
});

test("reads and writes are counted by their names", async () => {
  await using opened = await metered();
  const { store, meter } = opened;
  const row = taskIn(INBOX_ID);
  await store.write(createTask(ANYONE, row));
  expect(await store.findTask(INBOX_ID, row.id)).toEqual(row);
  await store.listTasks(INBOX_ID, {}, undefined, 1);
  await store.check();
  expect(meter.operations).toEqual(
    ["createTask", "findTask", "listTasks", "check"].map((operation) => ({ operation, outcome: "success" })),
  );
});

test("what fails is counted as an error and is thrown on; what the client asked wrongly is not the store's fault", async () => {
  await using opened = await metered(true);
  const { store, meter } = opened;
  expect(await thrownBy(() => store.write(createTask(ANYONE, taskIn(INBOX_ID))))).toMatchObject({
    code: "read-only",
  });
  await thrownBy(() => store.listTasks(INBOX_ID, {}, undefined, 0));
  const refusal = new TodosError("validation-failed", "no position");
  const refusing = new MeteredStore(
    Object.assign(Object.create(store), { read: () => Promise.reject(refusal) }),
    meter,
  );
  expect(await thrownBy(() => refusing.listChecklists("x", 1))).toBe(refusal);
  expect(meter.operations).toEqual([
    { operation: "createTask", outcome: "error" },
    { operation: "listTasks", outcome: "error" },
    { operation: "listChecklists", outcome: "success" },
  ]);
});
