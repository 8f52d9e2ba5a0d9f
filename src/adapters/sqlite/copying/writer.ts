import type { Statement } from "bun:sqlite";
import { existsSync, statSync } from "node:fs";
import { type CopyMarker, MARKER_KEY, markerText } from "../../../application/copy/marker.ts";
import type {
  Kept,
  KeptChecklist,
  KeptRecord,
  RowChange,
  RowWriter,
} from "../../../application/copy/ports.ts";
import type { KeptAnswer } from "../../../application/ports.ts";
import { INBOX_ID } from "../../../domain/checklist.ts";
import type { Task } from "../../../domain/task.ts";
import type { Stay } from "../../../domain/trash.ts";
import { Connection, openWriter } from "../connection.ts";
import { explained } from "../explained.ts";
import { INDEX_WITHOUT_OWNER } from "../members.ts";
import { placeForStore } from "../place.ts";
import { migrate } from "../prepare.ts";
import {
  CHECKLIST_COLUMNS,
  checklistCells,
  receiptCells,
  TASK_COLUMNS,
  TASK_MARKS,
  taskCells,
} from "../rows.ts";
import { type ServeLock, takeServeLock } from "../serve-lock.ts";
import { refuseOlderSchema, SqliteRows } from "./reader.ts";

/** The target file of a copy. While it is open, no other process can serve it or copy into it. */
class SqliteRowWriter extends SqliteRows implements RowWriter {
  readonly #putChecklist: Statement;
  readonly #deleteChecklist: Statement;
  readonly #putTask: Statement;
  readonly #deleteTask: Statement;
  readonly #putTrashedChecklist: Statement;
  readonly #deleteTrashedChecklist: Statement;
  readonly #putTrashedTask: Statement;
  readonly #deleteTrashedTask: Statement;
  readonly #putReceipt: Statement;
  readonly #putMember: Statement;
  readonly #deleteMembers: Statement;
  readonly #putRecord: Statement;
  readonly #deleteRecord: Statement;
  readonly #putDefaultOwner: Statement;
  readonly #putMarker: Statement;
  readonly #anything: Statement;

