import "fake-indexeddb/auto";
import { expect, test } from "bun:test";
import { Database } from "../../../src/adapters/ui/copy/database.ts";
import { type Batch, emptyBatch, type TaskRecord } from "../../../src/adapters/ui/copy/records.ts";

function batchOf(...tasks: readonly TaskRecord[]): Batch {
  const batch = emptyBatch();
  for (const task of tasks) batch.tasks.set(task.key, task);
  return batch;
}

const task = (key: string): TaskRecord => ({ key, list: "inbox", rank: key, seen: 1 });

test("a batch of which one row can't be stored leaves nothing behind, and the next one is written", async () => {
  const database = await Database.open("unstorable", () => undefined);
  const broken = { ...task("b"), server: { todo: () => undefined } } as unknown as TaskRecord;
  await expect(database.write(batchOf(task("a"), broken, task("c")), 0)).rejects.toThrow();
  expect(await database.load()).toMatchObject({ tasks: [], generation: 0 });
  expect(await database.write(batchOf(task("a")), 0)).toBe(true);
  expect(await database.load()).toMatchObject({ tasks: [{ key: "a" }], generation: 1 });
  database.close();
});

test("a batch for another generation writes nothing", async () => {
  const database = await Database.open("overtaken", () => undefined);
  expect(await database.write(batchOf(task("a")), 0)).toBe(true);
  expect(await database.write(batchOf(task("b")), 0)).toBe(false);
  expect(await database.load()).toMatchObject({ tasks: [{ key: "a" }], generation: 1 });
  database.close();
});
