import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { errors } from "cassandra-driver";
import { openCassandraStore } from "../../../src/adapters/cassandra/store.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { changeTask, createChecklist, createTask, deleteTask } from "../../../src/application/commands.ts";
import type { Store } from "../../../src/application/store.ts";
import { newChecklist } from "../../../src/domain/checklist.ts";
import { TodosError } from "../../../src/domain/errors.ts";
import { newTask, type Task, type TaskChange } from "../../../src/domain/task.ts";
import { type Stay, stayInTrash } from "../../../src/domain/trash.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import type { Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS } from "../../support/cassandra/shared.ts";
import { type Fate, Statements } from "../../support/cassandra/statements.ts";
import { note } from "../../support/size.ts";
import { KeptLog, KeptMeter } from "../sqlite/support.ts";

const clock = { now: Date.now };
const newId = () => Bun.randomUUIDv7();
const NEXT = { dueDate: "2026-03-02", repeat: "FREQ=DAILY" };

/** How the statement of each step begins, in the order of the steps. */
const COMPLETE = "UPDATE todo SET task";
const INSERT = "INSERT INTO todo";
const MARK = "UPDATE todo SET next_due";

const timesOut = () => Reflect.construct(errors.OperationTimedOutError, ["planted", "127.0.0.1"]) as Error;
const WRITE_TIMEOUT = 0x1100;
const writeTimeout = () => Reflect.construct(errors.ResponseError, [WRITE_TIMEOUT, "planted"]) as Error;

/** A repeating task, and how an instance completes it. */
interface Case {
  readonly task: Task;
  readonly nextId: string;
}

/**
 * An instance that dies, or is slow, between two steps of completing a repeating task, each interleaving forced: its
 * statement waits while another instance goes on.
 */
