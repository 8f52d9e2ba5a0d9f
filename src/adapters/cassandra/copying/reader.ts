import { type CopyMarker, MARKER_KEY, markerFrom } from "../../../application/copy/marker.ts";
import {
  type Kept,
  type KeptChecklist,
  type KeptRecord,
  type RowCount,
  type RowReader,
  readOnlyWhereServed,
} from "../../../application/copy/ports.ts";
import type { KeptAnswer, Slice } from "../../../application/ports.ts";
import type { Task } from "../../../domain/task.ts";
import { Arrivals } from "../arrivals.ts";
import { FEED_TIMES } from "../feed/times.ts";
import { OWNED_COLUMNS } from "../list-owners.ts";
import { isTask, optionalText, TASK_COLUMNS, text } from "../rows.ts";
import type { Row, Session } from "../session.ts";
import { counted } from "./count.ts";
import { Followers } from "./followers.ts";
import { keptChecklist, keptTask } from "./kept.ts";
import { keptReceipt } from "./receipts.ts";
import { recordsAfter, recordsNamed } from "./records.ts";

const CHECKLIST = `SELECT ${OWNED_COLUMNS} FROM checklist WHERE id = ?`;
const CHECKLISTS_FIRST = `SELECT ${OWNED_COLUMNS} FROM checklist LIMIT ?`;
const CHECKLISTS_AFTER = `SELECT ${OWNED_COLUMNS} FROM checklist WHERE token(id) > token(?) LIMIT ?`;
const TASKS_FIRST = `SELECT ${TASK_COLUMNS}, trash_record FROM todo WHERE checklist_id = ? LIMIT ?`;
const TASKS_AFTER = `SELECT ${TASK_COLUMNS}, trash_record FROM todo WHERE checklist_id = ? AND id > ? LIMIT ?`;
const RECEIPT_COLUMNS = "scope, key, fingerprint, status, headers, body, TTL(status) AS seconds_left";
const RECEIPTS_FIRST = `SELECT ${RECEIPT_COLUMNS} FROM idempotency LIMIT ?`;
const RECEIPTS_AFTER = `SELECT ${RECEIPT_COLUMNS} FROM idempotency
  WHERE token(scope, key) > token(?, ?) LIMIT ?`;
const WRITERS = "SELECT writer, head_slot, head_seq FROM change_writer WHERE shard = 0";
const FACT = "SELECT value FROM meta WHERE key = ?";

/**
 * An instance notes what it has recorded within a quarter of a second or, if that note is lost, with its next
 * heartbeat; readers of the log wait for an overdue writer for the same time.
 */
const NOTED_WITHIN_MS = FEED_TIMES.overdueMs;

/** All rows of a keyspace, read while instances serve it. Only what an instance left half done is written. */
export class CassandraRows implements RowReader {
  readonly writesSeenAfterMs = NOTED_WITHIN_MS;
  readonly toStopWrites: string;
  private readonly arrivals: Arrivals;
  private readonly followers: Followers;

  constructor(
    protected readonly session: Session,
    readonly place: string,
    readonly epoch: string,
  ) {
    this.toStopWrites = readOnlyWhereServed(place);
    this.arrivals = new Arrivals(session);
    this.followers = new Followers(session, async (id) => (await this.checklistsById([id])).get(id));
  }

  async marker(): Promise<CopyMarker | undefined> {
    const value = await this.fact(MARKER_KEY);
    return value === undefined ? undefined : markerFrom(value);
  }

  async checklistsAfter(after: string | undefined, limit: number): Promise<Slice<KeptChecklist>> {
    const rows = await (after === undefined
      ? this.session.rowsUpTo(CHECKLISTS_FIRST, [limit], limit)
      : this.session.rowsUpTo(CHECKLISTS_AFTER, [after, limit], limit));
    const items = rows.flatMap((row) => keptChecklist(row) ?? []);
    return rows.length < limit ? { items } : { items, next: text(rows.at(-1)?.id) };
  }

  async checklistsById(ids: readonly string[]): Promise<ReadonlyMap<string, KeptChecklist>> {
    const rows = await Promise.all(ids.map((id) => this.session.row(CHECKLIST, [id])));
    const found = rows.flatMap((row) => (row && keptChecklist(row)) ?? []);
    return new Map(found.map((checklist) => [checklist.id, checklist]));
  }

  async tasksAfter(
    checklistId: string,
    after: string | undefined,
    limit: number,
  ): Promise<Slice<Kept<Task>>> {
    let rows = await this.taskRows(checklistId, after, limit);
    if (await this.followers.finished(rows)) rows = await this.taskRows(checklistId, after, limit);
    const items = rows.flatMap((row) => keptTask(row) ?? []);
    const last = rows.length < limit ? null : (rows.at(-1)?.id ?? null);
    return last === null ? { items } : { items, next: text(last) };
  }

  private async taskRows(
    checklistId: string,
    after: string | undefined,
    limit: number,
  ): Promise<readonly Row[]> {
    const rows = await (after === undefined
      ? this.session.rowsUpTo(TASKS_FIRST, [checklistId, limit], limit)
      : this.session.rowsUpTo(TASKS_AFTER, [checklistId, after, limit], limit));
    await this.arrivals.seen(checklistId, rows.filter(isTask));
    return rows;
  }

  async receiptsAfter(after: string | undefined, limit: number, now: number): Promise<Slice<KeptAnswer>> {
    const rows = await (after === undefined
      ? this.session.rowsUpTo(RECEIPTS_FIRST, [limit], limit)
      : this.session.rowsUpTo(RECEIPTS_AFTER, [...keyOf(after), limit], limit));
    const items = rows.flatMap((row) => keptReceipt(row, now) ?? []);
    return rows.length < limit ? { items } : { items, next: cursorOf(rows.at(-1)) };
  }

  recordsAfter(after: string | undefined, limit: number, now: number): Promise<Slice<KeptRecord>> {
    return recordsAfter(this.session, after, limit, now);
  }

  recordsNamed(
    names: readonly Pick<KeptRecord, "kind" | "key">[],
    now: number,
  ): Promise<ReadonlyMap<string, KeptRecord>> {
    return recordsNamed(this.session, names, now);
  }

  defaultOwner(): Promise<string | undefined> {
    return this.fact("default-owner");
  }

  count(): Promise<RowCount | undefined> {
    return counted(this.session);
  }

  /** How many changes every instance has recorded for the event streams; some may be configured not to. */
  async writesSeen(): Promise<string> {
    const rows = await this.session.rows(WRITERS, []);
    return JSON.stringify(rows.map(({ writer, head_slot, head_seq }) => [writer, head_slot, head_seq]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close();
  }

  /** Settled: its state once every transaction in progress has been decided. */
  protected async fact(key: string): Promise<string | undefined> {
    const row = await this.session.row(FACT, [key], this.session.serialRead);
    return row && optionalText(row.value);
  }
}

function cursorOf(row: Row | undefined): string {
  return JSON.stringify([text(row?.scope), text(row?.key)]);
}

function keyOf(cursor: string): [string, string] {
  const [scope, key] = JSON.parse(cursor) as unknown[];
  return [text(scope), text(key)];
}
