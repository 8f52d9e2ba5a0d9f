import { expect, test } from "bun:test";
import { ANYONE } from "../../src/application/caller.ts";
import type { Command } from "../../src/application/commands.ts";
import type { Store } from "../../src/application/store.ts";
import { INBOX_ID } from "../../src/domain/checklist.ts";
import { compareRanked, rankOf } from "../../src/domain/rank.ts";
import type { Task } from "../../src/domain/task.ts";
import { UNGUARDED } from "../../src/domain/version.ts";
import { thrownBy } from "../adapters/sqlite/support.ts";
import { type UseCases, useCases } from "./use-cases.ts";

const KEY = { scope: "POST /tasks", key: "k", fingerprint: "f" };

async function made(app: UseCases, todo = "x"): Promise<Task> {
  const creation = await app.tasks.create(ANYONE, INBOX_ID, { todo });
  if (creation.outcome === "created") return creation.row;
  throw new Error("a replay has no row");
}

/** A store's `write` that differs from the real one. */
function unlike(write: (command: Command) => Promise<unknown>): Store["write"] {
  return write as Store["write"];
}

function moved(app: Pick<UseCases, "tasks">, id: string, after: string | null, before: string | null) {
  const edit = { change: { position: { after, before } }, pinned: false };
  return app.tasks.change(ANYONE, INBOX_ID, id, edit, UNGUARDED);
}

test("a move gives a rank between the neighbours and nothing else, and the next version", async () => {
  await using app = await useCases();
  const [a, b, c] = [await made(app), await made(app), await made(app)];
  const row = await moved(app, c.id, a.id, b.id);
  expect(row).toStrictEqual({ ...c, rank: rankOf(row), version: 2 });
  expect(await app.tasks.find(INBOX_ID, c.id)).toStrictEqual(row);
  expect([a, b, row].sort(compareRanked).map(({ id }) => id)).toEqual([a.id, c.id, b.id]);
});

test("neighbours are compared as they are now, not as they were made", async () => {
  await using app = await useCases();
  const [a, b, c] = [await made(app), await made(app), await made(app)];
  await moved(app, a.id, b.id, c.id);
  expect(await thrownBy(() => moved(app, c.id, a.id, b.id))).toMatchObject({ code: "out-of-order" });
  const row = await moved(app, c.id, b.id, a.id);
  expect(row.version).toBe(2);
});

test("a task is not its own neighbour, and two neighbours are two tasks", async () => {
  await using app = await useCases();
  const [a, b] = [await made(app), await made(app)];
  for (const [after, before] of [
    [a.id, b.id],
    [b.id, a.id],
    [a.id, null],
  ] as const) {
    expect(await thrownBy(() => moved(app, a.id, after, before))).toMatchObject({ code: "out-of-order" });
  }
  const c = await made(app);
  expect(await thrownBy(() => moved(app, c.id, a.id, a.id))).toMatchObject({ code: "out-of-order" });
});

test("a neighbour that is gone → not-found, nothing written and nothing announced", async () => {
  await using app = await useCases();
  const [a, b, c] = [await made(app), await made(app), await made(app)];
  await app.tasks.remove(ANYONE, INBOX_ID, b.id, UNGUARDED);
  const before = app.changes.length;
  expect(await thrownBy(() => moved(app, c.id, a.id, b.id))).toMatchObject({ code: "not-found" });
  expect(await app.tasks.find(INBOX_ID, c.id)).toStrictEqual(c);
  expect(app.changes).toHaveLength(before);
});

test("a request with a key that is made again keeps the rank of the task that the first one created", async () => {
  await using app = await useCases();
  const [a, b] = [await made(app), await made(app)];
  const change = { todo: "x", position: { after: a.id, before: b.id } };
  const answerFor = (row: Task) => ({ status: 201, headers: {}, body: rankOf(row) });
  let created: Task | undefined;
  const dying = app.withStore({
    write: unlike(async (command) => {
      if (command.op !== "createTask") throw new Error("not a creation");
      created = command.row;
      // The row is there, and nobody knows: the process dies before the receipt.
      await app.store.write({ ...command, receipt: undefined });
      throw new Error("died");
    }),
  });
  await thrownBy(() => dying.tasks.create(ANYONE, INBOX_ID, change, { ...KEY, answerFor }));
  await app.tasks.remove(ANYONE, INBOX_ID, a.id, UNGUARDED);
  app.clock.nowMs += 60_000;
  let answered: Task | undefined;
  const again = app.withStore({
    write: unlike(async (command) => {
      if (command.op === "createTask") answered = command.row;
      return { outcome: "created" };
    }),
  });
  await again.tasks.create(ANYONE, INBOX_ID, change, { ...KEY, answerFor });
  expect(created?.rank).toBeDefined();
  expect(answered).toStrictEqual(created as Task);
});