  constructor(
    place: string,
    connection: Connection,
    private readonly lock: ServeLock,
  ) {
    super(place, connection);
    // A power cut may lose the newest rows, and the next run copies them again; the marker is synced.
    connection.db.run("PRAGMA synchronous = NORMAL");
    const prepare = (sql: string) => connection.prepare(sql);
    this.#putChecklist = prepare(
      `INSERT OR REPLACE INTO checklist (${CHECKLIST_COLUMNS}, owner) VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.#deleteChecklist = prepare("DELETE FROM checklist WHERE id = ?1");
    this.#putTask = prepare(`INSERT OR REPLACE INTO task (${TASK_COLUMNS}) VALUES (${TASK_MARKS})`);
    this.#deleteTask = prepare("DELETE FROM task WHERE checklist_id = ?1 AND id = ?2");
    this.#putTrashedChecklist = prepare(
      `INSERT OR REPLACE INTO trashed_checklist (${CHECKLIST_COLUMNS}, deleted_at, until, owner)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#deleteTrashedChecklist = prepare("DELETE FROM trashed_checklist WHERE id = ?1");
    this.#putTrashedTask = prepare(
      `INSERT OR REPLACE INTO trashed_task (${TASK_COLUMNS}, deleted_at, until) VALUES (${TASK_MARKS}, ?, ?)`,
    );
    this.#deleteTrashedTask = prepare("DELETE FROM trashed_task WHERE checklist_id = ?1 AND id = ?2");
    this.#putReceipt = prepare(
      `INSERT OR IGNORE INTO idempotency (scope, key, fingerprint, status, headers, body, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#putMember = prepare("INSERT OR REPLACE INTO member (checklist_id, user_id, role) VALUES (?, ?, ?)");
    this.#deleteMembers = prepare("DELETE FROM member WHERE checklist_id = ?1");
    this.#putRecord = prepare(
      `INSERT OR REPLACE INTO account_record (kind, key, owner, value, version, expires_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.#deleteRecord = prepare("DELETE FROM account_record WHERE kind = ?1 AND key = ?2");
    this.#putDefaultOwner = prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('default-owner', ?1)");
    this.#putMarker = prepare(`INSERT OR REPLACE INTO meta (key, value) VALUES ('${MARKER_KEY}', ?1)`);
    this.#anything = prepare(
      `SELECT 1 FROM (SELECT 1 FROM checklist WHERE id <> '${INBOX_ID}' OR version > 1
       UNION ALL SELECT 1 FROM task UNION ALL SELECT 1 FROM purge
       UNION ALL SELECT 1 FROM trashed_checklist UNION ALL SELECT 1 FROM trashed_task
       UNION ALL SELECT 1 FROM account_record) LIMIT 1`,
    );
  }

  isEmpty(): Promise<boolean> {
    return this.turn(() => this.#anything.get() === null);
  }

  setMarker(next: CopyMarker, previous: CopyMarker | undefined): Promise<boolean> {
    return this.synced(() => {
      if (this.markerNow()?.run !== previous?.run) return false;
      this.#putMarker.run(markerText(next));
      return true;
    });
  }

  async renewEpoch(): Promise<void> {
    await this.synced(() =>
      this.connection.db.run("UPDATE meta SET value = lower(hex(randomblob(8))) WHERE key = 'epoch'"),
    );
  }

  putChecklists(changes: readonly RowChange<KeptChecklist>[]): Promise<void> {
    return this.together(() => {
      for (const { before, after } of changes) {
        if (before?.trash) this.#deleteTrashedChecklist.run(before.id);
        else if (before && (!after || after.trash)) this.#deleteChecklist.run(before.id);
        if (after?.trash)
          this.#putTrashedChecklist.run(
            ...checklistCells(after),
            ...stayCells(after.trash),
            after.owner ?? null,
          );
        else if (after) this.#putChecklist.run(...checklistCells(after), after.owner ?? null);
        this.#putMembers(before, after);
      }
    });
  }

  #putMembers(before: KeptChecklist | undefined, after: KeptChecklist | undefined): void {
    if (before?.members) this.#deleteMembers.run(before.id);
    for (const { userId, role } of after?.members ?? []) this.#putMember.run(after?.id ?? null, userId, role);
  }

  putRecords(changes: readonly RowChange<KeptRecord>[]): Promise<void> {
    return this.together(() => {
      for (const { before, after } of changes) {
        if (after) {
          const { kind, key, owner, value, version, expiresAt } = after;
          this.#putRecord.run(kind, key, owner, value, version, expiresAt ?? null);
        } else if (before) this.#deleteRecord.run(before.kind, before.key);
      }
    });
  }

  async putDefaultOwner(userId: string): Promise<void> {
    if ((await this.defaultOwner()) === userId) return;
    await this.together(() => {
      this.connection.db.run(INDEX_WITHOUT_OWNER);
      this.#putDefaultOwner.run(userId);
    });
  }

  putTasks(checklistId: string, changes: readonly RowChange<Kept<Task>>[]): Promise<void> {
    return this.together(() => {
      for (const { before, after } of changes) {
        if (before?.trash) this.#deleteTrashedTask.run(checklistId, before.id);
        else if (before && (!after || after.trash)) this.#deleteTask.run(checklistId, before.id);
        if (after?.trash) this.#putTrashedTask.run(...taskCells(after), ...stayCells(after.trash));
        else if (after) this.#putTask.run(...taskCells(after));
      }
    });
  }

  putReceipts(receipts: readonly KeptAnswer[]): Promise<number> {
    return this.together(() =>
      receipts.reduce((sum, receipt) => sum + this.#putReceipt.run(...receiptCells(receipt)).changes, 0),
    );
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.connection.close();
    this.lock.release();
  }

  private together<T>(work: () => T): Promise<T> {
    return this.turn(() => this.connection.db.transaction(work).immediate());
  }

  /** On disk when it resolves, with everything before it. */
  private async synced<T>(work: () => T): Promise<T> {
    this.connection.db.run("PRAGMA synchronous = FULL");
    try {
      return await this.together(work);
    } finally {
      this.connection.db.run("PRAGMA synchronous = NORMAL");
    }
  }
}

function stayCells({ deletedAt, until }: Stay): [number, number] {
  return [deletedAt, until];
}

/**
 * Opens a file to copy into, and creates it if missing.
 * @param now milliseconds since the Unix epoch, recorded as the time of a migration
 * @throws StoreOpenError if it is in service, older, or not ours
 */
export function openSqliteRowWriter(path: string, now: number): RowWriter {
  const place = placeForStore(path);
  const lock = takeServeLock(place);
  try {
    if (isNothing(place)) migrate(place, now);
    else refuseOlderSchema(place);
    return explained(place, () => new SqliteRowWriter(place, new Connection(openWriter(place)), lock));
  } catch (error) {
    lock.abandon();
    throw error;
  }
}

function isNothing(place: string): boolean {
  return !existsSync(place) || statSync(place).size === 0;
}
