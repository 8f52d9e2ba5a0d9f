import { FILTERED_ROWS_READ_MAX, type Meter, type Slice, type Written } from "../../application/ports.ts";
import {
  changedTask,
  matchesFilter,
  type Task,
  type TaskEdit,
  type TaskFilter,
  type TaskStatus,
} from "../../domain/task.ts";
import type { Guard } from "../../domain/version.ts";
import type { CassandraChecklists } from "./checklists.ts";
import { required } from "./checklists.ts";
import { settledBy, type Target, writeConditionally } from "./conditional.ts";
import { type Creation, creationCell, creationFrom } from "./creation.ts";
import type { CassandraKeys } from "./idempotency.ts";
import { Insertions } from "./insertions.ts";
import { Partitions } from "./partitions.ts";
import { MARK_KEPT_MS, TOMBSTONE_AHEAD_US } from "./purge.ts";
import { earlierWriteIds, newWriteId, optionalText, type Stored, saidCells, storedTask } from "./rows.ts";
import type { Param, Row, Session } from "./session.ts";

const COLUMNS = `checklist_id, id, task, completed, status, priority, description, due_date, created_at, updated_at,
  version, write_id, earlier_write_ids`;
const SELECT = `SELECT ${COLUMNS}, creation FROM todo WHERE checklist_id = ? AND id = ?`;
const SELECT_FIRST = `SELECT ${COLUMNS} FROM todo WHERE checklist_id = ? LIMIT ?`;
const SELECT_AFTER = `SELECT ${COLUMNS} FROM todo WHERE checklist_id = ? AND id > ? LIMIT ?`;
const INSERT = `INSERT INTO todo (task, completed, status, priority, description, due_date, updated_at, version,
  write_id, created_at, checklist_id, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS`;
const INSERT_KEYED = `INSERT INTO todo (task, completed, status, priority, description, due_date, updated_at, version,
  write_id, created_at, checklist_id, id, creation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS`;
const UPDATE = `UPDATE todo SET task = ?, completed = ?, status = ?, priority = ?, description = ?, due_date = ?,
  updated_at = ?, version = ?, write_id = ?, earlier_write_ids = ? WHERE checklist_id = ? AND id = ? IF version = ?`;
const DELETE = "DELETE FROM todo WHERE checklist_id = ? AND id = ? IF version = ?";
const TAKE_BACK = "DELETE FROM todo WHERE checklist_id = ? AND id = ? IF creation = ?";
const STAY_GONE = "DELETE FROM todo USING TIMESTAMP ? WHERE checklist_id = ? AND id = ?";
/** A condition on a missing version alone would hold for a missing row too, and make a ghost of it. */
const OF_BASELINE = " AND created_at = ?";
/** For the bench, whose bare loop sends the very same text. */
export const TASK_STATEMENTS = { insert: INSERT } as const;

/** @property by the request with a key that made the task; null where there was no key */
type Made = { readonly outcome: "created"; readonly by: string | null } | { readonly outcome: "missing" };

/** The tasks of a cluster, one partition a checklist. A `latest` is as for checklists. */
export class CassandraTasks {
  private readonly partitions: Partitions;
  private readonly insertions: Insertions;

  constructor(
    private readonly session: Session,
    private readonly checklists: CassandraChecklists,
    private readonly keys: CassandraKeys,
    private readonly meter: Pick<Meter, "taskMoved">,
  ) {
    this.partitions = new Partitions(session, "todo");
    this.insertions = new Insertions(session, this.partitions);
  }

  /** Both reads at once: a task is there only as long as its checklist is. */
  async find(checklistId: string, id: string): Promise<Task | undefined> {
    return (await this.read(checklistId, id, false))?.value;
  }

  async list(
    checklistId: string,
    filter: TaskFilter,
    after: string | undefined,
    limit: number,
  ): Promise<Slice<Task> | undefined> {
    const filtered = Object.keys(filter).length > 0;
    const window = filtered ? FILTERED_ROWS_READ_MAX : limit;
    const [checklist, rows] = await Promise.all([
      this.checklists.find(checklistId),
      after === undefined
        ? this.session.rowsUpTo(SELECT_FIRST, [checklistId, window + 1], window + 1)
        : this.session.rowsUpTo(SELECT_AFTER, [checklistId, after, window + 1], window + 1),
    ]);
    return checklist && slice(rows, window, filter, limit);
  }

  /** The checklist is looked at again after the insert: it may have been deleted meanwhile. */
  async create(row: Task, latest: number, creation?: Creation): Promise<Made> {
    if (!(await this.checklists.find(row.checklistId))) {
      // An earlier request with the key may have made it, before the checklist was deleted.
      const found = creation && (await this.readCells(row.checklistId, row.id, true));
      return found ? { outcome: "created", by: makerOf(found) } : { outcome: "missing" };
    }
    const found = await this.insert(row, latest, creation);
    const by = found ? makerOf(found) : (creation?.owner ?? null);
    // The row is there by now: where this can't be found out, nobody knows what becomes of it.
    return settledBy(async () => {
      if (await this.checklists.find(row.checklistId)) return { outcome: "created", by };
      await this.session.attempt(DELETE, [row.checklistId, row.id, row.version]);
      return { outcome: "missing" };
    });
  }

