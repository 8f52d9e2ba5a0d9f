import type { Statement } from "bun:sqlite";
import type { ChangedTask, Command, WriteAnswer, WriteName } from "../../application/commands.ts";
import { continuedSeries } from "../../application/plan.ts";
import type { Created, Receipt, Restored, Written } from "../../application/ports.ts";
import { type Checklist, changedChecklist } from "../../domain/checklist.ts";
import { completesRepeat, nextTask } from "../../domain/series.ts";
import { changedTask, leaves, type Task } from "../../domain/task.ts";
import type { Connection } from "./connection.ts";
import { MemberWriter } from "./members.ts";
import { type SqlitePart, type Writers, writersOf } from "./part.ts";
import { RecordWriter } from "./records.ts";
import {
  CHECKLIST_COLUMNS,
  checklistCells,
  checklistFromRow,
  receiptCells,
  receiptFromRow,
  TASK_ASSIGNMENTS,
  TASK_COLUMNS,
  TASK_MARKS,
  taskCells,
  taskFromRow,
} from "./rows.ts";
import { failureOf, isUnavailability } from "./sqlite-errors.ts";
import { guarded, TrashWriter } from "./trash.ts";
import type { WriteEnd } from "./writes.ts";

type EarlierAnswer = Extract<Created, { readonly outcome: "answered" | "other-body" }>;

export interface BatchEnd {
  readonly ends: readonly WriteEnd[];
  readonly commits: number;
}

/** Applies writes to the file. It owns its connection's transactions; one lives in the writer's thread. */
export class Writer {
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #checklist: Statement;
  readonly #insertChecklist: Statement;
  readonly #updateChecklist: Statement;
  readonly #deleteChecklist: Statement;
  readonly #rememberPurge: Statement;
  readonly #beingPurged: Statement;
  readonly #anyPurge: Statement;
  readonly #task: Statement;
  readonly #insertTask: Statement;
  readonly #updateTask: Statement;
  readonly #deleteTask: Statement;
  readonly #receipt: Statement;
  readonly #insertReceipt: Statement;
  #preparedTrash: TrashWriter | undefined;
  #preparedMembers: MemberWriter | undefined;
  #preparedRecords: RecordWriter | undefined;
  #partWriters: Writers | undefined;
  /** Whether the transaction has seen a checklist whose tasks are still to be purged; rare. */
  #purging = false;

