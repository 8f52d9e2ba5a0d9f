import type { Task } from "../../domain/task.ts";
import { adoptTask, attemptOn } from "./baseline-row.ts";
import { settledBy, type Target } from "./conditional.ts";
import { creationFrom } from "./creation.ts";
import type { CassandraKeys } from "./idempotency.ts";
import { MARK_KEPT_MS } from "./purge.ts";
import { isThere, milliseconds, text, whole } from "./rows.ts";
import type { Row, Session } from "./session.ts";

const DELETE = "DELETE FROM todo WHERE checklist_id = ? AND id = ? IF version = ?";
const STAY_GONE = "DELETE FROM todo USING TIMESTAMP ? WHERE checklist_id = ? AND id = ?";
/**
 * How far ahead that tombstone is dated, µs: longer than any operation takes, plus the difference of clocks. While it
 * is ahead no range can replace it, and pages must read past it.
 */
const STAY_GONE_AHEAD_US = 120_000_000;

/** What {@link plainRow} looks at. */
export const PLAIN_COLUMNS = "id, version, created_at, restoration";

/** A task that is gone once its row is deleted: no key may be asked for it any more. */
export interface PlainRow {
  readonly id: string;
  readonly version: number;
}

/** @returns undefined if there is more to do */
export function plainRow(row: Row, now: number): PlainRow | undefined {
  const isYoung = now - milliseconds(row.created_at) < MARK_KEPT_MS;
  if (isYoung || isThere(row.restoration) || !isThere(row.version)) return undefined;
  return { id: text(row.id), version: whole(row.version) };
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

  /** Several rows of one list, by one transaction: all of them, if each has its version, or none. */
  async together(checklistId: string, rows: readonly PlainRow[]): Promise<"gone" | "refused" | "unknown"> {
    const deletions = rows.map(({ id, version }) => ({ query: DELETE, params: [checklistId, id, version] }));
    const answer = await this.session.attemptTogether(deletions, false);
    if (!answer) return "unknown";
    return answer["[applied]"] === true ? "gone" : "refused";
  }

  /**
   * An insert that timed out, or one by a request that didn't know that the task existed before, may reach a node
   * only now. Ids are never reused, so a tombstone above its ballot hits nothing else.
   */
  private async stayGone(checklistId: string, id: string): Promise<void> {
    if (!this.session.rules.ownTimestamps) return;
    const timestampUs = Date.now() * 1_000 + STAY_GONE_AHEAD_US;
    await this.session.write(STAY_GONE, [timestampUs, checklistId, id]);
  }
}
