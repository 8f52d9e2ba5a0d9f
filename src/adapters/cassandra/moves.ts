import type { Log } from "../../application/ports.ts";
import { NEVER_MS } from "../../domain/checklist.ts";
import { TodosError } from "../../domain/errors.ts";
import type { Following } from "../../domain/series.ts";
import type { Task } from "../../domain/task.ts";
import { Arrivals } from "./arrivals.ts";
import { adoptTask, attemptOn } from "./baseline-row.ts";
import type { CassandraKeys } from "./idempotency.ts";
import type { Partitions } from "./partitions.ts";
import { PurgeQueue, type PurgeRecord } from "./purge-queue.ts";
import { Rounds } from "./rounds.ts";
import {
  assignments,
  type Cells,
  earlierWriteIds,
  followingCell,
  insertion,
  KEY_COLUMNS,
  newWriteId,
  type Stored,
  saidCells,
  storedTask,
  TASK_COLUMNS,
  text,
  valuesOf,
} from "./rows.ts";
import type { Row, Session } from "./session.ts";
import { OPERATION_DEADLINE_MS } from "./settings.ts";
import { isMarkOf, movedAt, type Transit, transitCell, transitFrom } from "./transit.ts";

/**
 * How long a mark stays, ms: longer than any statement takes, plus the difference of clocks. An insert of the task that
 * arrives late finds the row, and does not bring the task back to the list it has left.
 */
const MARK_STAYS_MS = 120_000;
/** When a move that was recorded now is looked after, ms: its marks have stayed that long by then. */
const LOOKED_AFTER_MS = MARK_STAYS_MS + 3 * OPERATION_DEADLINE_MS;

const ROW = `SELECT ${TASK_COLUMNS}, ${KEY_COLUMNS} FROM todo WHERE checklist_id = ? AND id = ?`;
const MARK = `UPDATE todo SET transit = ?, version = ?, write_id = ?, earlier_write_ids = ?
  WHERE checklist_id = ? AND id = ? IF write_id = ? AND version = ?`;
const FENCE = `UPDATE todo SET write_id = ?, earlier_write_ids = ?
  WHERE checklist_id = ? AND id = ? IF write_id = ? AND version = ?`;
const DELETE_UNMOVED = "DELETE FROM todo WHERE checklist_id = ? AND id = ? IF write_id = ? AND version = ?";
const DELETE_IN_TRANSIT = "DELETE FROM todo WHERE checklist_id = ? AND id = ? IF transit = ?";

/** The ends of a move. */
export interface Route {
  readonly id: string;
  readonly from: string;
  readonly to: string;
}

/** Why no copy could be placed: a task is there already, or the task to be moved has changed. */
export type Obstacle = "occupied" | "changed";

/** A copy in the new list that nobody sees yet. */
interface Copy {
  readonly cell: string;
  /** Of the row that it is a copy of. */
  readonly version: number | null;
  readonly writeId: string | null;
}

/**
 * Moves of tasks between two lists, which are two partitions: no transaction reaches both. The record in the queue comes
 * first, then the copy in the new list, then the mark on the old row. The mark alone decides in which of the two the
 * task is; what is left afterwards, anyone who meets it can do.
 */
export class Moves {
  readonly arrivals: Arrivals;
  readonly queue: PurgeQueue;

  constructor(
    private readonly session: Session,
    private readonly keys: CassandraKeys,
    private readonly log: Log,
  ) {
    this.queue = new PurgeQueue(session, "moves");
    this.arrivals = new Arrivals(session, log);
  }

  close(): Promise<void> {
    return this.arrivals.close();
  }

  /** Call it before the lists are looked up: a deletion of one of them afterwards then knows of the move. */
  record({ id, from, to }: Route, now: number): Promise<PurgeRecord> {
    return this.queue.addMove({ from, id, to }, now + LOOKED_AFTER_MS);
  }

  /** @param latest time of `performance.now()` after which nothing is sent any more */
  begin(route: Route, partitions: Partitions, latest: number): Move {
    return new Move(this.session, this.keys, this.arrivals, partitions, route, latest);
  }

  /**
   * After the mark: confirms the copy. If that is not possible now, the next reader does it.
   * @param record of a task whose mark need not stay, because no insert of it can be in progress any more
   */
  async finish({ id, from, to }: Route, cell: string, record: PurgeRecord | undefined): Promise<void> {
    const coming = transitFrom(cell);
    if (!coming) throw new TypeError("a copy has no transit");
    try {
      const latest = performance.now() + OPERATION_DEADLINE_MS;
      await this.arrivals.confirm(to, id, cell, latest);
      if (!record) return;
      const mark = transitCell({ ...coming, way: "to", list: to });
      if (await this.session.attempt(DELETE_IN_TRANSIT, [from, id, mark])) await this.queue.forget(record);
    } catch (error) {
      if (!(error instanceof TodosError)) throw error;
      this.log.warn("a task has moved, and what is left of the move is done later", { error });
    }
  }

