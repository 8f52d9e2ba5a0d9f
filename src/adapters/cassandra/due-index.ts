import type { Log } from "../../application/ports.ts";
import { type DuePlace, duePlace, isSamePlace } from "../../domain/agenda.ts";
import { TodosError } from "../../domain/errors.ts";
import type { Task } from "../../domain/task.ts";
import { text, whole } from "./rows.ts";
import type { Param, Row, Session } from "./session.ts";

/** Statements of a batch, Amazon Keyspaces' limit for unlogged ones. */
const REMOVED_TOGETHER = 30;

const ADD = "INSERT INTO task_due (checklist_id, due_date, task_id, version) VALUES (?, ?, ?, ?)";
const OF_TASK = "SELECT version FROM task_due WHERE checklist_id = ? AND due_date = ? AND task_id = ?";
const OF_LIST = "SELECT due_date, task_id, version FROM task_due WHERE checklist_id = ? LIMIT ?";
const REMOVE_LIST = "DELETE FROM task_due WHERE checklist_id = ?";
const REMOVE = "DELETE FROM task_due WHERE checklist_id = ? AND due_date = ? AND task_id = ? AND version = ?";

/**
 * The table of open tasks by due date, which the agenda reads. Every write of a task passes through here twice, with the
 * task as it was and as it becomes; undefined: not there for readers.
 *
 * An entry is named by the version with which its task comes to a date, and written before the task. So there is none
 * missing, whatever fails in between, and one too many does no harm: readers compare each with its task. A name is never
 * used again, since a row has each version once: a removal that arrives late, or twice, hits nothing newer.
 */
export class DueIndex {
  constructor(
    private readonly session: Session,
    private readonly log?: Log,
  ) {}

  /**
   * Call it before the transaction that makes `after`, with each attempt.
   * @returns undefined if there is nothing to wait for
   * @throws TodosError store-unavailable: the transaction must not be sent
   */
  prepare(before: Task | undefined, after: Task): Promise<void> | undefined {
    const place = duePlace(after);
    if (place === undefined || isSamePlace(place, duePlace(before))) return undefined;
    return this.add(place, after.version);
  }

  /**
   * Call it after that transaction was applied. What it can't remove is left for readers.
   * @returns undefined if there is nothing to wait for
   */
  settle(before: Task, after: Task | undefined): Promise<void> | undefined {
    const place = duePlace(before);
    if (place === undefined || isSamePlace(place, duePlace(after))) return undefined;
    return this.leave(place, before.version);
  }

  add({ checklistId, dueDate, id }: DuePlace, version: number): Promise<void> {
    return this.session.write(ADD, [checklistId, dueDate, id, version]);
  }

  /** One entry, which its task is known to have left: the task has this version, or a later one. */
  remove({ checklistId, dueDate, id }: DuePlace, version: number): Promise<void> {
    return this.session.write(REMOVE, [checklistId, dueDate, id, version]);
  }

  /** All of a list that is gone for good. What a late write adds afterwards is never read. */
  async removeList(checklistId: string): Promise<void> {
    if (this.session.rules.rangeDeleteRowsMax === undefined)
      return this.session.write(REMOVE_LIST, [checklistId]);
    for (;;) {
      const rows = await this.session.rowsUpTo(OF_LIST, [checklistId, REMOVED_TOGETHER], REMOVED_TOGETHER);
      if (rows.length === 0) return;
      const place = ({ due_date, task_id, version }: Row) => [text(due_date), text(task_id), whole(version)];
      await this.session.batch(rows.map((row) => ({ query: REMOVE, params: [checklistId, ...place(row)] })));
    }
  }

  /** @param last the version with which the task was there last */
  private async leave(place: DuePlace, last: number): Promise<void> {
    const key: readonly Param[] = [place.checklistId, place.dueDate, place.id];
    try {
      const versions = (await this.session.rows(OF_TASK, key)).map(({ version }) => whole(version));
      // A later one may be of a write in progress, which brings the task back.
      await Promise.all(
        versions.filter((each) => each <= last).map((version) => this.remove(place, version)),
      );
    } catch (error) {
      if (!(error instanceof TodosError)) throw error;
      this.log?.warn("an entry of the agenda was left behind; its next reader removes it", { error });
    }
  }
}
