import type { Clock } from "../../application/ports.ts";
import type { Task } from "../../domain/task.ts";
import { UNGUARDED } from "../../domain/version.ts";
import { required, type Target, writeConditionally } from "./conditional.ts";
import type { Partitions } from "./partitions.ts";
import { RECORD_KEPT_MS } from "./purge.ts";
import type { PurgeRecord, Together } from "./purge-queue.ts";
import { PLAIN_COLUMNS, type PlainRow, plainRow, type Removal } from "./removal.ts";
import { Rounds } from "./rounds.ts";
import { isTask, KEY_COLUMNS, storedTask, TASK_COLUMNS, text } from "./rows.ts";
import type { Row, Session } from "./session.ts";
import { OPERATION_DEADLINE_MS } from "./settings.ts";
import type { Expiring } from "./trash-expiry.ts";
import type { TrashQueue } from "./trash-queue.ts";
import { WorkLease } from "./work-lease.ts";

/** Rows that go by one transaction at most. */
const TOGETHER_MAX = 32;
/**
 * It works a tenth of the time: nothing of this is urgent, and a step that took long met others who write to the list,
 * or a busy store.
 */
const PAUSE_FACTOR = 9;

const SOME = `SELECT ${PLAIN_COLUMNS}, deleted_at, trash_record FROM todo WHERE checklist_id = ? AND id IN ?`;
const ONE = `SELECT ${TASK_COLUMNS}, ${KEY_COLUMNS}, trash_record FROM todo WHERE checklist_id = ? AND id = ?`;

type Rows = ReadonlyMap<string, Row>;

/**
 * Removes tasks whose time in the trash is up. Those of one list go together, by one transaction: for those who write
 * to the list it costs the same as one for a single row. Of all instances one does it at a time.
 */
export class ExpiredTasks implements Expiring {
  readonly atOnceMax: number;
  readonly pauseFactor = PAUSE_FACTOR;
  readonly lease: WorkLease;

  constructor(
    private readonly session: Session,
    readonly queue: TrashQueue,
    private readonly partitions: Partitions,
    private readonly removal: Removal,
    private readonly clock: Clock,
  ) {
    this.atOnceMax = session.rules.paxos ? TOGETHER_MAX : 1;
    this.lease = new WorkLease(session, "trash-tasks-lease");
  }

  async expire(records: Together): Promise<boolean> {
    const now = this.clock.now();
    const rows = await this.rowsOf(records);
    const due = records.filter((each) => isNamed(rows, each));
    const over = records.filter((each) => !isNamed(rows, each) && !mayBeMarked(rows, each, now));
    const plain = due.flatMap((each) => plainRow(required(rows.get(taskOf(each))), now) ?? []);
    const outcome = await this.goneTogether(records[0].checklistId, plain);
    const failures: unknown[] = [];
    for (const record of due) {
      if (outcome === "refused" || !plain.some(({ id }) => id === record.taskId)) {
        try {
          await this.gone(record);
        } catch (error) {
          failures.push(error);
          continue;
        }
      } else if (outcome === "unknown") continue;
      over.push(record);
    }
    await this.queue.forgetAll(over);
    if (failures.length > 0) throw failures[0];
    return over.length === records.length;
  }

  /** @returns if it is unknown whether they are gone, their records stay, and the next check finds out */
  private async goneTogether(
    checklistId: string,
    rows: readonly PlainRow[],
  ): Promise<"gone" | "refused" | "unknown"> {
    if (rows.length < 2) return "refused";
    const together = () => this.removal.together(checklistId, rows);
    return this.partitions.alone(checklistId, soon(), together);
  }

  /** One that needs more than to be deleted, or that stood in the way of the others: it was changed a moment ago. */
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

  /** Settled reads are transactions, which hinder writers of the list: only for rows that seem to be void records'. */
  private async rowsOf(records: Together): Promise<Rows> {
    const rows = await this.read(records, false);
    const unclear = records.filter((each) => !isNamed(rows, each));
    return unclear.length === 0 ? rows : new Map([...rows, ...(await this.read(unclear, true))]);
  }

  private async read(records: readonly PurgeRecord[], settled: boolean): Promise<Rows> {
    const list = records[0]?.checklistId ?? "";
    const rows = await this.session.rows(SOME, [list, records.map(taskOf)], this.consistency(settled));
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
