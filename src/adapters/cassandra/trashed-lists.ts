import type { Command } from "../../application/commands.ts";
import {
  type Clock,
  FILTERED_ROWS_READ_MAX,
  type Log,
  type Restored,
  type Slice,
  type Written,
} from "../../application/ports.ts";
import type { Checklist } from "../../domain/checklist.ts";
import { rewritten, type Trashed } from "../../domain/trash.ts";
import { required, type Target, writeConditionally } from "./conditional.ts";
import { OWNED_COLUMNS } from "./list-owners.ts";
import type { Partitions } from "./partitions.ts";
import { type Purge, RECORD_KEPT_MS } from "./purge.ts";
import { DAY_MS, dayOfName, type PurgeRecord, timeText } from "./purge-queue.ts";
import { Restorations } from "./restorations.ts";
import { Rounds } from "./rounds.ts";
import {
  assignments,
  earlierWriteIds,
  optionalText,
  type Stored,
  storedChecklistEvenRemoved,
  text,
  valuesOf,
} from "./rows.ts";
import type { Row, Session } from "./session.ts";
import type { Expiring } from "./trash-expiry.ts";
import { TrashQueue } from "./trash-queue.ts";
import { isTrashed, trashedChecklist } from "./trashed.ts";

/** Days of the queue that are read together, and at most for one page. */
const DAYS_AT_ONCE = 8;
const DAYS_READ_MAX = 128;

const SELECT = `SELECT ${OWNED_COLUMNS}, restoration FROM checklist WHERE id = ?`;
/** From then on it can't be restored, and its row is that of a list which was deleted without the trash. */
const DISCARD = `UPDATE checklist SET trash_record = null, write_id = ?, earlier_write_ids = ?
  WHERE id = ? IF trash_record = ? AND version = ?`;
const CLAIM = "UPDATE checklist SET trash_record = null WHERE id = ? IF trash_record = ?";

/** Checklists in the trash: marked rows that name the record which says until when. */
export class TrashedLists {
  readonly queue: TrashQueue;
  private readonly restorations: Restorations;

  constructor(
    private readonly session: Session,
    private readonly partitions: Partitions,
    private readonly purge: Purge,
    private readonly clock: Clock,
    log: Log,
  ) {
    this.queue = new TrashQueue(session, "trashed lists", log);
    this.restorations = new Restorations(purge.keys);
  }

  async find(id: string): Promise<Trashed<Checklist> | undefined> {
    const row = await this.row(id, false);
    return row && isTrashed(row) ? trashedChecklist(row) : undefined;
  }

  /**
   * In the order in which they go, as the queue has them; each is verified against its row. It examines a limited
   * number of days and records, so that a page may be short.
   * @param isWanted of rows with {@link OWNED_COLUMNS}
   */
  async list(
    after: string | undefined,
    limit: number,
    isWanted: (row: Row) => boolean,
  ): Promise<Slice<Trashed<Checklist>>> {
    const [first, last] = await this.queue.span(this.clock.now());
    let place = after ?? "";
    let day = Math.max(first, after === undefined ? first : dayOfName(after) || first);
    const items: { readonly place: string; readonly value: Trashed<Checklist> }[] = [];
    const readMax = { day: day + DAYS_READ_MAX, records: FILTERED_ROWS_READ_MAX };
    while (day <= last) {
      const wanted = limit + 1 - items.length;
      const read = await this.days(day, Math.min(day + DAYS_AT_ONCE, last + 1), place, wanted);
      items.push(...(await this.verified(read.records, isWanted)));
      if (items.length > limit) {
        const shown = items.slice(0, limit);
        return { items: shown.map(({ value }) => value), next: text(shown.at(-1)?.place) };
      }
      [day, place] = [read.day, read.place];
      readMax.records -= read.records.length;
      if (day > last) break;
      if (day >= readMax.day || readMax.records <= 0) {
        return { items: items.map(({ value }) => value), next: place };
      }
    }
    return { items: items.map(({ value }) => value) };
  }

  restore(command: Command<"restoreChecklist">, latest: number): Promise<Restored<Checklist>> {
    const row = {
      restore: () => this.takenBack(command, latest),
      restoration: async () => optionalText((await this.row(command.id, true))?.restoration),
    };
    return this.restorations.restored(command.receipt, row, latest);
  }

