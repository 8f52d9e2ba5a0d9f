import type { Created, Slice, Written } from "../../application/ports.ts";
import { type Checklist, type ChecklistChange, changedChecklist } from "../../domain/checklist.ts";
import type { Guard } from "../../domain/version.ts";
import { type Target, writeConditionally } from "./conditional.ts";
import { insertedOnce } from "./insert.ts";
import { Partitions } from "./partitions.ts";
import type { Purge } from "./purge.ts";
import {
  earlierWriteIds,
  newWriteId,
  type Stored,
  storedChecklist,
  storedChecklistEvenRemoved,
  text,
} from "./rows.ts";
import type { Row, Session } from "./session.ts";

const COLUMNS = "id, name, created_at, updated_at, version, write_id, earlier_write_ids, deleted_at";
const SELECT = `SELECT ${COLUMNS} FROM checklist WHERE id = ?`;
const SELECT_FIRST = `SELECT ${COLUMNS} FROM checklist LIMIT ?`;
const SELECT_AFTER = `SELECT ${COLUMNS} FROM checklist WHERE token(id) > token(?) LIMIT ?`;
const INSERT = `INSERT INTO checklist (id, name, created_at, updated_at, version, write_id)
  VALUES (?, ?, ?, ?, ?, ?) IF NOT EXISTS`;
const UPDATE = `UPDATE checklist SET name = ?, updated_at = ?, version = ?, write_id = ?, earlier_write_ids = ?
  WHERE id = ? IF version = ? AND deleted_at = null`;
const MARK_DELETED = `UPDATE checklist SET deleted_at = ?, write_id = ?, earlier_write_ids = ?
  WHERE id = ? IF version = ? AND deleted_at = null`;
/** A condition on a missing version alone would hold for a missing row too, and make a ghost of it. */
const OF_BASELINE = " AND created_at = ?";
/** Rows that one page reads at most, deleted ones included. */
const ROWS_EXAMINED_MAX = 1_000;
/** For the bench, whose bare loop sends the very same texts. */
export const CHECKLIST_STATEMENTS = { select: SELECT, insert: INSERT, update: UPDATE } as const;

/** The checklists of a cluster. A `latest` is a time of `performance.now()` after which no write is tried any more. */
export class CassandraChecklists {
  private readonly partitions: Partitions;

  constructor(
    private readonly session: Session,
    private readonly purge: Purge,
  ) {
    this.partitions = new Partitions(session, "checklist");
  }

  async find(id: string): Promise<Checklist | undefined> {
    const found = await this.read(id, false);
    return found?.removed ? undefined : found?.value;
  }

  /** Settled: as it is once every transaction under way has been decided. One that is marked as deleted is there. */
  private async read(id: string, settled: boolean): Promise<Stored<Checklist> | undefined> {
    const row = await this.session.row(SELECT, [id], settled ? this.session.serialRead : undefined);
    return row && storedChecklistEvenRemoved(row);
  }

  /**
   * In the order of the partitioner's tokens: the only one a cluster can page by. Rows that are marked as deleted
   * don't count; a page that meets nothing else is short.
   */
  async list(after: string | undefined, limit: number): Promise<Slice<Checklist>> {
    const items: Checklist[] = [];
    let last = after;
    for (let examined = 0; examined < ROWS_EXAMINED_MAX; ) {
      const rows = await this.rowsAfter(last, limit + 1);
      for (const row of rows) {
        if (items.length === limit) return { items, ...(last !== undefined && { next: last }) };
        const found = storedChecklist(row);
        if (found) items.push(found.value);
        last = text(row.id);
      }
      if (rows.length <= limit) return { items };
      examined += rows.length;
    }
    return { items, ...(last !== undefined && { next: last }) };
  }

  private rowsAfter(after: string | undefined, wanted: number): Promise<readonly Row[]> {
    return after === undefined
      ? this.session.rowsUpTo(SELECT_FIRST, [wanted], wanted)
      : this.session.rowsUpTo(SELECT_AFTER, [after, wanted], wanted);
  }

  async create(row: Checklist, latest: number): Promise<Created> {
    const writeId = newWriteId();
    await insertedOnce(
      () =>
        this.session.attempt(INSERT, [
          row.id,
          row.name,
          new Date(row.createdAt),
          new Date(row.updatedAt),
          row.version,
          writeId,
        ]),
      () => this.session.row(SELECT, [row.id], this.session.serialRead),
      latest,
    );
    return { outcome: "created" };
  }

  change(
    id: string,
    change: ChecklistChange,
    guard: Guard,
    now: number,
    latest: number,
  ): Promise<Written<Checklist>> {
    const target: Target<Checklist, Checklist> = {
      read: (settled) => this.read(id, settled),
      next: (current) => changedChecklist(current, change, now),
      attempt: (current, next, writeId) => {
        const { name, updatedAt, version } = required(next);
        const values = [name, new Date(updatedAt), version, writeId, earlierWriteIds(current), id];
        return this.attempt(UPDATE, values, current);
      },
      result: required,
    };
    return this.partitions.alone(id, latest, () => writeConditionally(target, guard, latest));
  }

  /** Gone for everybody with the answer; its tasks are purged afterwards, by whoever finds the time. */
  async remove(id: string, guard: Guard, now: number, latest: number): Promise<Written<undefined>> {
    // Recorded first: a list that is marked and not recorded would keep its tasks for ever.
    await this.purge.record(id, now);
    const target: Target<Checklist, undefined> = {
      read: (settled) => this.read(id, settled),
      next: () => undefined,
      attempt: (current, _next, writeId) =>
        this.attempt(MARK_DELETED, [new Date(now), writeId, earlierWriteIds(current), id], current),
      result: () => undefined,
    };
    const written = await this.partitions.alone(id, latest, () => writeConditionally(target, guard, latest));
    if (written.outcome === "written") this.purge.soon(id);
    return written;
  }

  private attempt(
    query: string,
    values: readonly (string | number | Date | null)[],
    current: Stored<Checklist>,
  ) {
    return current.version === null
      ? this.session.attempt(query + OF_BASELINE, [...values, null, new Date(current.value.createdAt)])
      : this.session.attempt(query, [...values, current.version]);
  }
}

export function required<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError("a change has no next state");
  return value;
}
