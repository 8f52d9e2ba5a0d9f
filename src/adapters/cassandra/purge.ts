import { boundedly } from "../../application/copy/work.ts";
import { type Clock, IDEMPOTENCY_KEPT_MS, IDEMPOTENCY_LEASE_MS, type Log } from "../../application/ports.ts";
import { creationFrom } from "./creation.ts";
import type { CassandraKeys } from "./idempotency.ts";

import { milliseconds, optionalText, text } from "./rows.ts";
import type { Row, Session } from "./session.ts";
import { OPERATION_DEADLINE_MS } from "./settings.ts";

/** Records are spread over this many partitions. */
const BUCKETS = 16;
/** How often records that another instance left are looked for, ms; with jitter, so that instances take turns. */
const LOOK_EVERY_MS = 60_000;
/** A record whose list was never marked as deleted is forgotten after this, ms: its deletion was refused. */
const RECORD_KEPT_MS = 10 * 60_000;
/** For clocks that differ, and for a creation that was begun just before its key was forgotten, ms. */
const MARK_MARGIN_MS = 3_600_000;
/**
 * How long a deleted list's marked row is kept, ms: longer than any key that could ask for the list again. Whoever
 * takes such a key over meets the row, and makes no second list with that id.
 */
export const MARK_KEPT_MS = IDEMPOTENCY_KEPT_MS + IDEMPOTENCY_LEASE_MS + MARK_MARGIN_MS;
/** Tasks whose keys are looked at together, and how many of them at once. */
const KEYED_ROWS = 1_000;
const KEYS_AT_ONCE = 16;
/** Above the ballot of every transaction on the partition, whatever the coordinators' clocks say, µs. */
const TOMBSTONE_AHEAD_US = 3_600_000_000;

const RECORD = "INSERT INTO purge (bucket, checklist_id, recorded_at) VALUES (?, ?, ?)";
const FORGET = "DELETE FROM purge WHERE bucket = ? AND checklist_id = ?";
const TASKS_GONE = "UPDATE purge SET tasks_gone_at = ? WHERE bucket = ? AND checklist_id = ?";
const RECORDS = "SELECT checklist_id, recorded_at, tasks_gone_at FROM purge WHERE bucket = ?";
const STATE = "SELECT deleted_at FROM checklist WHERE id = ?";
const KEYED_AFTER = "SELECT id, creation FROM todo WHERE checklist_id = ? AND id > ? LIMIT ?";
const DELETE_TASKS = "DELETE FROM todo USING TIMESTAMP ? WHERE checklist_id = ?";
const IDS_AFTER = "SELECT id FROM todo WHERE checklist_id = ? AND id > ? LIMIT ?";
const FIRST_IDS = "SELECT id FROM todo WHERE checklist_id = ? LIMIT ?";
const DELETE_RANGE = "DELETE FROM todo WHERE checklist_id = ? AND id > ? AND id <= ?";
const DELETE_FIRST_RANGE = "DELETE FROM todo WHERE checklist_id = ? AND id <= ?";
const DELETE_LIST = "DELETE FROM checklist WHERE id = ? IF deleted_at != null";

/**
 * Removes the tasks of deleted lists, behind everybody's back, and a day later what is left of the lists. It can
 * be broken off anywhere: what is recorded is done again, by any instance, until it is done.
 */
