import { milliseconds, optionalText, text } from "./rows.ts";
import type { Row, Session } from "./session.ts";
import { TombstonesError } from "./tombstones.ts";

/** A record of something to remove: what is left of a deleted list or of a move, or what is in the trash. */
export interface PurgeRecord {
  readonly checklistId: string;
  /** Of a task in the trash, or one that moves. */
  readonly taskId?: string;
  /** The list that the task moves to. */
  readonly movingTo?: string;
  /** When there is something to do, milliseconds since the Unix epoch. */
  readonly dueAt: number;
  /** Distinguishes it from every other record, including those of the same list. */
  readonly name: string;
}

/** Stands for records of a part of a day that could not be read, so that the rest is still checked. */
interface Unreadable {
  readonly error: unknown;
}

/** Records of one list, at least one, that are worked off together. */
export type Together = readonly [PurgeRecord, ...PurgeRecord[]];

/** Who does what is due. */
interface Worker {
  /** Records of one list that it takes at once; by default one. */
  readonly atOnceMax?: number;
  /** @returns whether nothing is left to do for any of the records */
  some(records: Together): Promise<boolean>;
  failed(error: unknown): void;
  mayGoOn(): boolean | Promise<boolean>;
}

export const DAY_MS = 86_400_000;
/** Each day's records of one kind are spread over this many partitions. */
export const BUCKETS = 4;

/**
 * The kinds of records. Each has buckets and a first day of its own, so that many of one kind don't delay readers of
 * another. Releases before the trash know those of deleted lists only.
 */
export const QUEUES = {
  "deleted lists": { firstBucket: 0, firstDay: "purge-from" },
  "trashed lists": { firstBucket: 4, firstDay: "trash-lists-from" },
  "trashed tasks": { firstBucket: 8, firstDay: "trash-tasks-from" },
  moves: { firstBucket: 12, firstDay: "moves-from" },
} as const;
/** A day stays open for so many more, for clocks that differ. */
const OPEN_DAYS = 2;
const ROWS_TOGETHER = 200;
/** A part of a day that a node gives up on is read in this many parts, down to this length, ms. */
const PARTS = 24;
const STRETCH_MS_MIN = 1_000;
const TIME_DIGITS = 12;

const ADD = "INSERT INTO purge_queue (day, bucket, record, checklist_id, due_at) VALUES (?, ?, ?, ?, ?)";
const ADD_TASK =
  "INSERT INTO purge_queue (day, bucket, record, checklist_id, due_at, task_id) VALUES (?, ?, ?, ?, ?, ?)";
const ADD_MOVE = `INSERT INTO purge_queue (day, bucket, record, checklist_id, due_at, task_id, moving_to)
  VALUES (?, ?, ?, ?, ?, ?, ?)`;
const FORGET = "DELETE FROM purge_queue WHERE day = ? AND bucket = ? AND record = ?";
const DUE = `SELECT record, checklist_id, due_at, task_id, moving_to FROM purge_queue
  WHERE day = ? AND bucket = ? AND record > ? AND record < ? LIMIT ?`;
const FIRST_DAY = "SELECT value FROM meta WHERE key = ?";
const RAISE_FIRST_DAY = "UPDATE meta SET value = ? WHERE key = ? IF value = ?";

/** The records of one kind, of all instances, by the day on which they are due. */
export class PurgeQueue {
  private readonly kind: (typeof QUEUES)[keyof typeof QUEUES];

  constructor(
    protected readonly session: Session,
    kind: keyof typeof QUEUES = "deleted lists",
  ) {
    this.kind = QUEUES[kind];
  }

  /** Plain writes are enough: each record has a unique name, so that removing it can't hit a later one. */
  async add(checklistId: string, dueAt: number, taskId?: string): Promise<PurgeRecord> {
    const name = `${timeText(dueAt)} ${Bun.randomUUIDv7()}`;
    const cells = [...this.placeOf({ checklistId, name }), checklistId, new Date(dueAt)];
    await (taskId === undefined
      ? this.session.write(ADD, cells)
      : this.session.write(ADD_TASK, [...cells, taskId]));
    return { checklistId, dueAt, name, ...(taskId === undefined ? {} : { taskId }) };
  }

