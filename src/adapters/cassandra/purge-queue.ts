import { milliseconds, text } from "./rows.ts";
import type { Row, Session } from "./session.ts";
import { TombstonesError } from "./tombstones.ts";

/** A record that something is left of a deleted list. */
export interface PurgeRecord {
  readonly checklistId: string;
  /** When there is something to do, milliseconds since the Unix epoch. */
  readonly dueAt: number;
  /** Distinguishes it from every other record, including those of the same list. */
  readonly name: string;
}

/** Stands for records of a part of a day that could not be read, so that the rest is still checked. */
export interface Unreadable {
  readonly error: unknown;
}

export const DAY_MS = 86_400_000;
/** Each day's records are spread over this many partitions. */
const BUCKETS = 4;
/** A day stays open for so many more, for clocks that differ. */
const OPEN_DAYS = 2;
const ROWS_TOGETHER = 200;
/** A part of a day that a node gives up on is read in this many parts, down to this length, ms. */
const PARTS = 24;
const STRETCH_MS_MIN = 1_000;
const TIME_DIGITS = 12;

const ADD = "INSERT INTO purge_queue (day, bucket, record, checklist_id, due_at) VALUES (?, ?, ?, ?, ?)";
const FORGET = "DELETE FROM purge_queue WHERE day = ? AND bucket = ? AND record = ?";
const DUE = `SELECT record, checklist_id, due_at FROM purge_queue
  WHERE day = ? AND bucket = ? AND record > ? AND record < ? LIMIT ?`;
const FIRST_DAY = "SELECT value FROM meta WHERE key = 'purge-from'";
const RAISE_FIRST_DAY = "UPDATE meta SET value = ? WHERE key = 'purge-from' IF value = ?";

/** The records of all instances, by the day on which they are due. */
export class PurgeQueue {
  constructor(private readonly session: Session) {}

  /** Plain writes are enough: each record has a unique name, so that removing it can't hit a later one. */
  async add(checklistId: string, dueAt: number): Promise<PurgeRecord> {
    const record = { checklistId, dueAt, name: `${timeText(dueAt)} ${Bun.randomUUIDv7()}` };
    await this.session.write(ADD, [...placeOf(record), checklistId, new Date(dueAt)]);
    return record;
  }

  forget(record: PurgeRecord): Promise<void> {
    return this.session.write(FORGET, placeOf(record));
  }

  /** Days that may have something due, the earliest first. */
  async days(now: number): Promise<readonly number[]> {
    const today = dayOf(now);
    const row = await this.session.row(FIRST_DAY, [], this.session.serialRead);
    const first = Number(text(row?.value));
    return Array.from({ length: Math.max(0, today - first + 1) }, (_, index) => first + index);
  }

  /** Nothing is left of this day and earlier ones: they need not be checked again. */
  async close(day: number, now: number): Promise<void> {
    if (day > dayOf(now) - OPEN_DAYS) return;
    // Another instance that has raised it has done so for the same reason.
    await this.session.attempt(RAISE_FIRST_DAY, [String(day + 1), String(day)]);
  }

  /** What is due of one day. A record may be removed, or left, before the next one is read. */
  async *due(day: number, now: number): AsyncGenerator<PurgeRecord | Unreadable> {
    const end = Math.min((day + 1) * DAY_MS, now + 1);
    for (let bucket = 0; bucket < BUCKETS; bucket++) yield* this.within(day, bucket, day * DAY_MS, end);
  }

  private async *within(
    day: number,
    bucket: number,
    from: number,
    to: number,
  ): AsyncGenerator<PurgeRecord | Unreadable> {
    let low = timeText(from);
    for (;;) {
      const rows = await this.read([day, bucket, low, timeText(to), ROWS_TOGETHER]);
      if (!Array.isArray(rows)) {
        const { error } = rows as Unreadable;
        const part = Math.ceil((to - from) / PARTS);
        if (!(error instanceof TombstonesError) || part < STRETCH_MS_MIN) yield { error };
        else
          for (let at = from; at < to; at += part)
            yield* this.within(day, bucket, at, Math.min(to, at + part));
        return;
      }
      for (const row of rows) yield readable(row);
      if (rows.length < ROWS_TOGETHER) return;
      low = text(rows.at(-1)?.record);
    }
  }

  private async read(params: readonly (string | number)[]): Promise<readonly Row[] | Unreadable> {
    const crowded = this.session.rules.tombstones ? () => {} : undefined;
    try {
      return await this.session.rowsUpTo(DUE, params, ROWS_TOGETHER, undefined, crowded);
    } catch (error) {
      return { error };
    }
  }
}

function readable(row: Row): PurgeRecord | Unreadable {
  try {
    const [checklistId, dueAt, name] = [text(row.checklist_id), milliseconds(row.due_at), text(row.record)];
    return { checklistId, dueAt, name };
  } catch (error) {
    return { error };
  }
}

function placeOf({ checklistId, dueAt, name }: PurgeRecord): [number, number, string] {
  const bucket = Number(Bun.hash.wyhash(checklistId) % BigInt(BUCKETS));
  return [dayOf(dueAt), bucket, name];
}

/** The first day that may have records if there were none before: clocks of instances differ. */
export function firstDayAt(now: number): number {
  return dayOf(now) - OPEN_DAYS;
}

function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/** Comes before every name of a record that is due at this time or later. */
function timeText(ms: number): string {
  return ms.toString(16).padStart(TIME_DIGITS, "0");
}
