import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { errors, types } from "cassandra-driver";
import { loadRecurrenceDates } from "../../../src/adapters/recurrence/load.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import {
  changeTask,
  createChecklist,
  createTask,
  deleteChecklist,
  deleteTask,
} from "../../../src/application/commands.ts";
import { MemoryFeed } from "../../../src/application/feed.ts";
import type { Creation, Keyed } from "../../../src/application/idempotency.ts";
import {
  type Grant,
  IDEMPOTENCY_LEASE_MS,
  type IdempotencyRequest,
  type Receipt,
} from "../../../src/application/ports.ts";
import type { Store } from "../../../src/application/store.ts";
import { Tasks } from "../../../src/application/tasks.ts";
import { type Checklist, newChecklist } from "../../../src/domain/checklist.ts";
import type { Task } from "../../../src/domain/task.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import type { Keyspace } from "../../support/cassandra/keyspace.ts";
import { allRows } from "../../support/cassandra/pages.ts";
import { openPair, type Pair } from "../../support/cassandra/pair.ts";
import { purgeAll } from "../../support/cassandra/purging.ts";
import { CASSANDRA_START_DEADLINE_MS } from "../../support/cassandra/shared.ts";
import type { Fate, Statements } from "../../support/cassandra/statements.ts";
import { note } from "../../support/size.ts";
import { KeptLog } from "../sqlite/support.ts";

const clock = { now: Date.now };
const ANSWER = { status: 201, headers: { location: "/it" }, body: "{}" };
const INSERT_TASK = "INSERT INTO todo";
const INSERT_LIST = "INSERT INTO checklist";
const KEEP_ANSWER = "UPDATE idempotency SET fingerprint";

/** After the lease of a request that claims its key now. */
const later = () => Date.now() + IDEMPOTENCY_LEASE_MS + 1_000;
const newId = () => Bun.randomUUIDv7();

/** The error of Amazon Keyspaces while it splits a partition, and the driver's error when nothing answers. */
const SERVER_ERROR = 0x0000;
const CODES_UNDECIDED = [SERVER_ERROR, 0x1001, 0x1100, 0x1200, 0x1300, 0x1500, 0x1600, 0x1700, 0x7777];
const responds = (code: number) => () => Reflect.construct(errors.ResponseError, [code, "planted"]) as Error;
const timesOut = () => Reflect.construct(errors.OperationTimedOutError, ["planted", "127.0.0.1"]) as Error;
const refuses = () => Object.assign(responds(0x1000)(), { consistencies: types.consistencies.localSerial });

/**
 * Keys whose request dies, is slow, or gets an error, with each interleaving forced: the statements of one instance
 * stop or fail where a test says so, while another instance continues.
 * @param outlasts whether a statement that reaches a node after a deletion can't bring the row back
 */
