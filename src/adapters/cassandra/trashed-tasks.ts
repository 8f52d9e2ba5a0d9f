import type { Command } from "../../application/commands.ts";
import type { Clock, Log, Restored, Slice, Written } from "../../application/ports.ts";
import type { Task } from "../../domain/task.ts";
import { rewritten, type Trashed } from "../../domain/trash.ts";
import type { Guard } from "../../domain/version.ts";
import type { CassandraChecklists } from "./checklists.ts";
import { required, type Target, writeConditionally } from "./conditional.ts";
import type { DueIndex } from "./due-index.ts";
import { ExpiredTasks } from "./expired-tasks.ts";
import type { Partitions } from "./partitions.ts";
import type { Removal } from "./removal.ts";
import type { Restorations } from "./restorations.ts";
import { Rounds } from "./rounds.ts";
import {
  assignments,
  KEY_COLUMNS,
  optionalText,
  type Stored,
  storedTask,
  TASK_COLUMNS,
  text,
  unchangedCells,
  valuesOf,
} from "./rows.ts";
import type { Row, Session } from "./session.ts";
import type { TaskPages } from "./task-pages.ts";
import { TrashQueue } from "./trash-queue.ts";
import { isTrashed, trashedTask } from "./trashed.ts";

const SELECT = `SELECT ${TASK_COLUMNS}, ${KEY_COLUMNS}, trash_record FROM todo WHERE checklist_id = ? AND id = ?`;

const AS_IT_IS = "WHERE checklist_id = ? AND id = ? IF version = ? AND next_due = ?";

/** What it shares with the tasks of lists. */
interface Parts {
  readonly checklists: CassandraChecklists;
  readonly partitions: Partitions;
  readonly pages: TaskPages;
  readonly removal: Removal;
  readonly restorations: Restorations;
  readonly due: DueIndex;
  readonly clock: Clock;
  readonly log: Log;
}

/** Where a task is. */
interface Address {
  readonly checklistId: string;
  readonly id: string;
}

/** Tasks in the trash: rows of their list that readers of the list don't see. */
export class TrashedTasks {
  readonly queue: TrashQueue;
  readonly expired: ExpiredTasks;

  constructor(
    private readonly session: Session,
    private readonly parts: Parts,
  ) {
    this.queue = new TrashQueue(session, "trashed tasks", parts.log);
    const { partitions, removal, clock } = parts;
    this.expired = new ExpiredTasks(session, this.queue, partitions, removal, clock);
  }

  async find(checklistId: string, id: string): Promise<Trashed<Task> | undefined> {
    const [checklist, row] = await Promise.all([
      this.parts.checklists.find(checklistId),
      this.row({ checklistId, id }, false),
    ]);
    return checklist && row && isTrashed(row) ? trashedTask(row) : undefined;
  }

  async list(
    checklistId: string,
    after: string | undefined,
    limit: number,
  ): Promise<Slice<Trashed<Task>> | undefined> {
    const [checklist, page] = await Promise.all([
      this.parts.checklists.find(checklistId),
      this.parts.pages.trashed(checklistId, after, limit),
    ]);
    return checklist && page;
  }

  restore(command: Command<"restoreTask">, latest: number): Promise<Restored<Task>> {
    const row = {
      restore: () => this.takenBack(command, latest),
      restoration: async () => optionalText((await this.row(command, true))?.restoration),
    };
    return this.parts.restorations.restored(command.receipt, row, latest);
  }

  private takenBack(
    { checklistId, id, guard, receipt }: Command<"restoreTask">,
    latest: number,
  ): Promise<Written<Task>> {
    const taking = this.taking({ checklistId, id });
    // A removal of what is due may be on the way: it takes everything that is not written again. The cell `next_due`
    // changes without a version.
    const target: Target<Task, Task> = {
      read: taking.read,
      next: rewritten,
      attempt: async (current, next, { writeId, again }) => {
        const after = required(next);
        await this.parts.due.prepare(undefined, after);
        const { restorations } = this.parts;
        const row = required(taking.row());
        const changed = await restorations.cells(current, after.version, writeId, receipt, latest);
        const cells = [...changed, ...unchangedCells(row, changed)];
        const values = [...valuesOf(cells), checklistId, id, current.version, row.next_due];
        return this.session.attempt(`UPDATE todo SET ${assignments(cells)} ${AS_IT_IS}`, values, again);
      },
      result: required,
    };
    return this.takenOut(checklistId, latest, target, guard, taking.record);
  }

  async discard(
    { checklistId, id, guard }: Command<"discardTask">,
    latest: number,
  ): Promise<Written<undefined>> {
    const taking = this.taking({ checklistId, id });
    const removal = this.parts.removal.of({ checklistId, id }, this.parts.clock.now(), latest);
    const target: Target<Task, undefined> = { ...removal, read: taking.read, result: () => undefined };
    const written = await this.takenOut(checklistId, latest, target, guard, taking.record);
    if (written.outcome === "written") await removal.finish();
    return written;
  }

  private async takenOut<R>(
    checklistId: string,
    latest: number,
    target: Target<Task, R>,
    guard: Guard,
    record: () => string | undefined,
  ): Promise<Written<R>> {
    const tried = new Set<string>();
    const noting: Target<Task, R> = {
      ...target,
      attempt: (...sending) => {
        tried.add(text(record()));
        return target.attempt(...sending);
      },
    };
    const written = await this.parts.partitions.alone(checklistId, latest, () =>
      writeConditionally(noting, guard, new Rounds(this.session, latest)),
    );
    if (written.outcome === "written") this.queue.leave(checklistId, tried);
    return written;
  }

  /** Reads a row of a list that is there; what is not in the trash counts as removed. */
  private taking(address: Address) {
    let found: Row | undefined;
    return {
      row: () => found,
      record: () => optionalText(found?.trash_record),
      read: async (settled: boolean): Promise<Stored<Task> | undefined> => {
        const checklist = await this.parts.checklists.find(address.checklistId);
        const row = checklist && (await this.row(address, settled));
        if (!row) return undefined;
        found = row;
        return { ...storedTask(row), removed: !isTrashed(row) };
      },
    };
  }

  private row({ checklistId, id }: Address, settled: boolean): Promise<Row | undefined> {
    return this.session.row(SELECT, [checklistId, id], settled ? this.session.serialRead : undefined);
  }
}