  /**
   * Finishes a recorded move, no matter which instance began it and how far it got.
   * @param now milliseconds since the Unix epoch
   * @returns whether nothing is left to do, and the record is gone
   */
  async settle(record: PurgeRecord, now: number): Promise<boolean> {
    if (!(await this.settled(record, now))) return false;
    await this.queue.forget(record);
    return true;
  }

  private async settled({ checklistId, taskId, movingTo }: PurgeRecord, now: number): Promise<boolean> {
    if (taskId === undefined || movingTo === undefined) throw new TypeError("not a record of a move");
    const isOver = (transit: Transit | undefined) =>
      transit !== undefined && now - movedAt(transit) >= MARK_STAYS_MS;
    const latest = performance.now() + OPERATION_DEADLINE_MS;
    const source = await this.row(checklistId, taskId);
    const mark = source && transitFrom(source.transit);
    if (mark?.way === "to" && isOver(mark)) {
      await this.arrivals.confirm(mark.list, taskId, fromCell(mark, checklistId), latest);
      if (source) await this.keys.tellOf(source, latest);
      if (!(await this.removed(checklistId, taskId, text(source?.transit)))) return false;
    }
    const copy = await this.row(movingTo, taskId);
    const coming = copy && transitFrom(copy.transit);
    if (coming?.way !== "from" || coming.list !== checklistId || !isOver(coming)) return true;
    if (mark && isMarkOf(coming, mark, movingTo)) return true;
    if (source && mark?.way !== "to" && !(await fenced(this.session, source))) return false;
    return this.removed(movingTo, taskId, text(copy?.transit));
  }

  /** Ends the moves out of a list that is deleted, before its rows are: those that have a mark have left it. */
  async endAll(checklistId: string, now: number): Promise<void> {
    for await (const { taskId } of this.queue.of(checklistId, now + LOOKED_AFTER_MS)) {
      if (taskId !== undefined) await this.end(checklistId, taskId);
    }
  }

  private async end(checklistId: string, id: string): Promise<void> {
    const rounds = new Rounds(this.session, performance.now() + OPERATION_DEADLINE_MS);
    while ((await rounds.begin()) && rounds.mayTry()) {
      const source = await this.row(checklistId, id);
      const mark = source && transitFrom(source.transit);
      if (!source) return;
      if (mark?.way === "to") {
        const latest = performance.now() + OPERATION_DEADLINE_MS;
        return this.arrivals.confirm(mark.list, id, fromCell(mark, checklistId), latest);
      }
      const stored = storedTask(source);
      const values = [checklistId, id, stored.writeId];
      const statement = { query: DELETE_UNMOVED, values, adopt: adoptTask(checklistId, id) };
      if ((await attemptOn(this.session, stored, statement, rounds.again))?.["[applied]"] === true) return;
    }
    throw rounds.end(true);
  }

  private async removed(checklistId: string, id: string, cell: string): Promise<boolean> {
    return (await this.session.attempt(DELETE_IN_TRANSIT, [checklistId, id, cell])) !== undefined;
  }

  private row(checklistId: string, id: string): Promise<Row | undefined> {
    return this.session.row(ROW, [checklistId, id], this.session.serialRead);
  }
}

/** One move, from its copy to its mark; both may be tried several times. */
export class Move {
  private copy: Copy | undefined;
  /** Copies of this move, and copies of others whose mark can't be made any more. */
  private readonly harmless = new Set<string>();

  constructor(
    private readonly session: Session,
    private readonly keys: CassandraKeys,
    private readonly arrivals: Arrivals,
    private readonly partitions: Partitions,
    private readonly route: Route,
    private readonly latest: number,
  ) {}

  /** The copy that stands in the new list. */
  get cell(): string | undefined {
    return this.copy?.cell;
  }

  /**
   * Puts a copy into the new list. One for the same state of the old row is used again: an earlier mark for it may still
   * be made.
   * @throws TodosError store-unavailable, overloaded: the task has not moved
   */
  async place(
    current: Stored<Task>,
    next: Task,
    following: Following | undefined,
  ): Promise<Obstacle | undefined> {
    const { version, writeId } = current;
    if (this.copy && this.copy.version === version && this.copy.writeId === writeId) return undefined;
    let standing = this.copy && (await this.standing());
    const rounds = new Rounds(this.session, this.latest);
    let undecided = false;
    while ((await rounds.begin()) && rounds.mayTry(undecided)) {
      const obstacle = standing && (await this.clear(standing, current));
      if (obstacle) return obstacle;
      const cell = transitCell({ way: "from", list: this.route.from, move: Bun.randomUUIDv7() });
      this.harmless.add(cell);
      const rest: Cells = [
        ["transit", cell],
        ...(following ? [["next_due", followingCell(following)] as const] : []),
      ];
      const answer = await this.put(next, rest, standing, rounds.again);
      undecided = answer === undefined;
      const applied = answer?.["[applied]"] === true;
      if (!applied) standing = await this.standing();
      if (applied || standing?.transit === cell) {
        this.copy = { cell, version, writeId };
        return undefined;
      }
    }
    throw rounds.end(false);
  }