export function keysUnderFaults(name: string, open: () => Promise<Keyspace>, outlasts: boolean): void {
  describe(`keys under faults, on ${name}`, () => {
    let keyspace: Keyspace;
    let pair: Pair;
    let store: Store;
    /** Another, undisturbed instance. */
    let other: Store;
    let statements: Statements;
    const held = { "1.1": 0, "1.2": 0, "1.3": 0 };

    beforeAll(async () => {
      keyspace = await open();
      pair = await openPair(keyspace.settings);
      ({ store, other, statements } = pair);
    }, CASSANDRA_START_DEADLINE_MS);
    afterAll(async () => {
      await pair?.[Symbol.asyncDispose]();
      await keyspace?.[Symbol.asyncDispose]();
      for (const [line, count] of Object.entries(held))
        note(`keys on ${name}, ${words[line]}: ${count} interleavings forced, ${count} held`);
    });

    const words: Record<string, string> = {
      "1.1": "rows deleted before their key was answered",
      "1.2": "keys taken over",
      "1.3": "errors after the write",
    };

    async function storedList(): Promise<Checklist> {
      const row = newChecklist(newId(), "a list", Date.now());
      await other.write(createChecklist(ANYONE, row));
      return row;
    }

    const rawRows = (cql: string, ...params: unknown[]) =>
      allRows(keyspace.client, cql, params, {
        prepare: true,
        consistency: types.consistencies.localQuorum,
      });

    const tasksLeft = (listId: string) => rawRows("SELECT id FROM todo WHERE checklist_id = ?", listId);

    async function purged(id: string): Promise<void> {
      await purgeAll(keyspace.settings, new KeptLog(), clock);
      expect(await tasksLeft(id)).toEqual([]);
    }

    async function expectGone(task: Task): Promise<void> {
      expect(await other.findTask(task.checklistId, task.id)).toBeUndefined();
      expect(await tasksLeft(task.checklistId)).toEqual([]);
    }

    describe("a checklist that was created under a key and deleted before the key was answered", () => {
      test("stays deleted and purged, and a repeated request gets its 201", async () => {
        const [request, now] = [requestFor("POST /checklists"), Date.now()];
        const row = newChecklist(newId(), "once", now);
        await granted(store, request, row.id, now);
        await store.write(createChecklist(ANYONE, row));
        expect((await other.write(deleteChecklist(ANYONE, row.id, UNGUARDED))).outcome).toBe("written");
        await purged(row.id);
        const again = await granted(other, request, newId(), later());
        expect(again).toMatchObject({ id: row.id, at: now });
        expect(await other.write(createChecklist(ANYONE, row, receiptOf(request, again)))).toEqual({
          outcome: "created",
        });
        expect(await other.findChecklist(row.id)).toBeUndefined();
        expect(await other.write(createTask(ANYONE, taskIn(row)))).toEqual({ outcome: "missing" });
        expect(await other.claimKey(request, newId(), later())).toMatchObject({ outcome: "answered" });
        held["1.1"]++;
      });

      test("stays deleted if storing the answer failed, and if its insert arrives late", async () => {
        const [request, now] = [requestFor("POST /checklists"), Date.now()];
        const row = newChecklist(newId(), "once", now);
        const grant = await granted(store, request, row.id, now);
        const late = statements.trap(INSERT_LIST, { fails: timesOut, sent: "late" });
        statements.trap(KEEP_ANSWER, { fails: refuses, sent: "never" });
        expect(await store.write(createChecklist(ANYONE, row, receiptOf(request, grant)))).toEqual({
          outcome: "created",
        });
        await other.write(deleteChecklist(ANYONE, row.id, UNGUARDED));
        await purged(row.id);
        await late.release();
        const again = await granted(other, request, newId(), later());
        expect(await other.write(createChecklist(ANYONE, row, receiptOf(request, again)))).toEqual({
          outcome: "created",
        });
        expect(await other.findChecklist(row.id)).toBeUndefined();
        held["1.1"] += 2;
      });
    });

    describe("a task that was created under a key and deleted before the key was answered", () => {
      /** Created by a request that then died. */
      async function madeAndLeft() {
        const [list, request, now] = [await storedList(), requestFor("POST /tasks"), Date.now()];
        const task = taskIn(list, now);
        const grant = await granted(store, request, task.id, now);
        const dying = statements.trap(KEEP_ANSWER, { fails: refuses, sent: "never" });
        expect(await store.write(createTask(ANYONE, task, receiptOf(request, grant)))).toEqual({
          outcome: "created",
        });
        await dying.sprung;
        return { list, request, task, grant };
      }

      test("stays deleted, and a repeated request gets its 201", async () => {
        const { request, task } = await madeAndLeft();
        expect((await other.write(deleteTask(ANYONE, task.checklistId, task.id, UNGUARDED))).outcome).toBe(
          "written",
        );
        const again = await granted(other, request, newId(), later());
        expect(again).toMatchObject({ id: task.id, made: true });
        expect(await other.write(createTask(ANYONE, task, receiptOf(request, again)))).toEqual({
          outcome: "created",
        });
        await expectGone(task);
        expect(await other.claimKey(request, newId(), later())).toMatchObject({ outcome: "answered" });
        held["1.1"]++;
      });

      test("stays deleted when its checklist is purged, and a repeated request gets its 201", async () => {
        const { list, request, task } = await madeAndLeft();
        expect((await other.write(deleteChecklist(ANYONE, list.id, UNGUARDED))).outcome).toBe("written");
        await purged(list.id);
        const again = await granted(other, request, newId(), later());
        expect(again.made).toBe(true);
        expect(await other.write(createTask(ANYONE, task, receiptOf(request, again)))).toEqual({
          outcome: "created",
        });
        await expectGone(task);
        held["1.1"]++;
      });

      test("stays deleted while its checklist is not purged yet, and a repeated request gets its 201", async () => {
        const { list, request, task } = await madeAndLeft();
        const purging = statements.trap(
          "SELECT deleted_at, trash_record, owner, members FROM checklist",
          "wait",
        );
        expect((await store.write(deleteChecklist(ANYONE, list.id, UNGUARDED))).outcome).toBe("written");
        await purging.sprung;
        const again = await granted(other, request, newId(), later());
        expect(again.made).toBeUndefined();
        expect(await other.write(createTask(ANYONE, task, receiptOf(request, again)))).toEqual({
          outcome: "created",
        });
        await purging.release();
        expect(await other.findTask(list.id, task.id)).toBeUndefined();
        held["1.1"]++;
      });

      test("stays deleted if a request that took over before the deletion inserts after it", async () => {
        const { request, task } = await madeAndLeft();
        const again = await granted(store, request, newId(), later());
        expect(again.made).toBeUndefined();
        const insert = statements.trap(INSERT_TASK, "wait");
        const creating = store.write(createTask(ANYONE, task, receiptOf(request, again)));
        await insert.sprung;
        expect((await other.write(deleteTask(ANYONE, task.checklistId, task.id, UNGUARDED))).outcome).toBe(
          "written",
        );
        await insert.release();
        expect(await creating).toEqual({ outcome: "created" });
        await expectGone(task);
        held["1.1"]++;
      });

      test("stays deleted if the first request wakes up after another one created it, and it was deleted", async () => {
        const [list, request, now] = [await storedList(), requestFor("POST /tasks"), Date.now()];
        const task = taskIn(list, now);
        const slow = receiptOf(request, await granted(store, request, task.id, now));
        const insert = statements.trap(INSERT_TASK, "wait");
        const creating = store.write(createTask(ANYONE, task, slow));
        await insert.sprung;
        const again = await granted(other, request, newId(), later());
        expect(await other.write(createTask(ANYONE, task, receiptOf(request, again)))).toEqual({
          outcome: "created",
        });
        await other.write(deleteTask(ANYONE, list.id, task.id, UNGUARDED));
        await insert.release();
        expect(await creating).toEqual({ outcome: "answered", answer: ANSWER });
        await expectGone(task);
        held["1.1"]++;
      });

      test("stays if its deletion was refused after the key was told of it", async () => {
        const { request, task } = await madeAndLeft();
        const mark = statements.trap("DELETE FROM todo", "wait");
        const deleting = store.write(deleteTask(ANYONE, task.checklistId, task.id, { anyOf: [1] }));
        await mark.sprung;
        const edit = { change: { todo: "changed" }, pinned: false };
        await other.write(changeTask(ANYONE, task.checklistId, task.id, edit, UNGUARDED, Date.now()));
        await mark.release();
        expect(await deleting).toEqual({ outcome: "stale", version: 2 });
        const again = await granted(other, request, newId(), later());
        await other.write(createTask(ANYONE, task, receiptOf(request, again)));
        expect(await other.findTask(task.checklistId, task.id)).toMatchObject({ todo: "changed" });
        held["1.1"]++;
      });

      const unlessOutlasting = outlasts ? test : () => undefined;
      unlessOutlasting(
        "stays deleted where an insert that timed out reaches its node after that",
        async () => {
          for (const keyed of [true, false]) {
            const [list, request, now] = [await storedList(), requestFor("POST /tasks"), Date.now()];
            const task = taskIn(list, now);
            const grant = await granted(store, request, task.id, now);
            const late = statements.trap(INSERT_TASK, { fails: timesOut, sent: "late" });
            expect(
              await store.write(createTask(ANYONE, task, keyed ? receiptOf(request, grant) : undefined)),
            ).toEqual({
              outcome: "created",
            });
            expect((await other.write(deleteTask(ANYONE, list.id, task.id, UNGUARDED))).outcome).toBe(
              "written",
            );
            await late.release();
            await expectGone(task);
            held["1.1"]++;
          }
        },
      );
    });

    describe("a key that was taken over", () => {
      test("is not released by the previous request on the same instance", async () => {
        const [list, request, now] = [await storedList(), requestFor("POST /tasks"), Date.now()];
        const slow = await granted(store, request, newId(), now);
        const heir = await granted(store, request, newId(), later());
        await store.releaseKey(request, slow.owner);
        expect((await store.claimKey(request, newId(), later())).outcome).toBe("in-progress");
        const task = { ...taskIn(list, now), id: heir.id };
        expect(await store.write(createTask(ANYONE, task, receiptOf(request, heir)))).toEqual({
          outcome: "created",
        });
        expect(await tasksLeft(list.id)).toHaveLength(1);
        held["1.2"]++;
      });

      test("keeps its id if its new owner fails while the first request is still running: one row", async () => {
        const [list, request, now] = [await storedList(), requestFor("POST /tasks"), Date.now()];
        const slow = await granted(store, request, newId(), now);
        const heir = await granted(store, request, newId(), later());
        await store.releaseKey(request, heir.owner);
        const third = await granted(store, request, newId(), Date.now());
        expect(third.id).toBe(slow.id);
        const task = { ...taskIn(list, now), id: slow.id };
        const both = [slow, third].map((grant) =>
          store.write(createTask(ANYONE, task, receiptOf(request, grant))),
        );
        for (const { outcome } of await Promise.all(both)) expect(["created", "answered"]).toContain(outcome);
        expect(await tasksLeft(list.id)).toHaveLength(1);
        held["1.2"]++;
      });

      test("is answered once: a slow request that ends later gets the new owner's answer", async () => {
        const [list, request, now] = [await storedList(), requestFor("POST /tasks"), Date.now()];
        const task = taskIn(list, now);
        const slow = receiptOf(request, await granted(store, request, task.id, now));
        const keeping = statements.trap(KEEP_ANSWER, "wait");
        const creating = store.write(
          createTask(ANYONE, task, { ...slow, answer: { ...ANSWER, body: "slow" } }),
        );
        await keeping.sprung;
        const heir = await granted(other, request, newId(), later());
        expect(await other.write(createTask(ANYONE, task, receiptOf(request, heir)))).toEqual({
          outcome: "created",
        });
        await keeping.release();
        expect(await creating).toEqual({ outcome: "answered", answer: ANSWER });
        expect(await tasksLeft(list.id)).toHaveLength(1);
        held["1.2"]++;
      });

      test("is new again when its id expires, whatever was written to it last", async () => {
        const request = requestFor("POST /tasks");
        await keyspace.client.execute(
          "INSERT INTO idempotency (scope, key, owner, lease_until, made) VALUES (?, ?, 'x', ?, 'x')",
          [request.scope, request.key, new Date()],
          { prepare: true },
        );
        const id = newId();
        expect(await granted(store, request, id, Date.now())).toMatchObject({ id });
        held["1.2"]++;
      });
    });

    describe("an error that may come after the write", () => {
      const keyed = (request: IdempotencyRequest): Keyed<Task> => ({
        ...request,
        answerFor: () => ANSWER,
      });
      const useCase = () =>
        new Tasks({
          store,
          feed: new MemoryFeed("m"),
          clock,
          ids: { next: newId },
          random: Math.random,
          loadRecurrenceDates,
        });

      /** @returns the results of the first request and its retries */
      async function untilMade(list: Checklist, request: IdempotencyRequest): Promise<Creation<Task>> {
        const create = () => useCase().create(ANYONE, list.id, { todo: "once" }, keyed(request));
        try {
          return await create();
        } catch {
          // Its keys are taken over at once, without waiting for the lease to end.
          await keyspace.client.execute(
            "UPDATE idempotency SET lease_until = ? WHERE scope = ? AND key = ? IF EXISTS",
            [new Date(0), request.scope, request.key],
            { prepare: true },
          );
          return await create();
        }
      }

      for (const statement of ["INSERT INTO idempotency", INSERT_TASK, KEEP_ANSWER]) {
        test(`of ${statement.split(" ").slice(0, 3).join(" ")}: one row, and the same answer again`, async () => {
          for (const code of CODES_UNDECIDED) {
            const [list, request] = [await storedList(), requestFor("POST /tasks")];
            const fate: Fate = { fails: responds(code), sent: "before" };
            const trap = statements.trap(statement, fate);
            await untilMade(list, request);
            await trap.sprung;
            expect(await tasksLeft(list.id)).toHaveLength(1);
            expect(await useCase().create(ANYONE, list.id, { todo: "once" }, keyed(request))).toMatchObject({
              outcome: "replayed",
              answer: ANSWER,
            });
            held["1.3"]++;
          }
        });
      }

      test("of a deletion: it is done, and a read is tried again", async () => {
        const list = await storedList();
        const task = taskIn(list);
        await other.write(createTask(ANYONE, task));
        statements.trap("DELETE FROM todo", { fails: responds(SERVER_ERROR), sent: "before" });
        expect((await store.write(deleteTask(ANYONE, list.id, task.id, UNGUARDED))).outcome).toBe("written");
        statements.trap("SELECT", { fails: responds(SERVER_ERROR), sent: "never" });
        expect(await store.findChecklist(list.id)).toMatchObject({ id: list.id });
        held["1.3"] += 2;
      });

      test("that is not recognised leaves the key taken, with its id", async () => {
        const [list, request] = [await storedList(), requestFor("POST /tasks")];
        const unheardOf = () => new TypeError("nobody's");
        statements.trap(INSERT_TASK, { fails: unheardOf, sent: "before" });
        const first = useCase().create(ANYONE, list.id, { todo: "once" }, keyed(request));
        await expect(first).rejects.toBeInstanceOf(TypeError);
        await untilMade(list, request);
        expect(await tasksLeft(list.id)).toHaveLength(1);
        held["1.3"]++;
      });

      test("is not hidden: if the key can't be released, the request's own error is reported", async () => {
        const request = requestFor("POST /tasks");
        statements.trap("DELETE FROM idempotency", { fails: refuses, sent: "never" });
        const creating = useCase().create(ANYONE, newId(), { todo: "nowhere" }, keyed(request));
        await expect(creating).rejects.toMatchObject({ code: "not-found" });
        held["1.3"]++;
      });
    });
  });
}

function requestFor(scope: string): IdempotencyRequest {
  return { scope, key: newId(), fingerprint: "a body" };
}

function taskIn({ id }: Checklist, at = Date.now()): Task {
  const facts = { status: "pending", priority: "medium", version: 1 } as const;
  return { checklistId: id, id: newId(), todo: "a task", ...facts, createdAt: at, updatedAt: at };
}

async function granted(store: Store, request: IdempotencyRequest, id: string, now: number): Promise<Grant> {
  const claim = await store.claimKey(request, id, now);
  if (claim.outcome !== "granted") throw new Error(`the key is not granted: ${claim.outcome}`);
  return claim;
}

function receiptOf(request: IdempotencyRequest, { at, owner, made = false }: Grant): Receipt {
  return { ...request, answer: ANSWER, expiresAt: at, owner, made };
}
