import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { errors } from "cassandra-driver";
import { PurgeQueue } from "../../../src/adapters/cassandra/purge-queue.ts";
import type { Session } from "../../../src/adapters/cassandra/session.ts";
import { type CassandraStore, openCassandraStore } from "../../../src/adapters/cassandra/store.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import {
  changeTask,
  createChecklist,
  createTask,
  deleteChecklist,
  deleteTask,
  restoreChecklist,
  restoreTask,
} from "../../../src/application/commands.ts";
import { newChecklist } from "../../../src/domain/checklist.ts";
import { TodosError } from "../../../src/domain/errors.ts";
import { newTask, type Task } from "../../../src/domain/task.ts";
import { stayInTrash } from "../../../src/domain/trash.ts";
import { UNGUARDED } from "../../../src/domain/version.ts";
import type { Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS } from "../../support/cassandra/shared.ts";
import { Statements, type Trap } from "../../support/cassandra/statements.ts";
import { note } from "../../support/size.ts";
import { KeptLog, KeptMeter } from "../sqlite/support.ts";

const COPY = "INSERT INTO todo";
const MARK = "UPDATE todo SET transit = ?, version";
const CONFIRM = "UPDATE todo SET transit = null";
const LATER_MS = 300_000;

/**
 * Moves between two lists of which one stops, fails or is late at each of its steps, each interleaving forced: its
 * statement waits while another instance goes on.
 * @param checkedMs how long readers look on beside moves to and fro
 */
