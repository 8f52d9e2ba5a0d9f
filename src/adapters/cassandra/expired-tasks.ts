import type { Clock } from "../../application/ports.ts";
import type { Task } from "../../domain/task.ts";
import { UNGUARDED } from "../../domain/version.ts";
import { required, type Target, writeConditionally } from "./conditional.ts";
import type { Partitions } from "./partitions.ts";
import { RECORD_KEPT_MS } from "./purge.ts";
import type { PurgeRecord, Together } from "./purge-queue.ts";
import { MARKED_COLUMNS, markedRow, type Removal } from "./removal.ts";
import { Rounds } from "./rounds.ts";
import { isTask, KEY_COLUMNS, storedTask, TASK_COLUMNS, text } from "./rows.ts";
import type { Row, Session } from "./session.ts";
import { OPERATION_DEADLINE_MS } from "./settings.ts";
import type { Expiring } from "./trash-expiry.ts";
import type { TrashQueue } from "./trash-queue.ts";
import { WorkLease } from "./work-lease.ts";

/** Rows that go by one batch at most. */
const TOGETHER_MAX = 100;
/** It works a tenth of the time: nothing of this is urgent, and a step that took long met a busy store. */
const PAUSE_FACTOR = 9;
/** How long it is believed that every transaction on a list has been decided that is older than what is due, ms. */
const SETTLED_MS = 60_000;

const NAMED = "id, deleted_at, trash_record";
const SOME = `SELECT ${NAMED} FROM todo WHERE checklist_id = ? AND id IN ?`;
const SOME_WRITTEN = `SELECT ${NAMED}, ${MARKED_COLUMNS} FROM todo WHERE checklist_id = ? AND id IN ?`;
const ONE = `SELECT ${TASK_COLUMNS}, ${KEY_COLUMNS}, trash_record FROM todo WHERE checklist_id = ? AND id = ?`;

type Rows = ReadonlyMap<string, Row>;

/**
 * Removes tasks whose time in the trash is up. Those of one list go together and without a transaction, which would hold
 * up those who write to the list: each row up to the time of the write that marked it. A restoration that comes in between
 * is later, and writes the whole row again. Of all instances one does it at a time.
 */
export class ExpiredTasks implements Expiring {
  readonly atOnceMax: number;
  readonly pauseFactor = PAUSE_FACTOR;
  readonly lease: WorkLease;
  /** A list of which every mark has been decided that is due. */
  private settled = { list: "", until: Number.NEGATIVE_INFINITY };

  constructor(
    private readonly session: Session,
    readonly queue: TrashQueue,
    private readonly partitions: Partitions,
    private readonly removal: Removal,
    private readonly clock: Clock,
  ) {
    this.atOnceMax = session.rules.ownTimestamps ? TOGETHER_MAX : 1;
    this.lease = new WorkLease(session, "trash-tasks-lease");
  }

  async expire(records: Together): Promise<boolean> {
    const now = this.clock.now();
    const rows = await this.rowsOf(records);
    const due = records.filter((each) => isNamed(rows, each));
    const over = records.filter((each) => !isNamed(rows, each) && !mayBeMarked(rows, each, now));
    const marked = due.flatMap((each) => markedRow(required(rows.get(taskOf(each))), now) ?? []);
    const isMarked = ({ taskId }: PurgeRecord) => marked.some(({ id }) => id === taskId);
    const failures: unknown[] = [];
    const work = async (done: readonly PurgeRecord[], removed: () => Promise<void>) => {
      try {
        await removed();
        over.push(...done);
      } catch (error) {
        failures.push(error);
      }
    };
    await work(due.filter(isMarked), () => this.removal.asMarked(records[0].checklistId, marked));
    for (const record of due) if (!isMarked(record)) await work([record], () => this.gone(record));
    await this.queue.forgetAll(over);
    if (failures.length > 0) throw failures[0];
    return over.length === records.length;
  }

  /** One that needs more than to be deleted as it was marked. */
  private async gone(record: PurgeRecord): Promise<void> {
    const address = { checklistId: record.checklistId, id: taskOf(record) };
    const latest = soon();
    const removal = this.removal.of(address, this.clock.now(), latest);
    const read: Target<Task, undefined>["read"] = async (settled) => {
      const row = await this.session.row(ONE, [address.checklistId, address.id], this.consistency(settled));
      return row && { ...storedTask(row), removed: row.trash_record !== record.name };
    };
    const target = { ...removal, read, result: () => undefined };
    const written = await this.partitions.alone(address.checklistId, latest, () =>
      writeConditionally(target, UNGUARDED, new Rounds(this.session, latest)),
    );
    if (written.outcome === "written") await removal.finish();
  }

  /**
   * Settled reads are transactions, which hinder writers of the list: one a list, so that no mark that is still undecided
   * is written after its row was deleted; and one for rows that seem to be void records'.
   */
  private async rowsOf(records: Together): Promise<Rows> {
    const list = records[0].checklistId;
    const isSettled = this.settled.list === list && performance.now() < this.settled.until;
    const until = performance.now() + SETTLED_MS;
    const rows = await this.read(records, !isSettled);
    if (!isSettled) this.settled = { list, until };
    const unclear = isSettled ? records.filter((each) => !isNamed(rows, each)) : [];
    return unclear.length === 0 ? rows : new Map([...rows, ...(await this.read(unclear, true))]);
  }

  private async read(records: readonly PurgeRecord[], settled: boolean): Promise<Rows> {
    const list = records[0]?.checklistId ?? "";
    const query = this.session.rules.ownTimestamps ? SOME_WRITTEN : SOME;
    const rows = await this.session.rows(query, [list, records.map(taskOf)], this.consistency(settled));
    return new Map(rows.filter(isTask).map((row) => [text(row.id), row]));
  }

  private consistency(settled: boolean) {
    return settled ? this.session.serialRead : undefined;
  }
}

function isNamed(rows: Rows, record: PurgeRecord): boolean {
  return rows.get(taskOf(record))?.trash_record === record.name;
}

/** Its deletion may still be on the way. */
function mayBeMarked(rows: Rows, record: PurgeRecord, now: number): boolean {
  return rows.get(taskOf(record))?.deleted_at === null && now - record.dueAt <= RECORD_KEPT_MS;
}

function taskOf({ taskId }: PurgeRecord): string {
  return text(taskId);
}

function soon(): number {
  return performance.now() + OPERATION_DEADLINE_MS;
}
