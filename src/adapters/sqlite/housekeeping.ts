import type { Statement } from "bun:sqlite";
import type { Writer } from "./writer.ts";

/** Rows that one step removes: a few milliseconds, so that writes never wait long behind it. */
export const PURGE_ROWS_PER_STEP = 500;

/** Removes in small steps what nobody can reach any more. The file itself records what is left to do. */
export class Housekeeping {
  readonly #nextPurge: Statement;
  readonly #purgeTasks: Statement;
  readonly #purgeTrashedTasks: Statement;
  readonly #purgeMembers: Statement;
  readonly #purgeLinks: Statement;
  readonly #forgetPurge: Statement;
  readonly #endedChecklist: Statement;
  readonly #removeEnded: Statement;
  readonly #endedTask: Statement;
  readonly #removeEndedTasks: Statement;
  readonly #expiredKey: Statement;
  readonly #purgeKeys: Statement;
  readonly #expiredRecord: Statement;
  readonly #purgeRecords: Statement;

  constructor(readonly writer: Writer) {
    const { connection } = writer;
    this.#nextPurge = connection.prepare("SELECT checklist_id AS id FROM purge LIMIT 1");
    this.#purgeTasks = connection.prepare(
      `DELETE FROM task WHERE checklist_id = ?1 AND id IN
       (SELECT id FROM task WHERE checklist_id = ?1 ORDER BY id LIMIT ${PURGE_ROWS_PER_STEP})`,
    );
    this.#purgeTrashedTasks = connection.prepare(
      `DELETE FROM trashed_task WHERE checklist_id = ?1 AND id IN
       (SELECT id FROM trashed_task WHERE checklist_id = ?1 ORDER BY id LIMIT ${PURGE_ROWS_PER_STEP})`,
    );
    this.#endedChecklist = connection.prepare(
      "SELECT id FROM trashed_checklist WHERE until <= ?1 ORDER BY until LIMIT 1",
    );
    this.#removeEnded = connection.prepare("DELETE FROM trashed_checklist WHERE id = ?1");
    this.#endedTask = connection.prepare("SELECT 1 FROM trashed_task WHERE until <= ?1 LIMIT 1");
    this.#removeEndedTasks = connection.prepare(
      `DELETE FROM trashed_task WHERE (checklist_id, id) IN
       (SELECT checklist_id, id FROM trashed_task WHERE until <= ?1 LIMIT ${PURGE_ROWS_PER_STEP})`,
    );
    this.#purgeMembers = connection.prepare("DELETE FROM member WHERE checklist_id = ?1");
    this.#purgeLinks = connection.prepare("DELETE FROM account_record WHERE kind = 'link' AND owner = ?1");
    this.#forgetPurge = connection.prepare("DELETE FROM purge WHERE checklist_id = ?1");
    this.#expiredKey = connection.prepare("SELECT 1 FROM idempotency WHERE expires_at <= ?1 LIMIT 1");
    this.#purgeKeys = connection.prepare(
      `DELETE FROM idempotency WHERE (scope, key) IN
       (SELECT scope, key FROM idempotency WHERE expires_at <= ?1 LIMIT ${PURGE_ROWS_PER_STEP})`,
    );
    this.#expiredRecord = connection.prepare("SELECT 1 FROM account_record WHERE expires_at <= ?1 LIMIT 1");
    this.#purgeRecords = connection.prepare(
      `DELETE FROM account_record WHERE (kind, key) IN
       (SELECT kind, key FROM account_record WHERE expires_at <= ?1 LIMIT ${PURGE_ROWS_PER_STEP})`,
    );
  }

  /** Does one step. @param now milliseconds since the Unix epoch @returns whether there is more to do */
  step(now: number): boolean {
    return this.#purgeStep() || this.#trashStep(now) || this.#keysStep(now) || this.#recordsStep(now);
  }

  #purgeStep(): boolean {
    const next = this.#nextPurge.get();
    if (typeof next !== "object" || next === null || !("id" in next)) return false;
    const id = String(next.id);
    this.writer.transaction(() => {
      if (this.#purgeTasks.run(id).changes === PURGE_ROWS_PER_STEP) return;
      if (this.#purgeTrashedTasks.run(id).changes === PURGE_ROWS_PER_STEP) return;
      this.#purgeMembers.run(id);
      this.#purgeLinks.run(id);
      this.#forgetPurge.run(id);
    });
    return true;
  }

  /** What has been in the trash for its time. */
  #trashStep(now: number): boolean {
    const ended = this.#endedChecklist.get(now);
    if (typeof ended === "object" && ended !== null && "id" in ended) {
      const id = String(ended.id);
      this.writer.transaction(() => {
        this.#removeEnded.run(id);
        this.writer.purgeTasksOf(id);
      });
      return true;
    }
    if (this.#endedTask.get(now) === null) return false;
    this.writer.transaction(() => this.#removeEndedTasks.run(now));
    return true;
  }

  #keysStep(now: number): boolean {
    if (this.#expiredKey.get(now) === null) return false;
    this.writer.transaction(() => this.#purgeKeys.run(now));
    return true;
  }

  #recordsStep(now: number): boolean {
    if (this.#expiredRecord.get(now) === null) return false;
    this.writer.transaction(() => this.#purgeRecords.run(now));
    return true;
  }
}