  private takenBack(
    { id, guard, receipt }: Command<"restoreChecklist">,
    latest: number,
  ): Promise<Written<Checklist>> {
    return this.takeOut(
      id,
      guard,
      {
        next: rewritten,
        attempt: async (current, next, { writeId, again }) => {
          const { version } = required(next);
          const cells = await this.restorations.cells(current, version, writeId, receipt, latest);
          const query = `UPDATE checklist SET ${assignments(cells)} WHERE id = ? IF trash_record = ? AND version = ?`;
          const values = [...valuesOf(cells), id, current.record, current.version];
          return this.session.attempt(query, values, again);
        },
        result: required,
      },
      latest,
    );
  }

  /** For good: what is left of it goes the way of lists that are deleted without the trash. */
  async discard({ id, guard }: Command<"discardChecklist">, latest: number): Promise<Written<undefined>> {
    let recorded: PurgeRecord | undefined;
    const written = await this.takeOut<undefined>(
      id,
      guard,
      {
        next: () => undefined,
        attempt: async (current, _next, { writeId, again }) => {
          recorded ??= await this.purge.record(id, this.clock.now());
          const cells = [writeId, earlierWriteIds(current)];
          return this.session.attempt(DISCARD, [...cells, id, current.record, current.version], again);
        },
        result: () => undefined,
      },
      latest,
    );
    if (written.outcome === "written" && recorded) this.purge.soon(recorded);
    return written;
  }

  get expiring(): Expiring {
    return { queue: this.queue, expire: ([record]) => this.expire(record) };
  }

  /**
   * The time of a list is up. The claim decides between this and a restoration.
   * @returns whether nothing is left to do for the record
   */
  private async expire(record: PurgeRecord): Promise<boolean> {
    const { checklistId, name, dueAt } = record;
    const row = await this.row(checklistId, true);
    const now = this.clock.now();
    if (row && optionalText(row.trash_record) === name) {
      const recorded = await this.purge.record(checklistId, now);
      const answer = await this.session.attempt(CLAIM, [checklistId, name]);
      // It is unknown whether it is claimed: the record stays, and the next check finds out.
      if (!answer) return false;
      if (answer["[applied]"] === true) this.purge.soon(recorded);
    } else if (row?.deleted_at === null && now - dueAt <= RECORD_KEPT_MS) return false;
    await this.queue.forget(record);
    return true;
  }

  /** The record of the row is void from then on. */
  private async takeOut<R>(
    id: string,
    guard: Command<"restoreChecklist">["guard"],
    how: {
      readonly next: Target<Checklist, R>["next"];
      attempt(
        current: Entry,
        ...rest: Tail<Parameters<Target<Checklist, R>["attempt"]>>
      ): Promise<Row | undefined>;
      readonly result: Target<Checklist, R>["result"];
    },
    latest: number,
  ): Promise<Written<R>> {
    let record: string | undefined;
    const tried = new Set<string>();
    const target: Target<Checklist, R> = {
      ...how,
      read: async (settled) => {
        const row = await this.row(id, settled);
        if (!row) return undefined;
        record = optionalText(row.trash_record);
        return { ...storedChecklistEvenRemoved(row), removed: !isTrashed(row) };
      },
      attempt: (current, ...rest) => {
        tried.add(text(record));
        return how.attempt({ ...current, record: text(record) }, ...rest);
      },
    };
    const written = await this.partitions.alone(id, latest, () =>
      writeConditionally(target, guard, new Rounds(this.session, latest)),
    );
    if (written.outcome === "written") this.queue.leave(id, tried);
    return written;
  }

  /** Records from a place on, until there are enough or the days are through; and where to go on. */
  private async days(from: number, to: number, after: string, wanted: number) {
    const all = await Promise.all(
      Array.from({ length: to - from }, (_, index) => this.queue.records(from + index, after, wanted)),
    );
    const records: PurgeRecord[] = [];
    for (const found of all) records.push(...found);
    const shown = records.slice(0, wanted);
    const last = shown.length === wanted ? shown.at(-1) : undefined;
    return last
      ? { records: shown, day: dayOfName(last.name), place: last.name }
      : { records: shown, day: to, place: timeText(to * DAY_MS) };
  }

  private async verified(records: readonly PurgeRecord[], isWanted: (row: Row) => boolean) {
    const rows = await Promise.all(records.map(({ checklistId }) => this.row(checklistId, false)));
    return records.flatMap(({ name }, index) => {
      const row = rows[index];
      return row && isTrashed(row) && row.trash_record === name && isWanted(row)
        ? [{ place: name, value: trashedChecklist(row) }]
        : [];
    });
  }

  /** Settled: as it is once every transaction in progress has been decided. */
  private row(id: string, settled: boolean): Promise<Row | undefined> {
    return this.session.row(SELECT, [id], settled ? this.session.serialRead : undefined);
  }
}

/** A list in the trash. */
type Entry = Stored<Checklist> & { readonly record: string };

type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer R] ? R : never;