  /** Marks the old row: if this is applied, the task has moved. @returns undefined if that is unknown */
  mark(current: Stored<Task>, next: Task, writeId: string, again: boolean): Promise<Row | undefined> {
    const { id, from, to } = this.route;
    const coming = transitFrom(this.copy?.cell);
    if (!coming) throw new TypeError("a move has no copy");
    const cell = transitCell({ ...coming, way: "to", list: to });
    const values = [cell, next.version, writeId, earlierWriteIds(current), from, id, current.writeId];
    const statement = { query: MARK, values, adopt: adoptTask(from, id) };
    return this.partitions.alone(from, this.latest, () => attemptOn(this.session, current, statement, again));
  }

  private standing(): Promise<Row | undefined> {
    return this.session.row(ROW, [this.route.to, this.route.id], this.session.serialRead);
  }

  private put(next: Task, rest: Cells, standing: Row | undefined, again: boolean): Promise<Row | undefined> {
    const { id, to } = this.route;
    const cells: Cells = [
      ...saidCells(next, standing && "unknown"),
      ...(next.createdAt === NEVER_MS ? [] : [["created_at", new Date(next.createdAt)] as const]),
      ["updated_at", new Date(next.updatedAt)],
      ["version", next.version],
      ["write_id", newWriteId()],
      ...rest,
    ];
    const send = () => {
      if (standing) {
        const cleared = rest.some(([column]) => column === "next_due") ? [] : [["next_due", null] as const];
        const all: Cells = [...cells, ["earlier_write_ids", null], ...cleared];
        const query = `UPDATE todo SET ${assignments(all)} WHERE checklist_id = ? AND id = ? IF transit = ?`;
        return this.session.attempt(query, [...valuesOf(all), to, id, text(standing.transit)], again);
      }
      const all: Cells = [...cells, ["checklist_id", to], ["id", id]];
      const { columns, marks } = insertion(all);
      const query = `INSERT INTO todo (${columns}) VALUES (${marks}) IF NOT EXISTS`;
      return this.session.attempt(query, valuesOf(all), again);
    };
    return this.partitions.alone(to, this.latest, send);
  }

  /** Makes sure that a row in the place of the copy may be replaced. */
  private async clear(standing: Row, current: Stored<Task>): Promise<Obstacle | undefined> {
    const transit = transitFrom(standing.transit);
    if (!transit) return this.occupied(current);
    const { id, to } = this.route;
    if (transit.way === "to") {
      // The task was here before, and has left: the rest of that move.
      await this.arrivals.confirm(transit.list, id, fromCell(transit, to), this.latest);
      await this.keys.tellOf(standing, this.latest);
      return undefined;
    }
    return this.clearCopy(text(standing.transit), transit, current);
  }

  /** Another request's copy: it must not be replaced while its mark can be made. */
  private async clearCopy(
    cell: string,
    coming: Transit,
    current: Stored<Task>,
  ): Promise<Obstacle | undefined> {
    if (this.harmless.has(cell)) return undefined;
    const { id, from, to } = this.route;
    const source = await this.session.row(ROW, [coming.list, id], this.session.serialRead);
    const mark = source && transitFrom(source.transit);
    if (mark && isMarkOf(coming, mark, to)) {
      await this.arrivals.confirm(to, id, cell, this.latest);
      return this.occupied(current);
    }
    if (!source || mark?.way === "to") return undefined;
    if (!(await fenced(this.session, source))) return "changed";
    this.harmless.add(cell);
    return coming.list === from ? "changed" : undefined;
  }

  private async occupied({ version, writeId }: Stored<Task>): Promise<Obstacle> {
    const { id, from } = this.route;
    const source = await this.session.row(ROW, [from, id], this.session.serialRead);
    const now = source && storedTask(source);
    return now && !now.removed && now.version === version && now.writeId === writeId ? "occupied" : "changed";
  }
}

/**
 * Changes a row's write id and nothing that anyone sees: a mark that was prepared for it can't be made any more. One in
 * the trash has been changed since, and while it is there nothing is written to it: it may be about to be removed.
 * @returns whether it is certain
 */
async function fenced(session: Session, row: Row): Promise<boolean> {
  if (row.deleted_at !== null) return true;
  const stored = storedTask(row);
  const { checklistId, id } = stored.value;
  const values = [newWriteId(), earlierWriteIds(stored), checklistId, id, stored.writeId];
  const statement = { query: FENCE, values, adopt: adoptTask(checklistId, id) };
  return (await attemptOn(session, stored, statement, false))?.["[applied]"] === true;
}

/** The cell of the copy that belongs to a mark. @param from the list of the row that has the mark */
function fromCell({ move }: Transit, from: string): string {
  return transitCell({ way: "from", list: from, move });
}
