import { types } from "cassandra-driver";
import type { Log } from "../../application/ports.ts";
import { text } from "./rows.ts";
import type { Session } from "./session.ts";
import { partOf, spanTo } from "./spans.ts";
import { TombstonesError } from "./tombstones.ts";

const CLOCK = "SELECT toUnixTimestamp(now()) AS now FROM system.local";
/** Id of a row that never exists: no id has this character. */
const NOBODY = "\0";
const FENCE = `UPDATE todo SET earlier_write_ids = null WHERE checklist_id = ? AND id = ?
  IF earlier_write_ids = null`;
const IDS = "SELECT id FROM todo WHERE checklist_id = ? AND id > ? LIMIT ?";
const IDS_BELOW = "SELECT id FROM todo WHERE checklist_id = ? AND id > ? AND id < ? LIMIT ?";
const CLEAR = "DELETE FROM todo USING TIMESTAMP ? WHERE checklist_id = ? AND id > ?";
const CLEAR_BELOW = `${CLEAR} AND id < ?`;

/** Remaining rows read together; the ranges between them are cleared in one message. */
const ROWS_TOGETHER = 100;
/** Remaining rows after which a sweep ends: no page reads past more. */
const ROWS_MAX = 1_001;
/** A range without many deleted rows is followed by one this many times as long. */
const GROWTH = 2;
const SWEEP_DEADLINE_MS = 30_000;
/** A list is not swept again before this, ms: little is left by then. */
const PAUSE_MS = 10_000;
/** Lists whose last sweep is remembered. */
const REMEMBERED_MAX = 1_000;

/**
 * Clears ranges of a list that contain only deleted tasks, so that pages need not read past them until
 * `gc_grace_seconds` have passed: one range tombstone replaces all that it covers.
 *
 * It never covers a remaining task. First a node reports its clock and then executes a transaction on the partition,
 * the fence. Reading the remaining rows after the fence returns everything decided before it. What is decided later
 * gets a higher ballot, and so a later timestamp than that clock's, which the range tombstones carry.
 */
export class Sweeper {
  private readonly running = new Map<string, Promise<void>>();
  private readonly lastAt = new Map<string, number>();
  private closed = false;

  constructor(
    private readonly session: Session,
    private readonly log: Log,
  ) {}

  /** A page of this list read past many deleted tasks: clears them in the background. */
  soon(checklistId: string, after: string | undefined): void {
    const lastAt = this.lastAt.get(checklistId) ?? Number.NEGATIVE_INFINITY;
    if (performance.now() - lastAt < PAUSE_MS) return;
    void this.now(checklistId, after).catch((error: unknown) => {
      this.log.warn("clearing the tombstones of deleted tasks failed; the next page tries again", {
        error,
      });
    });
  }

  /** Resolves when the next page after `after` has no tombstones before it. @throws TodosError */
  async now(checklistId: string, after: string | undefined): Promise<void> {
    if (this.closed) return;
    const running = this.running.get(checklistId);
    if (running) return running;
    if (this.lastAt.size >= REMEMBERED_MAX) this.lastAt.clear();
    this.lastAt.set(checklistId, performance.now());
    const sweep = this.sweep(checklistId, after ?? "").finally(() => this.running.delete(checklistId));
    this.running.set(checklistId, sweep);
    return sweep;
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.running.values());
  }

  private async sweep(checklistId: string, after: string): Promise<void> {
    const deadline = performance.now() + SWEEP_DEADLINE_MS;
    const timestampUs = await this.fence(checklistId);
    let [low, rows, span]: [string, number, number | undefined] = [after, 0, undefined];
    while (rows < ROWS_MAX && !this.closed && performance.now() < deadline) {
      const high = span === undefined ? undefined : spanTo(low, span, Date.now());
      const found = await this.living(checklistId, low, high);
      if (found instanceof TombstonesError) {
        span = partOf(low, high, Date.now());
        if (span === undefined) throw found;
        continue;
      }
      const { ids, crowded } = found;
      const full = ids.length === ROWS_TOGETHER;
      const end = full ? ids.at(-1) : high;
      if (crowded) await this.clear(checklistId, timestampUs, [low, ...ids], full ? undefined : { end });
      if (end === undefined) return;
      rows += ids.length;
      low = end;
      if (span !== undefined && !crowded) span *= GROWTH;
    }
  }

  /** @returns the error if a node gave up; `crowded` if it read past many deleted ones */
  private async living(checklistId: string, low: string, high: string | undefined) {
    let crowded = false;
    const tell = () => {
      crowded = true;
    };
    try {
      const rows = await (high === undefined
        ? this.session.rowsUpTo(IDS, [checklistId, low, ROWS_TOGETHER], ROWS_TOGETHER, undefined, tell)
        : this.session.rowsUpTo(
            IDS_BELOW,
            [checklistId, low, high, ROWS_TOGETHER],
            ROWS_TOGETHER,
            undefined,
            tell,
          ));
      return { ids: rows.map(({ id }) => text(id)), crowded };
    } catch (error) {
      if (error instanceof TombstonesError) return error;
      throw error;
    }
  }

  /** @param rest the range after the last one is also empty, up to this end or without one */
  private async clear(
    checklistId: string,
    timestampUs: number,
    borders: readonly string[],
    rest: { readonly end: string | undefined } | undefined,
  ): Promise<void> {
    const ends = [...borders.slice(1), ...(rest ? [rest.end] : [])];
    await this.session.batch(
      ends.map((end, index) => {
        const params = [timestampUs, checklistId, borders[index] ?? ""];
        return end === undefined
          ? { query: CLEAR, params }
          : { query: CLEAR_BELOW, params: [...params, end] };
      }),
    );
  }

  /** @returns a time, µs, earlier than anything written to the partition from now on */
  private async fence(checklistId: string): Promise<number> {
    const { client, rules } = this.session;
    // Both by one node: transactions carry the time of the node that executes them.
    const host = client.hosts.values().find((each) => each.isUp());
    const options = {
      prepare: true,
      ...(host ? { host } : {}),
      consistency: types.consistencies.localQuorum,
      ...(rules.serialConsistency === undefined ? {} : { serialConsistency: rules.serialConsistency }),
    };
    const clockMs = Number(String((await client.execute(CLOCK, [], options)).first()?.now));
    const fence = await client.execute(FENCE, [checklistId, NOBODY], options);
    if (!Number.isSafeInteger(clockMs) || fence.first()?.["[applied]"] !== true) {
      throw new TypeError("a fence was not applied");
    }
    return clockMs * 1_000 - 1;
  }
}