  /** The same for the move of a task from one list to another. */
  async addMove(
    { from, id, to }: { readonly from: string; readonly id: string; readonly to: string },
    dueAt: number,
  ): Promise<PurgeRecord> {
    const name = `${timeText(dueAt)} ${Bun.randomUUIDv7()}`;
    const record = { checklistId: from, taskId: id, movingTo: to, dueAt, name };
    await this.session.write(ADD_MOVE, [...this.placeOf(record), from, new Date(dueAt), id, to]);
    return record;
  }

  forget(record: Pick<PurgeRecord, "checklistId" | "name">): Promise<void> {
    return this.session.write(FORGET, this.placeOf(record));
  }

  /** Records of one list and one day, by one statement: they are in one partition. */
  async forgetAll(records: readonly PurgeRecord[]): Promise<void> {
    const [first, ...more] = records;
    if (first === undefined) return;
    if (more.length === 0) return this.forget(first);
    await this.session.batch(records.map((each) => ({ query: FORGET, params: this.placeOf(each) })));
  }

  /** Days that may have something due, the earliest first. */
  async days(now: number): Promise<readonly number[]> {
    const today = dayOf(now);
    const first = await this.firstDay();
    return Array.from({ length: Math.max(0, today - first + 1) }, (_, index) => first + index);
  }

  /**
   * One that is being raised may not show yet, and then costs reads of empty days.
   * @param settled shows it: by a transaction, which hinders others if many do so at once
   */
  async firstDay(settled = false): Promise<number> {
    const row = await this.session.row(
      FIRST_DAY,
      [this.kind.firstDay],
      settled ? this.session.serialRead : undefined,
    );
    return Number(text(row?.value));
  }

  /** This day may have records again. */
  async reopen(day: number): Promise<void> {
    for (;;) {
      const first = await this.firstDay(true);
      if (first <= day) return;
      await this.session.attempt(RAISE_FIRST_DAY, [String(day), this.kind.firstDay, String(first)]);
    }
  }

  /** Nothing is left of this day and earlier ones: they need not be checked again. */
  async close(day: number, now: number): Promise<void> {
    if (day > dayOf(now) - OPEN_DAYS) return;
    // Another instance that has raised it has done so for the same reason.
    await this.session.attempt(RAISE_FIRST_DAY, [String(day + 1), this.kind.firstDay, String(day)]);
  }

  /** Does what is due, day by day; days of which nothing is left are closed. A failure does not block the others. */
  async workOff(now: number, { atOnceMax, some, failed, mayGoOn }: Worker): Promise<void> {
    const done = async (found: Together | Unreadable) => {
      try {
        if ("error" in found) throw found.error;
        return await some(found);
      } catch (error) {
        failed(error);
        return false;
      }
    };
    let allDone = true;
    for (const day of await this.days(now)) {
      for await (const found of this.due(day, now, atOnceMax)) {
        if (!(await mayGoOn())) return;
        if (!(await done(found))) allDone = false;
      }
      if (allDone) await this.close(day, now);
    }
  }

  /** What is due of one day. Records may be removed, or left, before the next ones are read. */
  async *due(day: number, now: number, atOnceMax = 1): AsyncGenerator<Together | Unreadable> {
    const end = Math.min((day + 1) * DAY_MS, now + 1);
    for (let bucket = 0; bucket < BUCKETS; bucket++)
      for await (const found of this.within(day, bucket, day * DAY_MS, end)) {
        if ("error" in found) yield found;
        else yield* groupsOf(found, atOnceMax);
      }
  }

