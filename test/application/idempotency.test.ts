import { describe, expect, test } from "bun:test";
import { ANYONE } from "../../src/application/caller.ts";
import type { Creation, Keyed } from "../../src/application/idempotency.ts";
import { IDEMPOTENCY_KEPT_MS, IDEMPOTENCY_LEASE_MS } from "../../src/application/ports.ts";
import { INBOX_ID } from "../../src/domain/checklist.ts";
import { TodosError } from "../../src/domain/errors.ts";
import type { Task } from "../../src/domain/task.ts";
import { scratchFolder, thrownBy } from "../adapters/sqlite/support.ts";
import { START, type UseCases, useCases } from "./use-cases.ts";

const REUSED = { code: "idempotency-key-reused" };
const TODO = { todo: "Buy milk" };

function keyed(members: Partial<Keyed<Task>> = {}): Keyed<Task> {
  return {
    scope: "POST /tasks",
    key: "a key",
    fingerprint: "a body",
    answerFor: (row) => ({
      status: 201,
      headers: { location: `/tasks/${row.id}` },
      body: JSON.stringify(row),
    }),
    ...members,
  };
}

function rowOf(creation: Creation<Task>): Task {
  if (creation.outcome === "created") return creation.row;
  throw new Error("a replay has no row");
}

async function stored(app: UseCases): Promise<readonly Task[]> {
  return (await app.tasks.list(INBOX_ID, {}, undefined, 200))?.items ?? [];
}

/** A store that keeps every creation waiting until the gate is opened. */
function gated(app: UseCases) {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const rows: { readonly id: string }[] = [];
  const { tasks } = app.withStore({
    write: async (command) => {
      if ("row" in command) rows.push(command.row);
      await opened;
      return app.store.write(command);
    },
  });
  return { tasks, open, rows };
}

describe("without a key", () => {
  test("every request creates a row", async () => {
    await using app = await useCases();
    for (let request = 0; request < 3; request++) await app.tasks.create(ANYONE, INBOX_ID, TODO);
    expect(new Set((await stored(app)).map(({ id }) => id)).size).toBe(3);
  });
});

describe("with the same key", () => {
  test("the first request creates the row, and every other one gets the first answer and creates nothing", async () => {
    await using app = await useCases();
    const row = rowOf(await app.tasks.create(ANYONE, INBOX_ID, TODO, keyed()));
    const answer = keyed().answerFor(row);
    for (let retry = 0; retry < 3; retry++) {
      expect(await app.tasks.create(ANYONE, INBOX_ID, TODO, keyed())).toEqual({
        outcome: "replayed",
        answer,
      });
    }
    expect(await stored(app)).toEqual([row]);
    expect(app.changes).toHaveLength(1);
  });

  test("another body is refused, and the first answer is still given", async () => {
    await using app = await useCases();
    await app.tasks.create(ANYONE, INBOX_ID, TODO, keyed());
    const other = keyed({ fingerprint: "another body" });
    expect(await thrownBy(() => app.tasks.create(ANYONE, INBOX_ID, TODO, other))).toMatchObject(REUSED);
    expect(await app.tasks.create(ANYONE, INBOX_ID, TODO, keyed())).toMatchObject({ outcome: "replayed" });
    expect(await stored(app)).toHaveLength(1);
  });

  test("another scope is another request", async () => {
    await using app = await useCases();
    await app.tasks.create(ANYONE, INBOX_ID, TODO, keyed());
    rowOf(await app.tasks.create(ANYONE, INBOX_ID, TODO, keyed({ scope: "POST /tasks?checklist=x" })));
    expect(await stored(app)).toHaveLength(2);
  });

  test("the answer is given again after the row was deleted, and after it changed", async () => {
    await using app = await useCases();
    const row = rowOf(await app.tasks.create(ANYONE, INBOX_ID, TODO, keyed()));
    const answer = keyed().answerFor(row);
    await app.tasks.change(ANYONE, INBOX_ID, row.id, { change: { todo: "Other" }, pinned: false }, {});
    expect(await app.tasks.create(ANYONE, INBOX_ID, TODO, keyed())).toMatchObject({ answer });
    await app.tasks.remove(ANYONE, INBOX_ID, row.id, {});
    expect(await app.tasks.create(ANYONE, INBOX_ID, TODO, keyed())).toMatchObject({ answer });
    expect(await stored(app)).toEqual([]);
  });

  test("the answer is given for 24 hours from the first request, then the key is new", async () => {
    await using app = await useCases();
    await app.tasks.create(ANYONE, INBOX_ID, TODO, keyed());
    app.clock.nowMs = START + 24 * 60 * 60 * 1_000 - 1;
    expect(await app.tasks.create(ANYONE, INBOX_ID, TODO, keyed())).toMatchObject({ outcome: "replayed" });
    app.clock.nowMs++;
    rowOf(await app.tasks.create(ANYONE, INBOX_ID, TODO, keyed({ fingerprint: "another body" })));
    expect(await stored(app)).toHaveLength(2);
    expect(IDEMPOTENCY_KEPT_MS).toBe(24 * 60 * 60 * 1_000);
  });

  test("the answer is also given by the next process", async () => {
    using folder = scratchFolder();
    const path = folder.file("todos.db");
    const answer = await (async () => {
      await using app = await useCases(path);
      return keyed().answerFor(rowOf(await app.tasks.create(ANYONE, INBOX_ID, TODO, keyed())));
    })();
    await using app = await useCases(path);
    expect(await app.tasks.create(ANYONE, INBOX_ID, TODO, keyed())).toEqual({ outcome: "replayed", answer });
  });

  test("checklists are also created once", async () => {
    await using app = await useCases();
    const answer = { status: 201, headers: {}, body: "the list" };
    const request = { scope: "POST /checklists", key: "a key", fingerprint: "x", answerFor: () => answer };
    expect(await app.checklists.create(ANYONE, "Groceries", request)).toMatchObject({ outcome: "created" });
    expect(await app.checklists.create(ANYONE, "Groceries", request)).toEqual({
      outcome: "replayed",
      answer,
    });
    expect(app.changes).toHaveLength(1);
  });
});

