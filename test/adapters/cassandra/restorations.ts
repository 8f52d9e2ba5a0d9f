import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { errors, types } from "cassandra-driver";
import { ANYONE } from "../../../src/application/caller.ts";
import {
  changeTask,
  createChecklist,
  createTask,
  deleteChecklist,
  deleteTask,
} from "../../../src/application/commands.ts";
import { MemoryFeed } from "../../../src/application/feed.ts";
import type { Keyed, Restoration } from "../../../src/application/idempotency.ts";
import { IDEMPOTENCY_LEASE_MS } from "../../../src/application/ports.ts";
import type { Store } from "../../../src/application/store.ts";
import { Trash } from "../../../src/application/trash.ts";
import { type Checklist, newChecklist } from "../../../src/domain/checklist.ts";
import { newTask, type Task, type TaskEdit } from "../../../src/domain/task.ts";
import { stayInTrash } from "../../../src/domain/trash.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import type { Keyspace } from "../../support/cassandra/keyspace.ts";
import { openPair, type Pair } from "../../support/cassandra/pair.ts";
import { CASSANDRA_START_DEADLINE_MS } from "../../support/cassandra/shared.ts";
import type { Statements } from "../../support/cassandra/statements.ts";

const KEEP_ANSWER = "UPDATE idempotency SET fingerprint";
const RESTORE_TASK = "UPDATE todo SET deleted_at";
const RESTORE_LIST = "UPDATE checklist SET deleted_at";

const clock = { now: Date.now };
/** After the lease of a request that claims its key now. */
const afterLease = { now: () => Date.now() + IDEMPOTENCY_LEASE_MS + 1_000 };
const newId = () => Bun.randomUUIDv7();
const refuses = () =>
  Object.assign(Reflect.construct(errors.ResponseError, [0x1000, "planted"]) as Error, {
    consistencies: types.consistencies.localSerial,
  });
const never = { fails: refuses, sent: "never" } as const;

type Row = Task | Checklist;

/** A row in the trash, and a key to restore it with. */
interface Entry<T extends Row> {
  readonly row: T;
  readonly keyed: Keyed<T>;
  restore(by: Trash, keyed?: Keyed<T>): Promise<Restoration<T>>;
  find(): Promise<T | undefined>;
  /** As the restored row is. */
  readonly back: T;
  readonly statement: string;
}

/**
 * Restorations under a key whose request dies or is slow, with each interleaving forced: the statements of one instance
 * stop or fail where a test says so, while another instance continues.
 */