export function seriesUnderFaults(name: string, open: () => Promise<Keyspace>): void {
  describe(`completing a repeating task under faults, on ${name}`, () => {
    let keyspace: Keyspace;
    let store: Store;
    /** Another, undisturbed instance. */
    let other: Store;
    let statements: Statements;
    let forced = 0;

    beforeAll(async () => {
      keyspace = await open();
      other = await opened();
      await agendaReady();
      store = await opened();
      statements = new Statements(store);
    }, CASSANDRA_START_DEADLINE_MS);
    afterAll(async () => {
      await store?.close();
      await other?.close();
      await keyspace?.[Symbol.asyncDispose]();
      note(`repeating tasks on ${name}: ${forced} interleavings forced, exactly one next task in each`);
    });

    function opened(): Promise<Store> {
      const { settings } = keyspace;
      return openCassandraStore({ settings, log: new KeptLog(), meter: new KeptMeter(), clock });
    }

    /** The first instance looks for tasks of earlier releases, and refuses to show an agenda meanwhile. */
    async function agendaReady(): Promise<void> {
      for (;;) {
        try {
          return void (await other.listDue({ until: "0001-01-01" }, 1));
        } catch (error) {
          if (!(error instanceof TodosError) || error.code !== "store-unavailable") throw error;
          await Bun.sleep(100);
        }
      }
    }

    async function repeating(): Promise<Case> {
      const list = newChecklist(newId(), "a list", Date.now());
      await other.write(createChecklist(ANYONE, list));
      const members = { todo: "Water the plants", dueDate: "2026-03-01", repeat: "FREQ=DAILY" };
      const task = newTask(list.id, newId(), members, Date.now()) as Task;
      expect((await other.write(createTask(ANYONE, task))).outcome).toBe("created");
      return { task, nextId: newId() };
    }

    function changed(by: Store, { task, nextId }: Case, change: TaskChange = { completed: true }) {
      const edit = { change, pinned: false };
      const plan = { forVersion: 1, next: { id: nextId, ...NEXT } };
      return by.write(changeTask(ANYONE, task.checklistId, task.id, edit, UNGUARDED, Date.now(), plan));
    }

    function removed(by: Store, { task }: Case, id = task.id, stay?: Stay) {
      return by.write(deleteTask(ANYONE, task.checklistId, id, UNGUARDED, stay));
    }

    const listed = async (by: Store, { task }: Case, filter = {}) =>
      (await by.listTasks(task.checklistId, filter, undefined, 100))?.items ?? [];

    async function expectOneNext(one: Case, completed = true): Promise<void> {
      const rows = await listed(other, one);
      expect(rows.map(({ id }) => id)).toEqual(completed ? [one.task.id, one.nextId] : [one.nextId]);
      expect(rows.at(-1)).toMatchObject({ ...NEXT, status: "pending", previous: { id: one.task.id } });
      forced++;
    }

    /** What an undisturbed instance may do next, and whether the completed task is there afterwards. */
    const SURVIVORS: Readonly<Record<string, (one: Case) => Promise<boolean>>> = {
      "finds it": async ({ task }) => {
        expect(await other.findTask(task.checklistId, task.id)).toMatchObject({ status: "completed" });
        return true;
      },
      "lists its list": async (one) => {
        expect(await listed(other, one)).toHaveLength(2);
        return true;
      },
      "lists completed tasks": async (one) => {
        expect(await listed(other, one, { completed: true })).toHaveLength(1);
        return true;
      },
      "reads the agenda": async ({ task: { checklistId, dueDate = "" } }) => {
        expect((await other.listDue({ until: dueDate, checklistId }, 10))?.items).toEqual([]);
        return true;
      },
      "completes it as well": async (one) => {
        expect((await changed(other, { ...one, nextId: newId() })).outcome).toBe("written");
        return true;
      },
      "opens it again": async (one) => {
        expect((await changed(other, one, { completed: false })).outcome).toBe("written");
        return true;
      },
      "deletes it": async (one) => {
        expect((await removed(other, one)).outcome).toBe("written");
        return false;
      },
      "puts it into the trash": async (one) => {
        expect((await removed(other, one, one.task.id, stayInTrash(30, Date.now()))).outcome).toBe("written");
        return false;
      },
    };

    for (const [step, begins] of [
      ["after it is completed", INSERT],
      ["after the next one is made", MARK],
    ] as const) {
      for (const [what, survive] of Object.entries(SURVIVORS)) {
        test(`an instance hangs ${step}, and another one ${what}: one next task, also when the first goes on`, async () => {
          const one = await repeating();
          const held = statements.trap(begins, "wait");
          const first = changed(store, one);
          await held.sprung;
          const stays = await survive(one);
          await expectOneNext(one, stays);
          await held.release();
          expect((await first).outcome).toBe("written");
          await expectOneNext(one, stays);
        });
      }
    }

    test("an instance hangs before it is completed, and another one completes it: one next task, the other's", async () => {
      const one = await repeating();
      const held = statements.trap(COMPLETE, "wait");
      const first = changed(store, { ...one, nextId: newId() });
      await held.sprung;
      expect((await changed(other, one)).outcome).toBe("written");
      await held.release();
      expect(await first).toMatchObject({
        outcome: "written",
        row: { next: { id: one.nextId }, version: 3 },
      });
      await expectOneNext(one);
    });

    for (const [step, begins] of [
      ["the completion", COMPLETE],
      ["the insert", INSERT],
      ["the mark", MARK],
    ] as const) {
      for (const [error, fails] of [
        ["times out", timesOut],
        ["is answered with a timeout", writeTimeout],
      ] as const) {
        for (const sent of ["before", "never"] as const) {
          const fate: Fate = { fails, sent };
          test(`${step} ${error}, and was ${sent === "never" ? "not " : ""}carried out: one next task`, async () => {
            const one = await repeating();
            const trap = statements.trap(begins, fate);
            expect((await changed(store, one)).outcome).toBe("written");
            await trap.sprung;
            await expectOneNext(one);
          });
        }
      }
    }

    test("a next task that was made, seen and deleted does not come back with an insert that is late", async () => {
      const one = await repeating();
      const held = statements.trap(INSERT, "wait");
      const first = changed(store, one);
      await held.sprung;
      await expectOneNext(one);
      expect((await removed(other, one, one.nextId)).outcome).toBe("written");
      await held.release();
      expect((await first).outcome).toBe("written");
      expect((await listed(other, one)).map(({ id }) => id)).toEqual([one.task.id]);
    });

    test("a next task that is deleted before the completed one is marked does not come back", async () => {
      const one = await repeating();
      const held = statements.trap(MARK, "wait");
      const first = changed(store, one);
      await held.sprung;
      expect((await removed(other, one, one.nextId)).outcome).toBe("written");
      expect((await listed(other, one)).map(({ id }) => id)).toEqual([one.task.id]);
      await held.release();
      expect((await first).outcome).toBe("written");
      expect((await listed(other, one)).map(({ id }) => id)).toEqual([one.task.id]);
    });
  });
}
