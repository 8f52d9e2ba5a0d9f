import { ANYONE } from "../../application/caller.ts";
import { deleteRecord } from "../../application/commands.ts";
import { boundedly } from "../../application/copy/work.ts";
import { type Clock, IDEMPOTENCY_KEPT_MS, IDEMPOTENCY_LEASE_MS, type Log } from "../../application/ports.ts";
import type { DefaultOwner } from "./default-owner.ts";
import type { DueIndex } from "./due-index.ts";
import type { CassandraKeys } from "./idempotency.ts";
import { OWNERSHIP, ownershipFrom, usersOf } from "./list-owners.ts";
import { Moves } from "./moves.ts";
import { PurgeQueue, type PurgeRecord } from "./purge-queue.ts";
import type { CassandraRecords } from "./records.ts";
import { milliseconds, optionalText, text } from "./rows.ts";
import type { Row, Session } from "./session.ts";
import { OPERATION_DEADLINE_MS } from "./settings.ts";
import type { UserIndex } from "./user-index.ts";

/** How often to look for records that other instances left, ms; with jitter, so that instances take turns. */
const LOOK_EVERY_MS = 60_000;
/** A record whose row was never marked as deleted is removed after this, ms: its deletion was rejected. */
export const RECORD_KEPT_MS = 10 * 60_000;
/** For clocks that differ, and for a creation that began just before its key expired, ms. */
const MARK_MARGIN_MS = 3_600_000;
/**
 * How long a deleted list's marked row is kept, ms: longer than any key that could create the list again. A request
 * that takes over such a key finds the row, and creates no second list with that id.
 */
export const MARK_KEPT_MS = IDEMPOTENCY_KEPT_MS + IDEMPOTENCY_LEASE_MS + MARK_MARGIN_MS;
/** Tasks whose keys are checked together, and how many of them at once. */
const KEYED_ROWS = 1_000;
const KEYS_AT_ONCE = 16;
/** Links of a list; nobody makes so many. */
const LINKS_PER_READ = 200;
/** Above the ballot of every transaction on the partition, whatever the coordinators' clocks say, µs. */
const TOMBSTONE_AHEAD_US = 3_600_000_000;

/** The table before the queue: its partitions, and the number of checks in which it is read once. */
const EARLIER_BUCKETS = 16;
const EARLIER_TABLE_EVERY = 30;
const EARLIER = "SELECT checklist_id, recorded_at, tasks_gone_at FROM purge WHERE bucket = ?";
const FORGET_EARLIER = "DELETE FROM purge WHERE bucket = ? AND checklist_id = ?";
const KEYED_AFTER = "SELECT id, creation, restoration FROM todo WHERE checklist_id = ? AND id > ? LIMIT ?";
const DELETE_TASKS = "DELETE FROM todo USING TIMESTAMP ? WHERE checklist_id = ?";
const IDS_AFTER = "SELECT id FROM todo WHERE checklist_id = ? AND id > ? LIMIT ?";
const FIRST_IDS = "SELECT id FROM todo WHERE checklist_id = ? LIMIT ?";
const DELETE_RANGE = "DELETE FROM todo WHERE checklist_id = ? AND id > ? AND id <= ?";
const DELETE_FIRST_RANGE = "DELETE FROM todo WHERE checklist_id = ? AND id <= ?";
const DELETE_LIST = "DELETE FROM checklist WHERE id = ? IF deleted_at != null";

/** What knows whose a list was, and what there was for it. */
interface People {
  readonly users: UserIndex;
  readonly defaultOwner: DefaultOwner;
  readonly records: CassandraRecords;
}

/**
 * Removes the tasks of deleted lists in the background, and a day later what is left of the lists. It can be
 * interrupted anywhere: any instance repeats what is recorded until it is done.
 */
export class Purge {
  readonly moves: Moves;
  private readonly timer: ReturnType<typeof setTimeout>;
  private readonly queue: PurgeQueue;
  private work: Promise<void> = Promise.resolve();
  private looks = 0;
  private closed = false;

  constructor(
    private readonly session: Session,
    readonly keys: CassandraKeys,
    private readonly due: DueIndex,
    private readonly people: People,
    private readonly log: Log,
    private readonly clock: Clock,
  ) {
    this.queue = new PurgeQueue(session);
    this.moves = new Moves(session, keys, log);
    this.timer = setInterval(
      () => this.inTurn(() => this.everything()),
      LOOK_EVERY_MS * (0.5 + Math.random()),
    );
    this.timer.unref();
  }

  /** Call it before the list is marked: a list that is marked but not recorded would keep its tasks forever. */
  record(checklistId: string, now: number): Promise<PurgeRecord> {
    return this.queue.add(checklistId, now);
  }

  /** Purges one list after the current work. */
  soon(record: PurgeRecord): void {
    this.inTurn(async () => {
      await this.one(record);
    });
  }