  constructor(
    readonly connection: Connection,
    private readonly parts: readonly SqlitePart[] = [],
  ) {
    this.#begin = connection.prepare("BEGIN IMMEDIATE");
    this.#commit = connection.prepare("COMMIT");
    this.#checklist = connection.prepare(`SELECT ${CHECKLIST_COLUMNS} FROM checklist WHERE id = ?1`);
    this.#insertChecklist = connection.prepare(
      `INSERT INTO checklist (${CHECKLIST_COLUMNS}, owner) VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.#updateChecklist = connection.prepare(
      "UPDATE checklist SET name = ?2, updated_at = ?3, version = ?4 WHERE id = ?1",
    );
    this.#deleteChecklist = connection.prepare("DELETE FROM checklist WHERE id = ?1");
    this.#rememberPurge = connection.prepare("INSERT INTO purge (checklist_id) VALUES (?1)");
    this.#anyPurge = connection.prepare("SELECT 1 FROM purge LIMIT 1");
    this.#beingPurged = connection.prepare("SELECT 1 FROM purge WHERE checklist_id = ?1");
    this.#task = connection.prepare(
      `SELECT ${TASK_COLUMNS} FROM task WHERE checklist_id = ?1 AND id = ?2
       AND (SELECT 1 FROM checklist WHERE id = ?1)`,
    );
    this.#insertTask = connection.prepare(
      `INSERT INTO task (${TASK_COLUMNS}) SELECT ${TASK_MARKS}
       WHERE (SELECT 1 FROM checklist WHERE id = ?1)`,
    );
    this.#updateTask = connection.prepare(
      `UPDATE task SET ${TASK_ASSIGNMENTS} WHERE checklist_id = ?1 AND id = ?2`,
    );
    this.#deleteTask = connection.prepare("DELETE FROM task WHERE checklist_id = ?1 AND id = ?2");
    this.#receipt = connection.prepare(
      `SELECT fingerprint, status, headers, body FROM idempotency
       WHERE scope = ?1 AND key = ?2 AND expires_at > ?3`,
    );
    this.#insertReceipt = connection.prepare(
      `INSERT OR REPLACE INTO idempotency (scope, key, fingerprint, status, headers, body, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  /**
   * Applies all of `writes` in one transaction: they share its fsync. If one of them fails for its own
   * reason, each gets its own transaction, so that only that one fails.
   */
  apply(writes: readonly Command[], now: number): BatchEnd {
    try {
      const answers = this.transaction(() => {
        this.#purging = this.#anyPurge.get() !== null;
        return writes.map((write) => this.#applyOne(write, now));
      });
      return { ends: answers.map((answer) => ({ answer })), commits: 1 };
    } catch (error) {
      const failure = failureOf(error);
      if (writes.length === 1 || isUnavailability(failure)) {
        return { ends: writes.map(() => ({ failure })), commits: 0 };
      }
      const alone = writes.map((write) => this.apply([write], now));
      return {
        ends: alone.flatMap(({ ends }) => ends),
        commits: alone.reduce((sum, { commits }) => sum + commits, 0),
      };
    }
  }

  /** Runs `work` in a transaction and has it on disk when this returns. */
  transaction<T>(work: () => T): T {
    this.#begin.run();
    try {
      const result = work();
      this.#commit.run();
      return result;
    } catch (error) {
      // After some errors, such as a full disk, SQLite has already rolled back.
      if (this.connection.db.inTransaction) this.connection.db.run("ROLLBACK");
      throw error;
    }
  }

  #applyOne(write: Command, now: number): WriteAnswer {
    switch (write.op) {
      case "createTask":
        return this.#createTask(write, now);
      case "createChecklist":
        return this.#createChecklist(write, now);
      case "changeTask":
        return this.#changeTask(write);
      case "changeChecklist":
        return this.#changeChecklist(write);
      case "deleteTask":
        return this.#removeTask(write);
      case "deleteChecklist":
        return this.#removeChecklist(write);
      case "restoreTask":
        return this.#restore(
          write.receipt,
          now,
          () => this.#trash.takeTask(write),
          (row) => this.#insertTask.run(...taskCells(row)),
        );
      case "restoreChecklist":
        return this.#restoreChecklist(write, now);
      case "discardTask":
        return withoutRow(this.#trash.takeTask(write));
      case "discardChecklist":
        return this.#discardChecklist(write);
      case "setMember":
        return this.#members.setMember(write);
      case "setOwner":
        return this.#members.setOwner(write);
      case "setDefaultOwner":
        return this.#members.setDefaultOwner(write);
      case "putRecord":
        return this.#records.put(write, now);
      case "deleteRecord":
        return this.#records.delete(write, now);
      default:
        return this.#partWrite(write, now);
    }
  }

  #partWrite<N extends WriteName>(write: Command<N>, now: number): WriteAnswer<N> {
    this.#partWriters ??= writersOf(this.parts, this.connection);
    if (write.op in this.#partWriters) return this.#partWriters[write.op](write, now);
    throw new Error(`no part of the store can ${write.op}`);
  }

  #createChecklist({ caller, row, receipt }: Command<"createChecklist">, now: number): Created {
    const earlier = receipt && this.#earlierAnswer(receipt, now);
    if (earlier) return earlier;
    // Its leftover tasks would come back with it, and then vanish one by one.
    if (this.#purging && this.#beingPurged.get(row.id) !== null)
      throw new Error("that checklist's tasks are still being purged");
    this.#insertChecklist.run(...checklistCells(row), caller.kind === "user" ? caller.id : null);
    if (receipt) this.#insertReceipt.run(...receiptCells(receipt));
    return { outcome: "created" };
  }

  #createTask({ row, receipt }: Command<"createTask">, now: number): Created {
    const earlier = receipt && this.#earlierAnswer(receipt, now);
    if (earlier) return earlier;
    if (this.#insertTask.run(...taskCells(row)).changes === 0) return { outcome: "missing" };
    if (receipt) this.#insertReceipt.run(...receiptCells(receipt));
    return { outcome: "created" };
  }

  /** The earlier answer to a request with the same key, if any. */
  #earlierAnswer({ scope, key, fingerprint }: Receipt, now: number): EarlierAnswer | undefined {
    const row = this.#receipt.get(scope, key, now);
    if (row === null) return undefined;
    const earlier = receiptFromRow(row);
    if (earlier.fingerprint !== fingerprint) return { outcome: "other-body" };
    return { outcome: "answered", answer: earlier.answer };
  }

  #changeChecklist({ id, change, guard, now }: Command<"changeChecklist">): Written<Checklist> {
    const found = guarded(this.#checklist.get(id), checklistFromRow, guard);
    if ("outcome" in found) return found;
    const row = changedChecklist(found.row, change, now);
    this.#updateChecklist.run(row.id, row.name, row.updatedAt, row.version);
    return { outcome: "written", row };
  }

  #changeTask(command: Command<"changeTask">): ChangedTask {
    const { checklistId, id, edit, guard, now } = command;
    const cells = this.#task.get(checklistId, id);
    const target = leaves(checklistId, edit.to) ? edit.to : undefined;
    if (cells !== null && target !== undefined && this.#checklist.get(target) === null)
      return { outcome: "no-target" };
    const found = guarded(cells, taskFromRow, guard);
    if ("outcome" in found) return found;
    const row = changedTask(found.row, edit, now);
    if (!("version" in row)) return { outcome: "refused", violation: row };
    if (target !== undefined && this.#task.get(target, id) !== null) return { outcome: "occupied" };
    if (completesRepeat(found.row, row)) return this.#completeRepeat(found.row, row, command);
    this.#replaceTask(found.row, row);
    return { outcome: "written", row, from: found.row.status };
  }

  #replaceTask({ checklistId, id }: Task, after: Task): void {
    if (after.checklistId === checklistId) this.#updateTask.run(...taskCells(after));
    else {
      this.#deleteTask.run(checklistId, id);
      this.#insertTask.run(...taskCells(after));
    }
  }

  /** Both rows are written in the transaction of the batch. */
  #completeRepeat(before: Task, after: Task, { plan, now }: Command<"changeTask">): ChangedTask {
    const continued = continuedSeries(before, after, plan);
    if ("outcome" in continued) return continued;
    const { row, following } = continued;
    this.#replaceTask(before, row);
    if (following) this.#insertTask.run(...taskCells(nextTask(row, following, now)));
    return { outcome: "written", row, from: before.status };
  }

