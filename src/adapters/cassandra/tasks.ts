import type { ChangedTask, Command } from "../../application/commands.ts";
import type { Log, Slice, Written } from "../../application/ports.ts";
import { changedTask, type Task, type TaskFilter } from "../../domain/task.ts";
import { attemptOn } from "./baseline-row.ts";
import type { CassandraChecklists } from "./checklists.ts";
import { required } from "./checklists.ts";
import { settledBy, type Target, writeConditionally } from "./conditional.ts";
import { type Creation, creationCell, creationFrom } from "./creation.ts";
import type { DueIndex } from "./due-index.ts";
import { unavailable } from "./failures.ts";
import type { CassandraKeys } from "./idempotency.ts";
import { Insertions } from "./insertions.ts";
import { Partitions } from "./partitions.ts";
import { MARK_KEPT_MS } from "./purge.ts";
import { Rounds } from "./rounds.ts";
import {
  assignments,
  type Cells,
  earlierWriteIds,
  insertion,
  newWriteId,
  optionalText,
  type Stored,
  saidCells,
  storedTask,
  TASK_COLUMNS,
  valuesOf,
} from "./rows.ts";
import type { Param, Row, Session } from "./session.ts";
import type { Sweeper } from "./sweeper.ts";
import { TaskPages } from "./task-pages.ts";

const SELECT = `SELECT ${TASK_COLUMNS}, creation FROM todo WHERE checklist_id = ? AND id = ?`;
const DELETE = "DELETE FROM todo WHERE checklist_id = ? AND id = ? IF version = ?";
const ADOPT = "UPDATE todo SET updated_at = ? WHERE checklist_id = ? AND id = ? IF EXISTS";
const TAKE_BACK = "DELETE FROM todo WHERE checklist_id = ? AND id = ? IF creation = ?";
const STAY_GONE = "DELETE FROM todo USING TIMESTAMP ? WHERE checklist_id = ? AND id = ?";
/**
 * How far ahead that tombstone is dated, µs: longer than any operation takes, plus the difference of clocks. While it
 * is ahead no range can replace it, and pages must read past it.
 */
const STAY_GONE_AHEAD_US = 120_000_000;

/** @property by the request with a key that created the task; null if there was no key */
type Made = { readonly outcome: "created"; readonly by: string | null } | { readonly outcome: "missing" };

/** The tasks of a cluster, one partition a checklist. A `latest` is as for checklists. */
export class CassandraTasks {
  private readonly partitions: Partitions;
  private readonly insertions: Insertions;
  private readonly pages: TaskPages;
  constructor(
    private readonly session: Session,
    private readonly checklists: CassandraChecklists,
    private readonly keys: CassandraKeys,
    private readonly due: DueIndex,
    log: Log,
    sweeper: Sweeper,
  ) {
    this.partitions = new Partitions(session, "todo", log);
    this.insertions = new Insertions(session, this.partitions);
    this.pages = new TaskPages(session, sweeper);
  }

  /** Both reads at once: a task exists only while its checklist does. */
  async find(checklistId: string, id: string): Promise<Task | undefined> {
    const found = await this.read(checklistId, id, false);
    return found?.removed ? undefined : found?.value;
  }

  async list(
    checklistId: string,
    filter: TaskFilter,
    after: string | undefined,
    limit: number,
  ): Promise<Slice<Task> | undefined> {
    const [checklist, page] = await Promise.all([
      this.checklists.find(checklistId),
      this.pages.page(checklistId, filter, after, limit),
    ]);
    return checklist && page;
  }

  /** The checklist is read again after the insert: it may have been deleted in the meantime. */
  async create(row: Task, latest: number, creation?: Creation): Promise<Made> {
    if (!(await this.checklists.find(row.checklistId))) {
      // An earlier request with the key may have created it, before the checklist was deleted.
      const found = creation && (await this.readCells(row.checklistId, row.id, true));
      return found ? { outcome: "created", by: makerOf(found) } : { outcome: "missing" };
    }
    const prepared = this.due.prepare(undefined, row);
    if (prepared) await prepared;
    const found = await this.insert(row, latest, creation);
    const by = found ? makerOf(found) : (creation?.owner ?? null);
    // The row exists by now: if this can't be determined, the outcome is unknown.
    return settledBy(async () => {
      if (await this.checklists.find(row.checklistId)) return { outcome: "created", by };
      await this.session.attempt(DELETE, [row.checklistId, row.id, row.version]);
      await this.due.settle(row, undefined);
      return { outcome: "missing" };
    });
  }

