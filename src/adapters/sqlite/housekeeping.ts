import type { Statement } from "bun:sqlite";
import type { Writer } from "./writer.ts";

/** Rows that one step removes: a few milliseconds, so that writes never wait long behind it. */
export const PURGE_ROWS_PER_STEP = 1_000;

/** Removes in small steps what nobody can reach any more. The file itself records what is left to do. */
export class Housekeeping {
  readonly #nextPurge: Statement;
  readonly #purgeTasks: Statement;
  readonly #forgetPurge: Statement;
  readonly #expiredKey: Statement;
  readonly #purgeKeys: Statement;

  constructor(readonly writer: Writer) {
    const { connection } = writer;
    this.#nextPurge = connection.prepare("SELECT checklist_id AS id FROM purge LIMIT 1");
    this.#purgeTasks = connection.prepare(
      `DELETE FROM task WHERE checklist_id = ?1 AND id IN
       (SELECT id FROM task WHERE checklist_id = ?1 ORDER BY id LIMIT ${PURGE_ROWS_PER_STEP})`,
    );
    this.#forgetPurge = connection.prepare("DELETE FROM purge WHERE checklist_id = ?1");
    this.#expiredKey = connection.prepare("SELECT 1 FROM idempotency WHERE expires_at <= ?1 LIMIT 1");
    this.#purgeKeys = connection.prepare(
      `DELETE FROM idempotency WHERE (scope, key) IN
       (SELECT scope, key FROM idempotency WHERE expires_at <= ?1 LIMIT ${PURGE_ROWS_PER_STEP})`,
    );
  }

  /** Does one step. @param now milliseconds since the Unix epoch @returns whether there is more to do */
  step(now: number): boolean {
    return this.#purgeStep() || this.#keysStep(now);
  }

  #purgeStep(): boolean {
    const next = this.#nextPurge.get();
    if (typeof next !== "object" || next === null || !("id" in next)) return false;
    const id = String(next.id);
    this.writer.transaction(() => {
      const { changes } = this.#purgeTasks.run(id);
      if (changes < PURGE_ROWS_PER_STEP) this.#forgetPurge.run(id);
    });
    return true;
  }

  #keysStep(now: number): boolean {
    if (this.#expiredKey.get(now) === null) return false;
    this.writer.transaction(() => this.#purgeKeys.run(now));
    return true;
  }
}