  #removeTask({ checklistId, id, guard, stay }: Command<"deleteTask">): Written<undefined> {
    const found = guarded(this.#task.get(checklistId, id), taskFromRow, guard);
    if ("outcome" in found) return found;
    if (stay) this.#trash.putTask(found.row, stay);
    this.#deleteTask.run(checklistId, id);
    return { outcome: "written", row: undefined };
  }

  #removeChecklist({ id, guard, stay }: Command<"deleteChecklist">): Written<undefined> {
    const found = guarded(this.#checklist.get(id), checklistFromRow, guard);
    if ("outcome" in found) return found;
    if (stay) this.#trash.putChecklist(found.row, stay);
    else this.purgeTasksOf(id);
    this.#deleteChecklist.run(id);
    return { outcome: "written", row: undefined };
  }

  /** Takes a row out of the trash, puts it back, and stores the answer with it if the request has a key. */
  #restore<T>(
    receipt: Receipt | undefined,
    now: number,
    take: () => Written<T>,
    putBack: (row: T) => void,
  ): Restored<T> {
    const earlier = receipt && this.#earlierAnswer(receipt, now);
    if (earlier) return earlier;
    const taken = take();
    if (taken.outcome !== "written") return taken;
    putBack(taken.row);
    if (receipt) this.#insertReceipt.run(...receiptCells(receipt));
    return taken;
  }

  #restoreChecklist(write: Command<"restoreChecklist">, now: number): Restored<Checklist> {
    const owner = this.#trash.ownerOf(write.id);
    return this.#restore(
      write.receipt,
      now,
      () => this.#trash.takeChecklist(write),
      (row) => this.#insertChecklist.run(...checklistCells(row), owner),
    );
  }

  #discardChecklist(write: Command<"discardChecklist">): Written<undefined> {
    const taken = this.#trash.takeChecklist(write);
    if (taken.outcome === "written") this.purgeTasksOf(write.id);
    return withoutRow(taken);
  }

  /** Records that the tasks of a deleted list must be removed. Within a transaction. */
  purgeTasksOf(checklistId: string): void {
    this.#rememberPurge.run(checklistId);
    this.#purging = true;
  }

  get #members(): MemberWriter {
    this.#preparedMembers ??= new MemberWriter(this.connection);
    return this.#preparedMembers;
  }

  get #records(): RecordWriter {
    this.#preparedRecords ??= new RecordWriter(this.connection);
    return this.#preparedRecords;
  }

  get #trash(): TrashWriter {
    this.#preparedTrash ??= new TrashWriter(this.connection);
    return this.#preparedTrash;
  }
}

function withoutRow(written: Written<unknown>): Written<undefined> {
  return written.outcome === "written" ? { outcome: "written", row: undefined } : written;
}
