import { types } from "cassandra-driver";
import type { Task } from "../../domain/task.ts";
import { adoptTask, attemptOn } from "./baseline-row.ts";
import { settledBy, type Target } from "./conditional.ts";
import { creationFrom } from "./creation.ts";
import type { CassandraKeys } from "./idempotency.ts";
import { MARK_KEPT_MS } from "./purge.ts";
import { CELLS_OF_TASK, isThere, milliseconds, text } from "./rows.ts";
import type { Row, Session } from "./session.ts";

const DELETE = "DELETE FROM todo WHERE checklist_id = ? AND id = ? IF version = ?";
const DELETE_UP_TO = "DELETE FROM todo USING TIMESTAMP ? WHERE checklist_id = ? AND id = ?";
/**
 * How far ahead the tombstone of a young task is dated, µs: longer than any operation takes, plus the difference of
 * clocks. While it is ahead no range can replace it, and pages must read past it.
 */
const STAY_GONE_AHEAD_US = 120_000_000;

const WRITTEN = [...CELLS_OF_TASK, "trash_record"].map(
  (column) => `WRITETIME(${column}) AS written_${column}`,
);
/** What {@link markedRow} looks at. */
export const MARKED_COLUMNS = ["created_at", "restoration", ...WRITTEN].join(", ");

/** A task in the trash that is gone once its row is deleted: no key may be asked for it any more. */
export interface MarkedRow {
  readonly id: string;
  /** Of the write that put it into the trash, µs. Nothing of the row is newer. */
  readonly writtenAt: number;
}

/** @returns undefined if there is more to do, or the store does not tell when it was written */
export function markedRow(row: Row, now: number): MarkedRow | undefined {
  const isYoung = now - milliseconds(row.created_at) < MARK_KEPT_MS;
  if (isYoung || isThere(row.restoration)) return undefined;
  const writtenAt = microseconds(row.written_trash_record);
  const isNewer = (column: string) => microseconds(row[`written_${column}`]) > writtenAt;
  return writtenAt === 0 || CELLS_OF_TASK.some(isNewer) ? undefined : { id: text(row.id), writtenAt };
}

/** Before any other, if there is no cell. */
function microseconds(writetime: unknown): number {
  return writetime instanceof types.Long ? writetime.toNumber() : 0;
}

/** How a task's row is removed for good: from its list, or from the trash. */
export class Removal {
  constructor(
    private readonly session: Session,
    private readonly keys: CassandraKeys,
  ) {}

  /** What a write needs to remove one task. Call `finish`, which returns the task, once it is gone. */
  of(
    { checklistId, id }: { readonly checklistId: string; readonly id: string },
    now: number,
    latest: number,
  ) {
    let young = false;
    let removed: Task | undefined;
    const next: Target<Task, undefined>["next"] = (current) => {
      removed = current;
      young = now - current.createdAt < MARK_KEPT_MS;
      return undefined;
    };
    const attempt: Target<Task, undefined>["attempt"] = async (current, _next, { again }) => {
      const { creation, restoration } = current;
      if (young && creation !== undefined) await this.keys.tellMade(creationFrom(creation), id, latest);
      if (restoration !== undefined) await this.keys.tellMade(creationFrom(restoration), id, latest);
      const statement = { query: DELETE, values: [checklistId, id], adopt: adoptTask(checklistId, id) };
      return attemptOn(this.session, current, statement, again);
    };
    const finish = async () => {
      if (young) await settledBy(() => this.stayGone(checklistId, id));
      return removed;
    };
    return { next, attempt, finish };
  }

  /**
   * Several rows of one list as they were marked, without a transaction, which would hold up those who write to the list.
   * Whatever has been written since stays: its transaction was later, so its time is too.
   */
  async asMarked(checklistId: string, rows: readonly MarkedRow[]): Promise<void> {
    if (rows.length === 0) return;
    await this.session.batch(
      rows.map(({ id, writtenAt }) => ({ query: DELETE_UP_TO, params: [writtenAt, checklistId, id] })),
    );
  }

  /**
   * An insert that timed out, or one by a request that didn't know that the task existed before, may reach a node
   * only now. Ids are never reused, so a tombstone above its ballot hits nothing else.
   */
  private async stayGone(checklistId: string, id: string): Promise<void> {
    if (!this.session.rules.ownTimestamps) return;
    const timestampUs = Date.now() * 1_000 + STAY_GONE_AHEAD_US;
    await this.session.write(DELETE_UP_TO, [timestampUs, checklistId, id]);
  }
}
