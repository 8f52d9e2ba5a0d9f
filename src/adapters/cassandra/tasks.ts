import type { ChangedTask, Command, NeedsPlan } from "../../application/commands.ts";
import { continuedSeries } from "../../application/plan.ts";
import type { Clock, Log, Slice, Written } from "../../application/ports.ts";
import type { Found, SearchPart } from "../../application/search.ts";
import { completesRepeat, type Following } from "../../domain/series.ts";
import { changedTask, leaves, type Task, type TaskFilter } from "../../domain/task.ts";
import type { Stay } from "../../domain/trash.ts";
import { adoptTask, attemptOn } from "./baseline-row.ts";
import type { CassandraChecklists } from "./checklists.ts";
import { required, type Sending, settledBy, type Target } from "./conditional.ts";
import { type Creation, creationCell } from "./creation.ts";
import type { DueIndex } from "./due-index.ts";
import { unavailable } from "./failures.ts";
import type { CassandraKeys } from "./idempotency.ts";
import { Insertions } from "./insertions.ts";
import type { Moves } from "./moves.ts";
import { NextTasks } from "./next-tasks.ts";
import { Partitions } from "./partitions.ts";
import { MARK_KEPT_MS } from "./purge.ts";
import type { PurgeRecord } from "./purge-queue.ts";
import { Removal } from "./removal.ts";
import { Restorations } from "./restorations.ts";
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
  valuesOf,
} from "./rows.ts";
import { Series } from "./series.ts";
import type { Param, Row, Session } from "./session.ts";
import type { Sweeper } from "./sweeper.ts";
import { TaskCreation } from "./task-creation.ts";
import { TaskPages } from "./task-pages.ts";
import { TrashedTasks } from "./trashed-tasks.ts";

const SELECT = `SELECT ${TASK_COLUMNS}, ${KEY_COLUMNS} FROM todo WHERE checklist_id = ? AND id = ?`;
const PUT_IN_TRASH = `UPDATE todo SET deleted_at = ?, trash_record = ?, version = ?, write_id = ?, earlier_write_ids = ?
  WHERE checklist_id = ? AND id = ? IF version = ?`;
type IntoTrash = Pick<Command<"deleteTask">, "checklistId" | "id" | "guard"> & { readonly stay: Stay };

const NOT_APPLIED = { "[applied]": false } as unknown as Row;

/** The tasks of a cluster, one partition a checklist. A `latest` is as for checklists. */
export class CassandraTasks {
  private readonly partitions: Partitions;
  readonly creation: TaskCreation;
  readonly pages: TaskPages;
  readonly series: Series;
  private readonly removal: Removal;
  readonly trashed: TrashedTasks;

  constructor(
    private readonly session: Session,
    private readonly checklists: CassandraChecklists,
    keys: CassandraKeys,
    private readonly due: DueIndex,
    private readonly moves: Moves,
    clock: Clock,
    log: Log,
    sweeper: Sweeper,
  ) {
    this.partitions = new Partitions(session, "todo", log);
    const insertions = new Insertions(session, this.partitions);
    this.creation = new TaskCreation(session, checklists, due, (row, latest, creation) => {
      const statement = taskInsertion(row, creation);
      return insertions.insert({ list: row.checklistId, id: row.id, statement, latest });
    });
    this.series = new Series(session, this.partitions, log, new NextTasks(session, this.creation, clock), {
      settled: (list, id) => this.readRow(list, id, true),
    });
    this.pages = new TaskPages(session, sweeper, this.series, moves.arrivals);
    this.removal = new Removal(session, keys);
    const { partitions, pages, removal } = this;
    const restorations = new Restorations(keys);
    const shared = { checklists, partitions, pages, removal, restorations, due, clock, log };
    this.trashed = new TrashedTasks(session, shared);
  }