  /**
   * Removes a task that a request created again without knowing that it had been deleted.
   * @param creation the request's key
   * @param madeBy the creator of the deleted task
   * @throws TodosError store-unavailable if it is unknown whether the task is gone
   */
  async takeBack(
    { checklistId, id }: Task,
    creation: Creation,
    madeBy: string,
    latest: number,
  ): Promise<void> {
    const found = (await this.readRow(checklistId, id, true))?.creation;
    if (found === undefined || found === creationCell({ ...creation, owner: madeBy })) return;
    const rounds = new Rounds(this.session, latest);
    while ((await rounds.begin()) && rounds.mayTry()) {
      if (await this.session.attempt(TAKE_BACK, [checklistId, id, found], rounds.again)) return;
    }
    throw unavailable(undefined, "unknown");
  }

  private insert(row: Task, latest: number, creation: Creation | undefined): Promise<Row | undefined> {
    const statement = taskInsertion(row, creation);
    return this.insertions.insert({ list: row.checklistId, id: row.id, statement, latest });
  }

  async change(
    { checklistId, id, edit, guard, now }: Command<"changeTask">,
    latest: number,
  ): Promise<ChangedTask> {
    let before: Task | undefined;
    const target: Target<Task, Task> = {
      read: (settled) => this.read(checklistId, id, settled),
      next: (current) => {
        before = current;
        return changedTask(current, edit, now);
      },
      attempt: async (current, next, { writeId, again }) => {
        const after = required(next);
        const prepared = this.due.prepare(current.value, after);
        if (prepared) await prepared;
        const cells: Cells = [
          ...everyWrite(after, writeId, current.value),
          ["earlier_write_ids", earlierWriteIds(current)],
        ];
        const query = `UPDATE todo SET ${assignments(cells)} WHERE checklist_id = ? AND id = ? IF version = ?`;
        const values = [...valuesOf(cells), checklistId, id];
        return attemptOn(this.session, current, { query, values, adopt: adopt(checklistId, id) }, again);
      },
      result: required,
    };
    const written = await this.partitions.alone(checklistId, latest, () =>
      writeConditionally(target, guard, new Rounds(this.session, latest)),
    );
    if (written.outcome !== "written" || before === undefined) return written;
    const settled = this.due.settle(before, written.row);
    if (settled) await settled;
    return { ...written, from: before.status };
  }

  async remove(
    { checklistId, id, guard }: Command<"deleteTask">,
    now: number,
    latest: number,
  ): Promise<Written<undefined>> {
    let young = false;
    let before: Task | undefined;
    const target: Target<Task, undefined> = {
      read: (settled) => this.read(checklistId, id, settled),
      next: (current) => {
        before = current;
        young = now - current.createdAt < MARK_KEPT_MS;
        return undefined;
      },
      attempt: async (current, _next, { again }) => {
        if (young && current.creation !== undefined)
          await this.keys.tellMade(creationFrom(current.creation), id, latest);
        const statement = { query: DELETE, values: [checklistId, id], adopt: adopt(checklistId, id) };
        return attemptOn(this.session, current, statement, again);
      },
      result: () => undefined,
    };
    const written = await this.partitions.alone(checklistId, latest, () =>
      writeConditionally(target, guard, new Rounds(this.session, latest)),
    );
    if (written.outcome !== "written") return written;
    if (young) await settledBy(() => this.stayGone(checklistId, id));
    if (before !== undefined) await this.due.settle(before, undefined);
    return written;
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
}

/** Which request with a key made a row, as it is stored. */
function makerOf(row: Row): string | null {
  const cell = optionalText(row.creation);
  return cell === undefined ? null : creationFrom(cell).owner;
}

/** Also for the bench, whose bare loop sends the same statement. */
export function taskInsertion(
  row: Task,
  creation?: Creation,
): { readonly query: string; readonly params: readonly Param[] } {
  const cells: Cells = [
    ...everyWrite(row, newWriteId()),
    ["created_at", new Date(row.createdAt)],
    ["checklist_id", row.checklistId],
    ["id", row.id],
    ...(creation ? [["creation", creationCell(creation)] as const] : []),
  ];
  const { columns, marks } = insertion(cells);
  return { query: `INSERT INTO todo (${columns}) VALUES (${marks}) IF NOT EXISTS`, params: valuesOf(cells) };
}

/** The columns that every write sets. */
function everyWrite(row: Task, writeId: string, before?: Task): Cells {
  return [
    ...saidCells(row, before),
    ["updated_at", new Date(row.updatedAt)],
    ["version", row.version],
    ["write_id", writeId],
  ];
}

function adopt(checklistId: string, id: string) {
  return { query: ADOPT, key: [checklistId, id] };
}