export function restorationsUnderFaults(name: string, open: () => Promise<Keyspace>): void {
  describe(`restorations under a key, on ${name}`, () => {
    let keyspace: Keyspace;
    let pair: Pair;
    let store: Store;
    /** Another, undisturbed instance. */
    let other: Store;
    let statements: Statements;
    let trash: Trash;
    /** Comes when the lease of the first request is over. */
    let later: Trash;

    beforeAll(async () => {
      keyspace = await open();
      pair = await openPair(keyspace.settings);
      ({ store, other, statements } = pair);
      trash = trashOf(store, clock);
      later = trashOf(other, afterLease);
    }, CASSANDRA_START_DEADLINE_MS);
    afterAll(async () => {
      await pair?.[Symbol.asyncDispose]();
      await keyspace?.[Symbol.asyncDispose]();
    });

    async function storedList(): Promise<Checklist> {
      const row = newChecklist(newId(), "a list", Date.now());
      await other.write(createChecklist(ANYONE, row));
      return row;
    }

    async function trashedTask(): Promise<Entry<Task>> {
      const { id: list } = await storedList();
      // Older than any key: its creation needs no care any more.
      const row = newTask(list, newId(), { todo: "a task", dueDate: "2030-01-31" }, 1) as Task;
      await other.write(createTask(ANYONE, row));
      await other.write(deleteTask(ANYONE, list, row.id, UNGUARDED, stayInTrash(3, Date.now())));
      return {
        row,
        keyed: keyed(),
        restore: (by, key) => by.restoreTask(ANYONE, list, row.id, UNGUARDED, key),
        find: async () => other.findTask(list, row.id),
        back: { ...row, version: 3 },
        statement: RESTORE_TASK,
      };
    }

    async function trashedList(): Promise<Entry<Checklist>> {
      const row = await storedList();
      await other.write(deleteChecklist(ANYONE, row.id, UNGUARDED, stayInTrash(3, Date.now())));
      return {
        row,
        keyed: keyed(),
        restore: (by, key) => by.restoreChecklist(ANYONE, row.id, UNGUARDED, key),
        find: async () => other.findChecklist(row.id),
        back: { ...row, version: 3 },
        statement: RESTORE_LIST,
      };
    }

    /** The request restores the row, and dies before it keeps its answer. */
    async function restoredAndLeft<T extends Row>(entry: Entry<T>): Promise<Entry<T>> {
      const dying = statements.trap(KEEP_ANSWER, never);
      await entry.restore(trash, entry.keyed);
      await dying.sprung;
      return entry;
    }

    async function expectAnswered<T extends Row>({ restore, keyed, back }: Entry<T>): Promise<void> {
      const answer = keyed.answerFor(back);
      for (let repeated = 0; repeated < 2; repeated++)
        expect(await restore(later, keyed)).toEqual({ outcome: "replayed", answer });
    }

    for (const [what, entry] of [
      ["task", trashedTask],
      ["list", trashedList],
    ] as [string, () => Promise<Entry<Row>>][]) {
      test(`a ${what} is restored once, and a repeated request gets the answer that its first one died with`, async () => {
        const left = await restoredAndLeft(await entry());
        expect(await left.find()).toStrictEqual(left.back);
        await expectAnswered(left);
        expect(await left.find()).toStrictEqual(left.back);
      });

      test(`a request that died with a plan alone: the next one restores the ${what}, as planned`, async () => {
        const planned = await entry();
        const { statement, restore, keyed: key, find, back } = planned;
        // Nobody knows what an unheard-of error means, so the key stays taken.
        statements.trap(statement, { fails: () => new TypeError("nobody's"), sent: "never" });
        await expect(restore(trash, key)).rejects.toBeInstanceOf(TypeError);
        expect(await restore(later, key)).toEqual({ outcome: "restored", row: back });
        expect(await find()).toStrictEqual(back);
        await expectAnswered(planned);
      });

      test(`a plan that another request forestalled is not carried out: 404 for the ${what}`, async () => {
        const { statement, restore, keyed: key, find, back } = await entry();
        const restoring = statements.trap(statement, "wait");
        const slow = restore(trash, key);
        await restoring.sprung;
        await restore(later);
        await expect(restore(later, key)).rejects.toMatchObject({ code: "not-found" });
        await restoring.release();
        await expect(slow).rejects.toMatchObject({ code: "not-found" });
        await expect(restore(later, key)).rejects.toMatchObject({ code: "not-found" });
        expect(await find()).toStrictEqual(back);
      });

      test(`a slow request and the one that took over its key restore the ${what} once, with one answer`, async () => {
        const slow = await entry();
        const { statement, restore, keyed: key, find, back } = slow;
        const restoring = statements.trap(statement, "wait");
        const restoration = restore(trash, key);
        await restoring.sprung;
        expect(await restore(later, key)).toEqual({ outcome: "restored", row: back });
        await restoring.release();
        expect(await restoration).toEqual({ outcome: "replayed", answer: key.answerFor(back) });
        expect(await find()).toStrictEqual(back);
      });

      test(`a key taken over before its plan: the slow request restores no ${what}`, async () => {
        const { restore, keyed: key, find, back } = await entry();
        const planning = statements.trap("UPDATE idempotency SET plan", "wait");
        const slow = restore(trash, key);
        await planning.sprung;
        expect(await restore(later, key)).toEqual({ outcome: "restored", row: back });
        await planning.release();
        await expect(slow).rejects.toMatchObject({ code: "store-unavailable" });
        expect(await find()).toStrictEqual(back);
      });

      test(`the first answer stays after the ${what} was restored under another key, and after that again`, async () => {
        const left = await restoredAndLeft(await entry());
        const { row } = left;
        for (let times = 0; times < 2; times++) {
          await ("checklistId" in row
            ? other.write(deleteTask(ANYONE, row.checklistId, row.id, UNGUARDED, stayInTrash(3, Date.now())))
            : other.write(deleteChecklist(ANYONE, row.id, UNGUARDED, stayInTrash(3, Date.now()))));
          expect((await left.restore(later, keyed())).outcome).toBe("restored");
        }
        await expectAnswered(left);
        expect(await left.find()).toMatchObject({ version: 7 });
      });
    }

    for (const [what, happens] of [
      ["was edited", (row) => changed(row, { change: { todo: "edited" }, pinned: false })],
      ["is in the trash again", (row) => removed(row, 3)],
      ["is gone for good", (row) => removed(row, 0)],
      [
        "went from the trash for good",
        async (row) => {
          await removed(row, 3);
          await later.discardTask(ANYONE, row.checklistId, row.id, UNGUARDED);
        },
      ],
      ["has moved", async (row) => changed(row, { change: {}, pinned: false, to: (await storedList()).id })],
      [
        "has moved and came back",
        async (row) => {
          const to = (await storedList()).id;
          await changed(row, { change: {}, pinned: false, to });
          await changed({ ...row, checklistId: to }, { change: {}, pinned: false, to: row.checklistId });
        },
      ],
    ] as [string, (row: Task) => Promise<unknown>][]) {
      test(`a repeated request gets the first answer though the task ${what}`, async () => {
        const left = await restoredAndLeft(await trashedTask());
        await happens(left.row);
        const before = await left.find();
        await expectAnswered(left);
        expect(await left.find()).toEqual(before);
      });
    }

    function changed({ checklistId, id }: Task, edit: TaskEdit): Promise<unknown> {
      return other.write(changeTask(ANYONE, checklistId, id, edit, UNGUARDED, Date.now()));
    }

    function removed({ checklistId, id }: Task, days: number): Promise<unknown> {
      return other.write(deleteTask(ANYONE, checklistId, id, UNGUARDED, stayInTrash(days, Date.now())));
    }
  });
}

export function trashOf(store: Store, time: { now(): number }): Trash {
  return new Trash({
    store,
    feed: new MemoryFeed("m"),
    clock: time,
    ids: { next: newId },
    random: Math.random,
  });
}

export function keyed(): Keyed<Row> {
  return {
    scope: "POST restore",
    key: newId(),
    fingerprint: "a body",
    answerFor: (row) => ({ status: 200, headers: { etag: `"${row.version}"` }, body: JSON.stringify(row) }),
  };
}