  /** Both reads at once: a task exists only while its checklist does. */
  async find(checklistId: string, id: string): Promise<Task | undefined> {
    const [checklist, row] = await Promise.all([
      this.checklists.find(checklistId),
      this.readCells(checklistId, id, false),
    ]);
    if (!checklist || !row) return undefined;
    if (row.transit !== null) await this.moves.arrivals.seen(checklistId, [row]);
    const found = storedTask(row);
    if (found.removed) return undefined;
    if (found.following) await this.series.finishMet(checklistId, [id]);
    return found.value;
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

  async search(part: SearchPart, limit: number): Promise<Found | undefined> {
    const [checklist, found] = await Promise.all([
      this.checklists.find(part.checklistId),
      this.pages.search(part, limit),
    ]);
    return checklist && found;
  }

  async change(command: Command<"changeTask">, latest: number): Promise<ChangedTask> {
    const { checklistId, id, edit, guard } = command;
    if (leaves(checklistId, edit.to)) return this.move(command, edit.to, latest);
    const editing = new Editing(command);
    const target = this.edit(command, editing, (current, after, { writeId, again }) => {
      const cells: Cells = [
        ...everyWrite(after, writeId, current.value),
        ["earlier_write_ids", earlierWriteIds(current)],
        ...(editing.following ? [["next_due", followingCell(editing.following)] as const] : []),
      ];
      const query = `UPDATE todo SET ${assignments(cells)} WHERE checklist_id = ? AND id = ? IF version = ?`;
      const values = [...valuesOf(cells), checklistId, id];
      return attemptOn(this.session, current, { query, values, adopt: adoptTask(checklistId, id) }, again);
    });
    const written = await this.series.write(checklistId, target, guard, latest);
    return written.outcome === "written" ? this.followed(written.row, editing, latest) : written;
  }

  /** @param attempt sends it once the agenda has the date that the task gets */
  private edit(
    { checklistId, id }: Command<"changeTask">,
    { next }: Editing,
    attempt: (current: Stored<Task>, after: Task, sending: Sending) => Promise<Row | undefined>,
  ): Target<Task, Task, NeedsPlan> {
    return {
      read: (settled) => this.read(checklistId, id, settled),
      next,
      attempt: async (current, planned, sending) => {
        const after = required(planned);
        const prepared = this.due.prepare(current.value, after);
        if (prepared) await prepared;
        return attempt(current, after, sending);
      },
      result: required,
    };
  }

  /** What follows a written edit: a list of the tasks that is read after the answer must have the next one. */
  private async followed(row: Task, { before, following }: Editing, latest: number): Promise<ChangedTask> {
    if (following) await settledBy(() => this.series.finish(row, following, latest));
    const settled = this.due.settle(required(before), row);
    if (settled) await settled;
    return { outcome: "written", row, from: required(before).status };
  }

  /**
   * Takes turns with other writers of the two lists only for its single statements: if it held both, two moves could
   * wait for each other.
   */
  private async move(command: Command<"changeTask">, to: string, latest: number): Promise<ChangedTask> {
    const { checklistId: from, id, guard, now } = command;
    const found = await this.read(from, id, false);
    if (!found || found.removed) return { outcome: "missing" };
    if (!(await this.checklists.find(to))) return { outcome: "no-target" };
    const route = { id, from, to };
    const record = await this.moves.record(route, now);
    const move = this.moves.begin(route, this.partitions, latest);
    const editing = new Editing(command);
    let undecided = false;
    const target = this.edit(command, editing, async (current, after, { writeId, again }) => {
      const obstacle = await move.place(current, after, editing.following);
      if (obstacle === "changed") return NOT_APPLIED;
      if (obstacle !== undefined) throw new NotMoved(obstacle);
      if (!(await this.checklists.find(to))) throw new NotMoved("no-target");
      if (performance.now() > latest) throw unavailable(undefined, "not done");
      const answer = await move.mark(current, after, writeId, again);
      if (!answer) undecided = true;
      return answer;
    });
    try {
      const written = await this.series.leaving(from, target, guard, latest);
      if (written.outcome !== "written" || move.cell === undefined) return written;
      await this.moves.finish(route, move.cell, editing.mayBeAskedFor(now) ? undefined : record);
      return this.followed(written.row, editing, latest);
    } catch (error) {
      if (!(error instanceof NotMoved)) throw error;
      if (undecided) throw unavailable(undefined, "unknown");
      return { outcome: error.outcome };
    }
  }

  async remove(
    { checklistId, id, guard, stay }: Command<"deleteTask">,
    now: number,
    latest: number,
  ): Promise<Written<undefined>> {
    if (stay) return this.putInTrash({ checklistId, id, guard, stay }, latest);
    const removal = this.removal.of({ checklistId, id }, now, latest);
    const target: Target<Task, undefined> = {
      ...removal,
      read: (settled) => this.read(checklistId, id, settled),
      result: () => undefined,
    };
    const written = await this.series.removal(checklistId, target, guard, latest);
    if (written.outcome !== "written") return written;
    const before = await removal.finish();
    if (before !== undefined) await this.due.settle(before, undefined);
    return written;
  }

  /** The row stays, so that no key and no late insert can make the task again. */
  private async putInTrash(
    { checklistId, id, guard, stay }: IntoTrash,
    latest: number,
  ): Promise<Written<undefined>> {
    let recorded: PurgeRecord | undefined;
    let before: Task | undefined;
    const target: Target<Task, undefined> = {
      read: (settled) => this.read(checklistId, id, settled),
      next: (current) => {
        before = current;
        return undefined;
      },
      attempt: async (current, _next, { writeId, again }) => {
        recorded ??= await this.trashed.queue.enter(stay, checklistId, id);
        const cells = [new Date(stay.deletedAt), recorded.name, current.value.version + 1];
        const values = [...cells, writeId, earlierWriteIds(current), checklistId, id];
        const statement = { query: PUT_IN_TRASH, values, adopt: adoptTask(checklistId, id) };
        return attemptOn(this.session, current, statement, again);
      },
      result: () => undefined,
    };
    const written = await this.series.removal(checklistId, target, guard, latest);
    if (written.outcome === "written" && before !== undefined) await this.due.settle(before, undefined);
    return written;
  }

  private async read(checklistId: string, id: string, settled: boolean): Promise<Stored<Task> | undefined> {
    const [checklist, task] = await Promise.all([
      this.checklists.find(checklistId),
      this.readRow(checklistId, id, settled),
    ]);
    return checklist && task;
  }

  /** For a write: a move to this list is finished first. */
  private async readRow(
    checklistId: string,
    id: string,
    settled: boolean,
  ): Promise<Stored<Task> | undefined> {
    const row = await this.readCells(checklistId, id, settled);
    if (!row) return undefined;
    if (row.transit !== null) await this.moves.arrivals.settled(checklistId, row);
    return storedTask(row);
  }

  private readCells(checklistId: string, id: string, settled: boolean): Promise<Row | undefined> {
    return this.session.row(SELECT, [checklistId, id], settled ? this.session.serialRead : undefined);
  }
}

/** Ends a move for good. */
class NotMoved extends Error {
  override readonly name = "NotMoved";

  constructor(readonly outcome: "no-target" | "occupied") {
    super(outcome);
  }
}

/** An edit of one task, as the latest attempt at it met the row. */
class Editing {
  before: Task | undefined;
  /** What the next task is made from, if the edit completes one that repeats. */
  following: Following | undefined;
  private restored = false;

  constructor(private readonly command: Command<"changeTask">) {}

  readonly next: Target<Task, Task, NeedsPlan>["next"] = (current, { restoration }) => {
    const { edit, now, plan } = this.command;
    this.before = current;
    this.restored = restoration !== undefined;
    this.following = undefined;
    const next = changedTask(current, edit, now);
    if (!("version" in next) || !completesRepeat(current, next)) return next;
    const continued = continuedSeries(current, next, plan);
    if ("outcome" in continued) return { stopped: continued };
    this.following = continued.following;
    return continued.row;
  };

  /** Whether a key may still make the row, or ask whether it did. */
  mayBeAskedFor(now: number): boolean {
    return this.restored || now - required(this.before).createdAt < MARK_KEPT_MS;
  }
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