  /** Those about one list that are due until then. @throws what can't be read */
  async *of(checklistId: string, until: number): AsyncGenerator<PurgeRecord> {
    for (const day of await this.days(until)) {
      const end = Math.min((day + 1) * DAY_MS, until + 1);
      for await (const found of this.within(day, bucketOf(checklistId), day * DAY_MS, end)) {
        if ("error" in found) throw found.error;
        yield* found.filter((record) => record.checklistId === checklistId);
      }
    }
  }

  /** The first records of a day after the place `after`, due or not, in the order in which they are due. */
  async records(day: number, after: string, limit: number): Promise<readonly PurgeRecord[]> {
    const end = timeText((day + 1) * DAY_MS);
    const parts = await Promise.all(
      Array.from({ length: BUCKETS }, (_, bucket) =>
        this.session.rowsUpTo(DUE, [day, this.bucket(bucket), after, end, limit], limit),
      ),
    );
    const all = parts.flat().map(recordFrom);
    return all.sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, limit);
  }

  /** As many at a time as one statement reads. */
  private async *within(
    day: number,
    bucket: number,
    from: number,
    to: number,
  ): AsyncGenerator<readonly PurgeRecord[] | Unreadable> {
    let low = timeText(from);
    for (;;) {
      const rows = await this.read([day, this.bucket(bucket), low, timeText(to), ROWS_TOGETHER]);
      if (!Array.isArray(rows)) {
        const { error } = rows as Unreadable;
        const part = Math.ceil((to - from) / PARTS);
        if (!(error instanceof TombstonesError) || part < STRETCH_MS_MIN) yield { error };
        else
          for (let at = from; at < to; at += part)
            yield* this.within(day, bucket, at, Math.min(to, at + part));
        return;
      }
      const found = rows.map(readable);
      yield found.filter((each) => "name" in each);
      yield* found.filter((each) => "error" in each);
      if (rows.length < ROWS_TOGETHER) return;
      low = text(rows.at(-1)?.record);
    }
  }

  private bucket(index: number): number {
    return this.kind.firstBucket + index;
  }

  private placeOf({
    checklistId,
    name,
  }: Pick<PurgeRecord, "checklistId" | "name">): [number, number, string] {
    return [dayOfName(name), this.bucket(bucketOf(checklistId)), name];
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

function bucketOf(checklistId: string): number {
  return Number(Bun.hash.wyhash(checklistId) % BigInt(BUCKETS));
}

/** By list, so many together at most. */
function groupsOf(records: readonly PurgeRecord[], max: number): readonly Together[] {
  return [...Map.groupBy(records, ({ checklistId }) => checklistId).values()].flatMap((all) =>
    Array.from(
      { length: Math.ceil(all.length / max) },
      (_, index) => all.slice(index * max, (index + 1) * max) as [PurgeRecord, ...PurgeRecord[]],
    ),
  );
}

function readable(row: Row): PurgeRecord | Unreadable {
  try {
    return recordFrom(row);
  } catch (error) {
    return { error };
  }
}

function recordFrom(row: Row): PurgeRecord {
  const taskId = optionalText(row.task_id);
  const movingTo = optionalText(row.moving_to);
  return {
    checklistId: text(row.checklist_id),
    dueAt: milliseconds(row.due_at),
    name: text(row.record),
    ...(taskId === undefined ? {} : { taskId }),
    ...(movingTo === undefined ? {} : { movingTo }),
  };
}

/** When a record is due, from its name; or a place between records. */
export function timeOfName(name: string): number {
  return Number.parseInt(name.slice(0, TIME_DIGITS), 16);
}

/** The day of a record, or of a place between records. */
export function dayOfName(name: string): number {
  return dayOf(timeOfName(name));
}

/** The first day that may have records if there were none before: clocks of instances differ. */
export function firstDayAt(now: number): number {
  return dayOf(now) - OPEN_DAYS;
}

export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/** Comes before every name of a record that is due at this time or later. */
export function timeText(ms: number): string {
  return ms.toString(16).padStart(TIME_DIGITS, "0");
}