  /** Purges everything that is recorded and due, and resolves when that is done. Failures are left for the next time. */
  async everything(): Promise<void> {
    if (this.looks++ % EARLIER_TABLE_EVERY === 0) await this.adoptEarlier();
    await this.queue.workOff(this.clock.now(), {
      some: ([record]) => this.one(record),
      failed: (error) => this.failed(error),
      mayGoOn: () => !this.closed,
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    await Promise.all([this.work, this.moves.close()]);
  }

  private inTurn(step: () => Promise<void>): void {
    this.work = this.work.then(step).catch((error: unknown) => this.failed(error));
  }

  private failed(error: unknown): void {
    this.log.warn("purging a deleted list failed and will be tried again", { error });
  }

  /** @returns whether the record was removed */
  private async one(record: PurgeRecord): Promise<boolean> {
    const { checklistId } = record;
    const list = await this.session.row(OWNERSHIP, [checklistId], this.session.serialRead);
    const now = this.clock.now();
    if (list && (list.deleted_at === null || list.trash_record !== null)) {
      if (now - record.dueAt <= RECORD_KEPT_MS) return false;
    } else if (list) {
      // If there is no row, everything was done before: a tombstone dated ahead would only hit a list created since.
      await this.tellKeys(checklistId, now - MARK_KEPT_MS);
      await this.moves.endAll(checklistId, now);
      await this.deleteTasks(checklistId);
      const users = usersOf(ownershipFrom(list), await this.people.defaultOwner.get());
      await this.forgetUsers(checklistId, users);
      // Without an owner nobody could make links to it.
      if (users.length > 0) await this.forgetLinks(checklistId);
      const keptUntil = milliseconds(list.deleted_at) + MARK_KEPT_MS;
      if (now < keptUntil) await this.queue.add(checklistId, keptUntil);
      // If it is unknown whether the row is gone, the record stays, and the next check finds out.
      else if (!(await this.session.attempt(DELETE_LIST, [checklistId]))) return false;
    }
    await this.queue.forget(record);
    return true;
  }

  private async forgetUsers(checklistId: string, users: readonly string[]): Promise<void> {
    for (const userId of users) await this.people.users.leave(userId, checklistId, Number.POSITIVE_INFINITY);
  }

  private async forgetLinks(checklistId: string): Promise<void> {
    for (let after: string | undefined; ; ) {
      const { items, next } = await this.people.records.list("link", checklistId, after, LINKS_PER_READ);
      for (const { key, version } of items)
        await this.people.records.delete(
          deleteRecord(ANYONE, { kind: "link", key, expect: version }),
          soon(),
        );
      if (next === undefined) return;
      after = next;
    }
  }

  /** Records of releases that know only the earlier table. */
  private async adoptEarlier(): Promise<void> {
    for (let bucket = 0; bucket < EARLIER_BUCKETS && !this.closed; bucket++) {
      try {
        for (const row of await this.session.rows(EARLIER, [bucket])) await this.adopt(bucket, row);
      } catch (error) {
        this.failed(error);
      }
    }
  }

  private async adopt(bucket: number, { checklist_id, recorded_at, tasks_gone_at }: Row): Promise<void> {
    const dueAt = tasks_gone_at === null ? 0 : milliseconds(recorded_at) + MARK_KEPT_MS;
    await this.queue.add(text(checklist_id), Math.max(dueAt, this.clock.now()));
    await this.session.write(FORGET_EARLIER, [bucket, text(checklist_id)]);
  }

  /** Again when the row is removed: a task whose creation ended after the first purge is visible by then. */
  private async deleteTasks(checklistId: string): Promise<void> {
    const { rangeDeleteRowsMax } = this.session.rules;
    if (rangeDeleteRowsMax === undefined) await this.deletePartition(checklistId);
    else await this.deleteRanges(checklistId, rangeDeleteRowsMax);
    await this.due.removeList(checklistId);
  }

  /** A repeated request for a task of the list gets the answer that it was created, as after deleting only that task. */
  private async tellKeys(checklistId: string, since: number): Promise<void> {
    for (let after = firstIdOf(since), page: readonly Row[] = []; ; after = text(page.at(-1)?.id)) {
      page = await this.session.rowsUpTo(KEYED_AFTER, [checklistId, after, KEYED_ROWS], KEYED_ROWS);
      await boundedly(page, KEYS_AT_ONCE, (row) => this.keys.tellOf(row, soon()));
      if (page.length < KEYED_ROWS) return;
    }
  }

  /** One tombstone for the whole partition. List ids are never reused, so it can't hit anything later. */
  private async deletePartition(checklistId: string): Promise<void> {
    const timestampUs = Date.now() * 1_000 + TOMBSTONE_AHEAD_US;
    await this.session.write(DELETE_TASKS, [timestampUs, checklistId]);
  }

  /**
   * Range after range, for services that limit how many rows one statement may delete. Mixing plain writes and
   * transactions is safe there: Amazon Keyspaces isolates both (AWS Database Blog, "Improved performance for
   * lightweight transactions").
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
