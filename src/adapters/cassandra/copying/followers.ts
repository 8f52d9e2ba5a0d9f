import { boundedly } from "../../../application/copy/work.ts";
import type { Checklist } from "../../../domain/checklist.ts";
import { DueIndex } from "../due-index.ts";
import { insertedOnce } from "../insert.ts";
import { NextTasks } from "../next-tasks.ts";
import { Rounds } from "../rounds.ts";
import { isUnfinished, storedTask } from "../rows.ts";
import type { Row, Session } from "../session.ts";
import { OPERATION_DEADLINE_MS } from "../settings.ts";
import { CREATION, TaskCreation } from "../task-creation.ts";
import { taskInsertion } from "../tasks.ts";

const FINISHED_AT_ONCE = 8;

/**
 * Makes the next tasks of completed ones whose instance died before it did, as every reader does: a copy can't make them,
 * because it has no cell for that.
 */
export class Followers {
  private readonly next: NextTasks;

  /** @param find also finds lists in the trash, which are copied too */
  constructor(session: Session, find: (id: string) => Promise<Checklist | undefined>) {
    const insert = (...[row, latest, creation]: Parameters<TaskCreation["create"]>) => {
      const { query, params } = taskInsertion(row, creation);
      return insertedOnce(
        (again) => session.attempt(query, params, again),
        () => session.row(CREATION, [row.checklistId, row.id], session.serialRead),
        new Rounds(session, latest),
      );
    };
    const creation = new TaskCreation(session, { find }, new DueIndex(session), insert);
    this.next = new NextTasks(session, creation, { now: Date.now });
  }

  /**
   * @param rows of one list, those on their way left out
   * @returns whether there were any: then the rows must be read again
   * @throws TodosError store-unavailable
   */
  async finished(rows: readonly Row[]): Promise<boolean> {
    const unfinished = rows.filter(isUnfinished);
    await boundedly(unfinished, FINISHED_AT_ONCE, async (row) => {
      const { value, following, removed } = storedTask(row);
      if (!following || removed) return;
      await this.next.finish(value, following, performance.now() + OPERATION_DEADLINE_MS);
    });
    return unfinished.length > 0;
  }
}
