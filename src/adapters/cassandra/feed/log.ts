import type { Change, ChangeType } from "../../../application/ports.ts";
import { OWNERS_RELEASE } from "../adoption.ts";
import { milliseconds, optionalText, text, whole } from "../rows.ts";
import type { Param, Row, Session } from "../session.ts";

/** Changes of one writer in one partition. */
export const SLOT_ENTRIES = 4_096;
/** Most statements of a batch, Amazon Keyspaces' limit for unlogged ones. */
export const BATCH_STATEMENTS_MAX = 30;
/** Changes read at once if their number is unknown. */
const UP_TO_ROWS = 100;
/** Partitions without a row, one after the other, before which nothing is kept: announcements may fail for a lease. */
const EMPTY_SLOTS_MAX = 8;
/** Changes that one statement looks up by number. */
const LOOKED_UP_MAX = 25;
/** The table of writers is one partition, so that one read shows which writers have something new. */
const SHARD = 0;

const RECORD = `INSERT INTO change_log (writer, slot, seq, type, checklist_id, task_id, recorded_at)
  VALUES (?, ?, ?, ?, ?, ?, ?)`;
const SETTLE = "UPDATE change_log SET state = ?, version = ? WHERE writer = ? AND slot = ? AND seq = ?";
const COLUMNS = "slot, seq, type, checklist_id, task_id, recorded_at, state, version";
const AFTER = `SELECT ${COLUMNS} FROM change_log WHERE writer = ? AND slot = ? AND seq > ? LIMIT ?`;
const UP_TO = `SELECT ${COLUMNS} FROM change_log WHERE writer = ? AND slot = ? AND seq <= ?
  ORDER BY seq DESC LIMIT ?`;
const SOME = `SELECT ${COLUMNS} FROM change_log WHERE writer = ? AND slot = ?
  AND seq IN (${Array(LOOKED_UP_MAX).fill("?").join(", ")})`;
const NOTE_COLUMNS = "writer, head_slot, head_seq, settled_slot, settled_seq, seen_at, head_at, lease_ms";
const NOTE = `INSERT INTO change_writer (shard, ${NOTE_COLUMNS}, release)
  VALUES (${SHARD}, ?, ?, ?, ?, ?, ?, ?, ?, ${OWNERS_RELEASE})`;
/** A repeated note arrives late, and must not count as the newest. */
const NOTE_IN_ORDER = `${NOTE} USING TIMESTAMP ?`;
const MICROSECONDS = 1_000;
const WRITERS = `SELECT ${NOTE_COLUMNS} FROM change_writer WHERE shard = ${SHARD}`;

/** What a writer knows about a change. */
export type State = "announced" | "happened" | "dropped";

/** A change to be recorded, under its writer's number for it; the first is 1. */
export interface Announced {
  readonly n: number;
  readonly change: Change;
  /** Log time of its writer, see {@link WriterNote}. */
  readonly at: number;
}

/** The outcome of a change. */
export interface Settled {
  readonly n: number;
  readonly state: "happened" | "dropped";
  readonly version?: number | undefined;
}

/** A change as it is read. */
export interface Logged {
  readonly n: number;
  readonly state: State;
  /** Absent if only its outcome is there. */
  readonly change: Change | undefined;
  /** Log time of its writer, see {@link WriterNote}; 0 if only its outcome is there. */
  readonly at: number;
}

/**
 * What a writer notes about itself. Its log time is its clock in milliseconds since the Unix epoch, moved forward if
 * needed: it never goes back, and starts after every `seenAt` that was in the table when the writer registered.
 */
export interface WriterNote {
  readonly writer: string;
  /** Its newest change. */
  readonly head: number;
  /** All up to here are decided. */
  readonly settled: number;
  /** Log time, later than all changes up to `head` and not later than any after it. */
  readonly seenAt: number;
  /** Log time of the newest change, 0 before the first. */
  readonly headAt: number;
  /**
   * For how long after this note it may announce changes; 0: it registers again first. Absent in notes of
   * a release before leases, whose times are its bare clock's.
   */
  readonly leaseMs?: number | undefined;
}

/** The change log's statements: one partition each, none conditional. */
export class ChangeLog {
  constructor(private readonly session: Session) {}

  /** @param entries of one slot, at most {@link BATCH_STATEMENTS_MAX} */
  record(writer: string, entries: readonly Announced[]): Promise<void> {
    return this.write(
      RECORD,
      entries.map(({ n, change, at }) => [
        writer,
        ...place(n),
        change.type,
        change.checklistId,
        change.taskId ?? null,
        new Date(at),
      ]),
    );
  }

  /** @param entries of one slot, at most {@link BATCH_STATEMENTS_MAX} */
  settle(writer: string, entries: readonly Settled[]): Promise<void> {
    return this.write(
      SETTLE,
      entries.map(({ n, state, version }) => [state, version ?? null, writer, ...place(n)]),
    );
  }

  note({ writer, head, settled, seenAt, headAt, leaseMs }: WriterNote): Promise<void> {
    const cells = [
      writer,
      ...place(head),
      ...place(settled),
      new Date(seenAt),
      new Date(headAt),
      leaseMs ?? null,
    ];
    return this.session.rules.ownTimestamps
      ? this.session.write(NOTE_IN_ORDER, [...cells, seenAt * MICROSECONDS])
      : this.session.write(NOTE, cells);
  }