describe("a request that fails releases its key", () => {
  test("if the domain refuses it", async () => {
    await using app = await useCases();
    const both = { todo: "x", completed: true, status: "pending" } as const;
    const refused = { code: "validation-failed" };
    expect(await thrownBy(() => app.tasks.create(ANYONE, INBOX_ID, both, keyed()))).toMatchObject(refused);
    rowOf(await app.tasks.create(ANYONE, INBOX_ID, TODO, keyed({ fingerprint: "another body" })));
  });

  test("if there is no such list", async () => {
    await using app = await useCases();
    const nowhere = "0190a0b0-0000-7000-8000-00000000dead";
    const missing = { code: "not-found" };
    expect(await thrownBy(() => app.tasks.create(ANYONE, nowhere, TODO, keyed()))).toMatchObject(missing);
    rowOf(await app.tasks.create(ANYONE, INBOX_ID, TODO, keyed({ fingerprint: "another body" })));
  });

  test("if the store fails, whose error is the one reported", async () => {
    await using app = await useCases();
    const failure = new TodosError("store-unavailable", "No room.", { retryAfterS: 5 });
    const { tasks } = app.withStore({ write: () => Promise.reject(failure) });
    expect(await thrownBy(() => tasks.create(ANYONE, INBOX_ID, TODO, keyed()))).toBe(failure);
    rowOf(await app.tasks.create(ANYONE, INBOX_ID, TODO, keyed()));
    expect(await stored(app)).toHaveLength(1);
    expect(app.changes).toHaveLength(1);
  });

  test("if the answer can't be made, before anything is stored", async () => {
    await using app = await useCases();
    const answerFor = () => {
      throw new TypeError("only a text can be answered again");
    };
    expect(
      await thrownBy(() => app.tasks.create(ANYONE, INBOX_ID, TODO, keyed({ answerFor }))),
    ).toBeInstanceOf(TypeError);
    expect(await stored(app)).toEqual([]);
    rowOf(await app.tasks.create(ANYONE, INBOX_ID, TODO, keyed()));
  });
});

describe("while the first request is in progress", () => {
  test("the same request gets a retry time, by the second, and another body is refused", async () => {
    await using app = await useCases();
    const { tasks, open } = gated(app);
    const first = tasks.create(ANYONE, INBOX_ID, TODO, keyed());
    for (const [passedMs, retryAfterS] of [
      [0, 10],
      [1, 10],
      [1_000, 9],
      [9_001, 1],
      [9_999, 1],
    ] as const) {
      app.clock.nowMs = START + passedMs;
      expect(await thrownBy(() => tasks.create(ANYONE, INBOX_ID, TODO, keyed()))).toMatchObject({
        code: "idempotency-in-progress",
        retryAfterS,
      });
    }
    const other = keyed({ fingerprint: "another body" });
    expect(await thrownBy(() => tasks.create(ANYONE, INBOX_ID, TODO, other))).toMatchObject(REUSED);
    open();
    const row = rowOf(await first);
    expect(await tasks.create(ANYONE, INBOX_ID, TODO, keyed())).toMatchObject({
      answer: keyed().answerFor(row),
    });
  });

  test("a retry after the lease creates the same row, and there is one row, one answer, one event", async () => {
    await using app = await useCases();
    const { tasks, open, rows } = gated(app);
    const first = tasks.create(ANYONE, INBOX_ID, TODO, keyed());
    app.clock.nowMs = START + IDEMPOTENCY_LEASE_MS;
    const second = tasks.create(ANYONE, INBOX_ID, TODO, keyed());
    open();
    const ends = await Promise.all([first, second]);
    expect(ends.map(({ outcome }) => outcome)).toEqual(["created", "replayed"]);
    const [row] = await stored(app);
    if (!row) throw new Error("nothing is stored");
    expect(ends).toEqual([
      { outcome: "created", row },
      { outcome: "replayed", answer: keyed().answerFor(row) },
    ]);
    expect(rows).toEqual([row, row]);
    expect(await stored(app)).toHaveLength(1);
    expect(row.createdAt).toBe(START);
    expect(app.changes).toHaveLength(1);
  });

  test("of many at once, one creates the row and the others get a retry time", async () => {
    await using app = await useCases();
    const ends = await Promise.allSettled(
      Array.from({ length: 50 }, () => app.tasks.create(ANYONE, INBOX_ID, TODO, keyed())),
    );
    const refusals = ends.flatMap((end) => (end.status === "rejected" ? [end.reason.code] : []));
    expect(refusals).toEqual(Array(49).fill("idempotency-in-progress"));
    expect(await stored(app)).toHaveLength(1);
    expect(await app.tasks.create(ANYONE, INBOX_ID, TODO, keyed())).toMatchObject({ outcome: "replayed" });
  });
});