  /**
   * Takes away a task that a request made again which didn't know that it had been deleted.
   * @param creation the request's key
   * @param madeBy who had made the task that was deleted
   */
  async takeBack({ checklistId, id }: Task, creation: Creation, madeBy: string): Promise<void> {
    const found = (await this.readRow(checklistId, id, true))?.creation;
    if (found === undefined || found === creationCell({ ...creation, owner: madeBy })) return;
    while (!(await this.session.attempt(TAKE_BACK, [checklistId, id, found])));
  }

  private insert(row: Task, latest: number, creation: Creation | undefined): Promise<Row | undefined> {
    const key = [new Date(row.createdAt), row.checklistId, row.id];
    const values = [...cells(row), newWriteId(), ...key];
    const statement = creation
      ? { query: INSERT_KEYED, params: [...values, creationCell(creation)] }
      : { query: INSERT, params: values };
    return this.insertions.insert({ list: row.checklistId, id: row.id, statement, latest });
  }

  async change(
    checklistId: string,
    id: string,
    edit: TaskEdit,
    guard: Guard,
    now: number,
    latest: number,
  ): Promise<Written<Task>> {
    let from: TaskStatus | undefined;
    const target: Target<Task, Task> = {
      read: (settled) => this.read(checklistId, id, settled),
      next: (current) => {
        from = current.status;
        return changedTask(current, edit, now);
      },
      attempt: (current, next, writeId) =>
        this.attempt(
          UPDATE,
          [...cells(required(next)), writeId, earlierWriteIds(current), checklistId, id],
          current,
        ),
      result: required,
    };
    const written = await this.partitions.alone(checklistId, latest, () =>
      writeConditionally(target, guard, latest),
    );
    if (written.outcome === "written" && from !== undefined && from !== written.row.status) {
      this.meter.taskMoved(from, written.row.status);
    }
    return written;
  }

  async remove(
    checklistId: string,
    id: string,
    guard: Guard,
    now: number,
    latest: number,
  ): Promise<Written<undefined>> {
    let young = false;
    const target: Target<Task, undefined> = {
      read: (settled) => this.read(checklistId, id, settled),
      next: (current) => {
        young = now - current.createdAt < MARK_KEPT_MS;
        return undefined;
      },
      attempt: async (current) => {
        if (young && current.creation !== undefined)
          await this.keys.tellMade(creationFrom(current.creation), id, latest);
        return this.attempt(DELETE, [checklistId, id], current);
      },
      result: () => undefined,
    };
    const written = await this.partitions.alone(checklistId, latest, () =>
      writeConditionally(target, guard, latest),
    );
    if (young && written.outcome === "written") await settledBy(() => this.stayGone(checklistId, id));
    return written;
  }

  /**
   * An insert that timed out, or one of somebody who didn't know that the task was there before, may reach a node
   * only now. Ids are never used again, so a tombstone above its ballot hits nothing else.
   */
  private async stayGone(checklistId: string, id: string): Promise<void> {
    if (!this.session.rules.ownTimestamps) return;
    const timestampUs = Date.now() * 1_000 + TOMBSTONE_AHEAD_US;
    await this.session.write(STAY_GONE, [timestampUs, checklistId, id]);
  }

  private async read(checklistId: string, id: string, settled: boolean): Promise<Stored<Task> | undefined> {
    const [checklist, task] = await Promise.all([
      this.checklists.find(checklistId),
      this.readRow(checklistId, id, settled),
    ]);
    return checklist && task;
  }

  private async readRow(
    checklistId: string,
    id: string,
    settled: boolean,
  ): Promise<Stored<Task> | undefined> {
    const row = await this.readCells(checklistId, id, settled);
    return row && storedTask(row);
  }

  private readCells(checklistId: string, id: string, settled: boolean): Promise<Row | undefined> {
    return this.session.row(SELECT, [checklistId, id], settled ? this.session.serialRead : undefined);
  }

  private attempt(query: string, values: readonly Param[], current: Stored<Task>): Promise<Row | undefined> {
    return current.version === null
      ? this.session.attempt(query + OF_BASELINE, [...values, null, new Date(current.value.createdAt)])
      : this.session.attempt(query, [...values, current.version]);
  }
}

/** Which request with a key made a row, as it is stored. */
function makerOf(row: Row): string | null {
  const cell = optionalText(row.creation);
  return cell === undefined ? null : creationFrom(cell).owner;
}

/** The columns that every write sets, in the order of the statements. */
function cells(row: Task): Param[] {
  return [...saidCells(row), new Date(row.updatedAt), row.version];
}

/** @param rows one more than `window` where there is more */
function slice(rows: readonly Row[], window: number, filter: TaskFilter, limit: number): Slice<Task> {
  const examined = rows.slice(0, window).map((row) => storedTask(row).value);
  const matches = examined.filter((task) => matchesFilter(task, filter));
  const items = matches.slice(0, limit);
  const last = matches.length > limit ? items.at(-1) : rows.length > window ? examined.at(-1) : undefined;
  return last === undefined ? { items } : { items, next: last.id };
}