export class Purge {
  private readonly timer: ReturnType<typeof setTimeout>;
  private work: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly session: Session,
    private readonly keys: CassandraKeys,
    private readonly log: Log,
    private readonly clock: Clock,
  ) {
    this.timer = setInterval(
      () => this.inTurn(() => this.everything()),
      LOOK_EVERY_MS * (0.5 + Math.random()),
    );
    this.timer.unref();
  }

  record(checklistId: string, now: number): Promise<void> {
    return this.session.write(RECORD, [bucketOf(checklistId), checklistId, new Date(now)]);
  }

  /** Purges one list after the work at hand. */
  soon(checklistId: string): void {
    this.inTurn(() => this.one(checklistId));
  }

  /** Purges whatever is recorded and due, and resolves when that is done. */
  async everything(): Promise<void> {
    for (let bucket = 0; bucket < BUCKETS && !this.closed; bucket++) {
      for (const record of await this.session.rows(RECORDS, [bucket])) {
        if (this.isDue(record)) await this.one(text(record.checklist_id), record.recorded_at);
      }
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    await this.work;
  }

  private inTurn(step: () => Promise<void>): void {
    this.work = this.work.then(step).catch((error: unknown) => {
      this.log.warn("purging a deleted list failed and is tried again later", { error });
    });
  }

  /** Where only the marked row is left, there is nothing to do before its time is up. */
  private isDue({ recorded_at, tasks_gone_at }: Row): boolean {
    return tasks_gone_at === null || this.clock.now() >= milliseconds(recorded_at) + MARK_KEPT_MS;
  }

  private async one(checklistId: string, recordedAt?: unknown): Promise<void> {
    const list = await this.session.row(STATE, [checklistId], this.session.serialRead);
    const now = this.clock.now();
    if (list && list.deleted_at === null) {
      const ageMs = recordedAt instanceof Date ? now - recordedAt.getTime() : 0;
      if (ageMs > RECORD_KEPT_MS) await this.session.write(FORGET, [bucketOf(checklistId), checklistId]);
      return;
    }
    await this.tellKeys(checklistId, now - MARK_KEPT_MS);
    const { rangeDeleteRowsMax } = this.session.rules;
    // Again when the row goes: a task whose creation ended after the first time has come to light by then.
    if (rangeDeleteRowsMax === undefined) await this.deleteTasks(checklistId);
    else await this.deleteRanges(checklistId, rangeDeleteRowsMax);
    if (list && now < milliseconds(list.deleted_at) + MARK_KEPT_MS) {
      await this.session.write(TASKS_GONE, [new Date(now), bucketOf(checklistId), checklistId]);
      return;
    }
    // Where nobody knows whether the row is gone, the record stays, and the next look finds out.
    if (list && !(await this.session.attempt(DELETE_LIST, [checklistId]))) return;
    await this.session.write(FORGET, [bucketOf(checklistId), checklistId]);
  }

  /** Whoever asks again for a task of the list is told that it was made, as after a deletion of that task alone. */
  private async tellKeys(checklistId: string, since: number): Promise<void> {
    for (let after = firstIdOf(since), page: readonly Row[] = []; ; after = text(page.at(-1)?.id)) {
      page = await this.session.rowsUpTo(KEYED_AFTER, [checklistId, after, KEYED_ROWS], KEYED_ROWS);
      await boundedly(page, KEYS_AT_ONCE, async ({ id, creation }) => {
        if (creation !== null) await this.keys.tellMade(creationFrom(text(creation)), text(id), soon());
      });
      if (page.length < KEYED_ROWS) return;
    }
  }

  /** One tombstone for the whole partition. Ids of lists are never used again, so it can't hit anything later. */
  private async deleteTasks(checklistId: string): Promise<void> {
    const timestampUs = Date.now() * 1_000 + TOMBSTONE_AHEAD_US;
    await this.session.write(DELETE_TASKS, [timestampUs, checklistId]);
  }

  /**
   * Range after range, where one statement may delete so many rows only. Plain writes beside transactions are
   * safe there: Amazon Keyspaces isolates both (AWS Database Blog, "Improved performance for lightweight transactions").
   */
  private async deleteRanges(checklistId: string, rowsMax: number): Promise<void> {
    let after: string | undefined;
    for (;;) {
      const rows = await (after === undefined
        ? this.session.rowsUpTo(FIRST_IDS, [checklistId, rowsMax], rowsMax)
        : this.session.rowsUpTo(IDS_AFTER, [checklistId, after, rowsMax], rowsMax));
      const last = optionalText(rows.at(-1)?.id);
      if (last === undefined) return;
      await (after === undefined
        ? this.session.write(DELETE_FIRST_RANGE, [checklistId, last])
        : this.session.write(DELETE_RANGE, [checklistId, after, last]));
      after = last;
    }
  }
}

/** Less than every id made since then. */
function firstIdOf(since: number): string {
  const hex = Math.max(0, since).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

function soon(): number {
  return performance.now() + OPERATION_DEADLINE_MS;
}

function bucketOf(checklistId: string): number {
  return Number(Bun.hash.wyhash(checklistId) % BigInt(BUCKETS));
}