export function movesUnderFaults(name: string, open: () => Promise<Keyspace>, checkedMs: number): void {
  describe(`moves under faults, on ${name}`, () => {
    let keyspace: Keyspace;
    /** Its statements stop or fail where a test says so. */
    let store: CassandraStore;
    /** Another, undisturbed instance. */
    let other: CassandraStore;
    let statements: Statements;
    let forced = 0;
    /** Milliseconds that the clock of `other` is ahead. */
    let aheadMs = 0;

    beforeAll(async () => {
      keyspace = await open();
      const opened = (clock: { now(): number }) =>
        openCassandraStore({
          settings: keyspace.settings,
          log: new KeptLog(),
          meter: new KeptMeter(),
          clock,
        });
      store = await opened({ now: Date.now });
      other = await opened({ now: () => Date.now() + aheadMs });
      statements = new Statements(store);
      await agendaOf(other);
    }, CASSANDRA_START_DEADLINE_MS);
    afterAll(async () => {
      await other?.close();
      await store?.close();
      await keyspace?.[Symbol.asyncDispose]();
      note(`moves on ${name}: ${forced} interleavings forced, each task in exactly one list or deleted`);
    });

    /** Until the agenda is complete, it is refused. */
    async function agendaOf(instance: CassandraStore): Promise<void> {
      for (;;) {
        try {
          await instance.listDue({ until: "2026-12-31" }, 1);
          return;
        } catch (error) {
          if (!(error instanceof TodosError)) throw error;
          // Being refused takes no turn of the event loop, in which the answers of nodes would come.
          await Bun.sleep(10);
        }
      }
    }

    const timesOut = () =>
      Reflect.construct(errors.OperationTimedOutError, ["planted", "127.0.0.1"]) as Error;

    async function storedList(): Promise<string> {
      const row = newChecklist(Bun.randomUUIDv7(), "a list", Date.now());
      await other.write(createChecklist(ANYONE, row));
      return row.id;
    }

    interface Scene {
      readonly here: string;
      readonly there: string;
      readonly third: string;
      readonly task: Task;
    }

    async function scene(): Promise<Scene> {
      const [here, there, third] = await Promise.all([storedList(), storedList(), storedList()]);
      const task = newTask(
        here,
        Bun.randomUUIDv7(),
        { todo: "x", dueDate: "2026-01-02" },
        Date.now(),
      ) as Task;
      expect(await other.write(createTask(ANYONE, task))).toEqual({ outcome: "created" });
      return { here, there, third, task };
    }

    const moved = (by: CassandraStore, from: string, id: string, to: string, todo?: string) =>
      by.write(
        changeTask(
          ANYONE,
          from,
          id,
          { change: todo === undefined ? {} : { todo }, pinned: true, to },
          UNGUARDED,
          Date.now(),
        ),
      );
    const edited = (list: string, id: string) =>
      other.write(
        changeTask(ANYONE, list, id, { change: { todo: "edited" }, pinned: true }, UNGUARDED, Date.now()),
      );
    const removed = (list: string, id: string) => other.write(deleteTask(ANYONE, list, id, UNGUARDED));
    const dropped = (list: string) => other.write(deleteChecklist(ANYONE, list, UNGUARDED));
    async function intoTrash(list: string): Promise<void> {
      const stay = stayInTrash(3, Date.now());
      expect((await other.write(deleteChecklist(ANYONE, list, UNGUARDED, stay))).outcome).toBe("written");
    }
    async function outOfTrash(list: string): Promise<void> {
      expect((await other.write(restoreChecklist(ANYONE, list, UNGUARDED))).outcome).toBe("written");
    }

    /** The lists in which a task is found, by point reads, pages, filtered pages and the agenda alike. */
    async function placesOf({ here, there, third, task }: Scene): Promise<string[]> {
      const places: string[] = [];
      for (const [name, list] of Object.entries({ here, there, third })) {
        const found = (await other.findTask(list, task.id)) !== undefined;
        for (const filter of [{}, { priority: task.priority }]) {
          const page = await other.listTasks(list, filter, undefined, 50);
          expect((page?.items ?? []).some(({ id }) => id === task.id)).toBe(found);
        }
        const due = await other.listDue({ until: "2026-12-31", checklistId: list }, 50);
        expect((due?.items ?? []).some(({ id }) => id === task.id)).toBe(found);
        if (found) places.push(name);
      }
      forced++;
      return places;
    }

    /** A move that stops where its next statement begins so. */
    async function stopped(begins: string, { here, there, task }: Scene) {
      const trap = statements.trap(begins, "wait");
      const moving = moved(store, here, task.id, there, "by the first");
      await trap.sprung;
      return { trap, moving };
    }

    async function goesOn({ trap, moving }: { trap: Trap; moving: ReturnType<typeof moved> }) {
      await trap.release();
      return moving;
    }

    const rowsOf = (list: string) => {
      const session = Reflect.get(other, "session") as Session;
      return session.rows("SELECT id, transit, write_id FROM todo WHERE checklist_id = ?", [list]);
    };

    /** What is due is looked after, as if time had passed. */
    async function lookedAfter(): Promise<void> {
      aheadMs = LATER_MS;
      try {
        const expiry = Reflect.get(other, "expiry") as { everything(): Promise<void> };
        const purge = Reflect.get(other, "purge") as { everything(): Promise<void> };
        await purge.everything();
        await expiry.everything();
      } finally {
        aheadMs = 0;
      }
    }

    describe("a move that has placed its copy and stops before its mark", () => {
      test("has not begun for any reader", async () => {
        const scened = await scene();
        const move = await stopped(MARK, scened);
        expect(await placesOf(scened)).toEqual(["here"]);
        expect((await goesOn(move)).outcome).toBe("written");
        expect(await placesOf(scened)).toEqual(["there"]);
      });

      test("takes along what is edited meanwhile", async () => {
        const scened = await scene();
        const { here, there, task } = scened;
        const trap = statements.trap(MARK, "wait");
        const moving = moved(store, here, task.id, there);
        await trap.sprung;
        expect((await edited(here, task.id)).outcome).toBe("written");
        await trap.release();
        expect(await moving).toMatchObject({ outcome: "written", row: { todo: "edited", version: 3 } });
        expect(await placesOf(scened)).toEqual(["there"]);
      });

      test("does not bring back a task, or the tasks of a list, deleted meanwhile", async () => {
        for (const deletion of ["task", "list"] as const) {
          const scened = await scene();
          const move = await stopped(MARK, scened);
          const { here, task } = scened;
          expect((await (deletion === "task" ? removed(here, task.id) : dropped(here))).outcome).toBe(
            "written",
          );
          if (deletion === "list") await lookedAfter();
          expect((await goesOn(move)).outcome).toBe("missing");
          expect(await placesOf(scened)).toEqual([]);
        }
      });

      test("loses against another move, to the same list or another one", async () => {
        for (const target of ["there", "third"] as const) {
          const scened = await scene();
          const move = await stopped(MARK, scened);
          const won = await moved(other, scened.here, scened.task.id, scened[target], "by the second");
          expect(won).toMatchObject({ outcome: "written", row: { version: 2, todo: "by the second" } });
          expect((await goesOn(move)).outcome).toBe("missing");
          expect(await placesOf(scened)).toEqual([target]);
          expect((await other.findTask(scened[target], scened.task.id))?.todo).toBe("by the second");
        }
      });

      test("and never goes on, leaves a copy that is removed, and a task that can move again", async () => {
        const scened = await scene();
        const { here, there, task } = scened;
        const move = await stopped(MARK, scened);
        await lookedAfter();
        expect(await rowsOf(there)).toEqual([]);
        expect(await placesOf(scened)).toEqual(["here"]);
        // Its sender was only slow: the mark can't be made any more, and the move starts again.
        expect((await goesOn(move)).outcome).toBe("written");
        expect(await placesOf(scened)).toEqual(["there"]);
        expect((await moved(other, there, task.id, here)).outcome).toBe("written");
        expect(await placesOf(scened)).toEqual(["here"]);
      });

      test("and never goes on, leaves a copy that is removed without a write to the task, if that is in the trash", async () => {
        const scened = await scene();
        const { here, there, task } = scened;
        const move = await stopped(MARK, scened);
        const stay = stayInTrash(3, Date.now());
        expect((await other.write(deleteTask(ANYONE, here, task.id, UNGUARDED, stay))).outcome).toBe(
          "written",
        );
        const before = await rowsOf(here);
        await lookedAfter();
        expect(await rowsOf(there)).toEqual([]);
        expect(await rowsOf(here)).toEqual(before);
        expect((await goesOn(move)).outcome).toBe("missing");
        expect(await placesOf(scened)).toEqual([]);
        await other.write(restoreTask(ANYONE, here, task.id, UNGUARDED));
        expect(await placesOf(scened)).toEqual(["here"]);
      });

      test("ends with the new list, if that is deleted then", async () => {
        const scened = await scene();
        const move = await stopped(MARK, scened);
        await dropped(scened.there);
        expect((await goesOn(move)).outcome).toBe("written");
        expect(await placesOf(scened)).toEqual([]);
      });

      test("goes into the trash with the new list, if that is put there then, and comes back with it", async () => {
        const scened = await scene();
        const move = await stopped(MARK, scened);
        await intoTrash(scened.there);
        expect((await goesOn(move)).outcome).toBe("written");
        expect(await placesOf(scened)).toEqual([]);
        await outOfTrash(scened.there);
        expect(await placesOf(scened)).toEqual(["there"]);
        expect((await edited(scened.there, scened.task.id)).outcome).toBe("written");
      });

      test("the same if its instance dies after the mark", async () => {
        const scened = await scene();
        const move = await stopped(MARK, scened);
        await intoTrash(scened.there);
        const confirming = statements.trap(CONFIRM, "wait");
        await move.trap.release();
        await confirming.sprung;
        expect(await placesOf(scened)).toEqual([]);
        await lookedAfter();
        await outOfTrash(scened.there);
        expect(await placesOf(scened)).toEqual(["there"]);
        await confirming.release();
        expect((await move.moving).outcome).toBe("written");
        expect(await placesOf(scened)).toEqual(["there"]);
      });

      test("takes the task out of the old list, if that is put into the trash then", async () => {
        const scened = await scene();
        const move = await stopped(MARK, scened);
        await intoTrash(scened.here);
        expect((await goesOn(move)).outcome).toBe("written");
        expect(await placesOf(scened)).toEqual(["there"]);
        await outOfTrash(scened.here);
        expect(await placesOf(scened)).toEqual(["there"]);
      });
    });

    describe("a move whose instance dies after its mark", () => {
      test("has happened for every reader, and the next one finishes it", async () => {
        const scened = await scene();
        const move = await stopped(CONFIRM, scened);
        expect(await placesOf(scened)).toEqual(["there"]);
        await (Reflect.get(other, "purge") as { moves: { close(): Promise<void> } }).moves.close();
        expect((await rowsOf(scened.there)).map(({ transit }) => transit)).toEqual([null]);
        await goesOn(move);
      });

      test("lets the task be edited, deleted, and moved back or on", async () => {
        for (const then of ["edit", "delete", "back", "on"] as const) {
          const scened = await scene();
          const { here, there, third, task } = scened;
          const move = await stopped(CONFIRM, scened);
          if (then === "edit") {
            expect(await edited(there, task.id)).toMatchObject({ row: { version: 3, todo: "edited" } });
            expect(await placesOf(scened)).toEqual(["there"]);
          } else if (then === "delete") {
            expect((await removed(there, task.id)).outcome).toBe("written");
            expect(await placesOf(scened)).toEqual([]);
          } else {
            const to = then === "back" ? here : third;
            expect((await moved(other, there, task.id, to)).outcome).toBe("written");
            expect(await placesOf(scened)).toEqual([then === "back" ? "here" : "third"]);
          }
          const before = await placesOf(scened);
          await goesOn(move);
          expect(await placesOf(scened)).toEqual(before);
        }
      });

      test("keeps the task when the old list is deleted and purged, and loses it with the new one", async () => {
        const scened = await scene();
        const move = await stopped(CONFIRM, scened);
        await dropped(scened.here);
        await lookedAfter();
        expect(await rowsOf(scened.here)).toEqual([]);
        expect(await placesOf(scened)).toEqual(["there"]);
        await dropped(scened.there);
        expect(await placesOf(scened)).toEqual([]);
        await goesOn(move);
        expect(await placesOf(scened)).toEqual([]);
      });

      test("leaves nothing behind in the old list and in the queue", async () => {
        const scened = await scene();
        const move = await stopped(CONFIRM, scened);
        await lookedAfter();
        expect(await rowsOf(scened.here)).toEqual([]);
        expect((await rowsOf(scened.there)).map(({ transit }) => transit)).toEqual([null]);
        const queue = new PurgeQueue(Reflect.get(other, "session"), "moves");
        const left: string[] = [];
        for await (const { checklistId } of queue.of(scened.here, Date.now() + LATER_MS))
          left.push(checklistId);
        expect(left).toEqual([]);
        await goesOn(move);
        expect(await placesOf(scened)).toEqual(["there"]);
      });
    });

    describe("a statement of a move that times out", () => {
      test("is settled, whether it was executed, was lost, or arrives late", async () => {
        for (const begins of [COPY, MARK, CONFIRM]) {
          for (const sent of ["before", "never", "late"] as const) {
            const scened = await scene();
            const { here, there, task } = scened;
            const trap = statements.trap(begins, { fails: timesOut, sent });
            expect(await moved(store, here, task.id, there)).toMatchObject({
              outcome: "written",
              row: { version: 2, checklistId: there },
            });
            expect(await placesOf(scened)).toEqual(["there"]);
            if (sent !== "late") continue;
            expect((await removed(there, task.id)).outcome).toBe("written");
            await trap.release();
            expect(await placesOf(scened)).toEqual([]);
          }
        }
      });
    });

    test("beside moves to and fro, readers find the task in exactly one list", async () => {
      const { here, there, task } = await scene();
      const until = performance.now() + checkedMs;
      let begun = 0;
      let moves = 0;
      const mover = async () => {
        for (let at = here; performance.now() < until; moves++) {
          const to = at === here ? there : here;
          begun++;
          expect((await moved(store, at, task.id, to)).outcome).toBe("written");
          at = to;
        }
      };
      let checks = 0;
      const reader = async (versionIn: (list: string) => Promise<number | undefined>) => {
        while (performance.now() < until) {
          const before = begun;
          const [a, b, again, last] = [
            await versionIn(here),
            await versionIn(there),
            await versionIn(here),
            await versionIn(there),
          ];
          // The same version before and after: it was there all the time, and in no other list.
          if (a !== undefined && a === again) expect(b).toBeUndefined();
          if (b !== undefined && b === last) expect(again).toBeUndefined();
          // With one move in progress at most, it can't have been missed each time.
          if (begun - before === 0)
            expect([a, b, again, last]).not.toEqual([undefined, undefined, undefined, undefined]);
          checks++;
        }
      };
      const found = async (list: string) => (await other.findTask(list, task.id))?.version;
      const listed = async (list: string) =>
        (await other.listTasks(list, {}, undefined, 10))?.items.find(({ id }) => id === task.id)?.version;
      await Promise.all([mover(), reader(found), reader(found), reader(listed), reader(listed)]);
      note(`moves on ${name}: ${checks} checks by readers beside ${moves} moves to and fro, none failed`);
    }, 60_000);
  });
}