  async writers(): Promise<readonly WriterNote[]> {
    return (await this.session.rows(WRITERS, [])).map(noteFrom);
  }

  /** Changes after number `after`, in order, at most `limit`, from its slot up to that of number `upTo`. */
  async after(writer: string, after: number, upTo: number, limit: number): Promise<readonly Logged[]> {
    const found: Logged[] = [];
    const [first, seq] = place(after);
    const [last] = place(upTo);
    for (let slot = first; slot <= last && found.length < limit; slot++) {
      const wanted = limit - found.length;
      const rows = await this.session.rowsUpTo(
        AFTER,
        [writer, slot, slot === first ? seq : -1, wanted],
        wanted,
      );
      found.push(...rows.map(loggedFrom));
    }
    return found;
  }

  /** The last changes up to number `upTo` that were announced at `since` or later, in order; at most `limit`. */
  async since(writer: string, upTo: number, since: number, limit: number): Promise<readonly Logged[]> {
    const found: Logged[] = [];
    let [slot, seq] = place(upTo);
    let emptySlots = 0;
    while (slot >= 0 && found.length < limit && emptySlots < EMPTY_SLOTS_MAX) {
      const wanted = Math.min(limit - found.length, UP_TO_ROWS);
      const rows = (await this.session.rowsUpTo(UP_TO, [writer, slot, seq, wanted], wanted)).map(loggedFrom);
      const older = rows.findIndex(({ at }) => at > 0 && at < since);
      found.push(...(older < 0 ? rows : rows.slice(0, older)));
      if (older >= 0) break;
      emptySlots = rows.length === 0 ? emptySlots + 1 : 0;
      const last = rows.at(-1);
      [slot, seq] = last && rows.length === wanted ? place(last.n - 1) : [slot - 1, SLOT_ENTRIES];
    }
    return found.reverse();
  }

  /** Those of these changes that exist. */
  async some(writer: string, numbers: readonly number[]): Promise<readonly Logged[]> {
    const reads = inOneSlot(numbers, (n) => n, LOOKED_UP_MAX).map((group) => {
      const places = group.map(place);
      const seqs = Array.from(
        { length: LOOKED_UP_MAX },
        (_, i) => places[Math.min(i, group.length - 1)]?.[1] ?? 0,
      );
      return this.session.rowsUpTo(SOME, [writer, places[0]?.[0] ?? 0, ...seqs], LOOKED_UP_MAX);
    });
    return (await Promise.all(reads)).flat().map(loggedFrom);
  }

  private write(query: string, params: readonly Param[][]): Promise<void> {
    const [only] = params;
    if (only && params.length === 1) return this.session.write(query, only);
    return this.session.batch(params.map((each) => ({ query, params: each })));
  }
}

/** In their order, in groups of one slot and at most `max`. */
export function inOneSlot<T>(items: readonly T[], numberOfItem: (item: T) => number, max: number): T[][] {
  const groups: T[][] = [];
  let slot = -1;
  for (const item of items) {
    const [itsSlot] = place(numberOfItem(item));
    const group = groups.at(-1);
    if (group && itsSlot === slot && group.length < max) group.push(item);
    else groups.push([item]);
    slot = itsSlot;
  }
  return groups;
}

/** Slot and number within it. */
function place(n: number): [number, number] {
  return [Math.floor(n / SLOT_ENTRIES), n % SLOT_ENTRIES];
}

function numberOf(slot: unknown, seq: unknown): number {
  return whole(slot) * SLOT_ENTRIES + whole(seq);
}

const TYPES: Readonly<Record<ChangeType, true>> = {
  "checklist.created": true,
  "checklist.updated": true,
  "checklist.deleted": true,
  "checklist.restored": true,
  "task.created": true,
  "task.updated": true,
  "task.deleted": true,
  "task.restored": true,
};

function noteFrom(row: Row): WriterNote {
  const seenAt = milliseconds(row.seen_at);
  return {
    writer: text(row.writer),
    head: numberOf(row.head_slot, row.head_seq),
    settled: numberOf(row.settled_slot, row.settled_seq),
    seenAt,
    headAt: row.head_at === null ? seenAt : milliseconds(row.head_at),
    leaseMs: row.lease_ms === null ? undefined : whole(row.lease_ms),
  };
}

function loggedFrom(row: Row): Logged {
  const state = optionalText(row.state);
  return {
    n: numberOf(row.slot, row.seq),
    state: state === "happened" || state === "dropped" ? state : "announced",
    change: changeFrom(row),
    at: milliseconds(row.recorded_at),
  };
}

/** An unknown type comes from a newer release; clients of this one don't expect it either. */
function changeFrom(row: Row): Change | undefined {
  const type = optionalText(row.type);
  if (type === undefined || !isChangeType(type)) return undefined;
  const taskId = optionalText(row.task_id);
  return {
    type,
    checklistId: text(row.checklist_id),
    ...(taskId === undefined ? {} : { taskId }),
    ...(row.version === null ? {} : { version: whole(row.version) }),
  };
}

function isChangeType(type: string): type is ChangeType {
  return Object.hasOwn(TYPES, type);
}
