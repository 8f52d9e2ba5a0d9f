import type { Clock } from "../../application/ports.ts";
import { type Following, nextTask } from "../../domain/series.ts";
import type { Task } from "../../domain/task.ts";
import { settledBy } from "./conditional.ts";
import { Rounds } from "./rounds.ts";
import { followingCell, NEXT_MADE, newWriteId, optionalText } from "./rows.ts";
import type { Session } from "./session.ts";
import type { TaskCreation } from "./task-creation.ts";

/**
 * Conditional on what it was made from, so that it hits nothing if the task was completed once more since. The version
 * stays: nobody can see a difference.
 */
const MADE = "UPDATE todo SET next_due = ? WHERE checklist_id = ? AND id = ? IF next_due = ?";

/** Instead of a request's, in the cell that says who created a task. */
const SCOPE = "next";

/**
 * Makes the next task of a series. The transaction that completes a task also stores what the next one is made from;
 * then the next one is inserted, if it doesn't exist; then the completed one is marked as finished. Anyone who meets a
 * task between the first step and the last repeats the other two, so that a crash leaves nothing half done for good.
 */
export class NextTasks {
  constructor(
    private readonly session: Session,
    private readonly tasks: TaskCreation,
    private readonly clock: Clock,
  ) {}

  /**
   * The new task has the time of now, whatever the time of its completion: a deletion soon afterwards must count as one
   * of a young task, which holds off an insert that arrives late.
   * @throws TodosError store-unavailable if that is not certain
   */
  async finish(done: Task, following: Following, latest: number): Promise<void> {
    const next = nextTask(done, following, this.clock.now());
    const creation = { scope: SCOPE, key: done.id, owner: newWriteId() };
    const made = await settledBy(() => this.tasks.create(next, latest, creation));
    // Without its list nobody sees the task, until the list is restored.
    if (made.outcome === "missing") return;
    const maker = await this.mark(done, following, made.by ?? NEXT_MADE, latest);
    // Ours is the second one: the first, by another maker, was deleted before ours arrived.
    const again = made.by === creation.owner && maker !== undefined && maker !== creation.owner;
    if (again) await settledBy(() => this.tasks.takeBack(next, creation, maker, latest));
  }

  /**
   * It must be certain: once the next task has been deleted, finishing again would bring it back.
   * @param by who made the next task
   * @returns who did according to an earlier mark; undefined: it is marked now, or gone, or nobody knows
   */
  private async mark(
    { checklistId, id }: Task,
    following: Following,
    by: string,
    latest: number,
  ): Promise<string | undefined> {
    const params = [by, checklistId, id, followingCell(following)];
    const rounds = new Rounds(this.session, latest);
    while ((await rounds.begin()) && rounds.mayTry()) {
      const answer = await settledBy(() => this.session.attempt(MADE, params, rounds.again));
      if (answer?.["[applied]"] === true) return undefined;
      if (answer) return optionalText(answer.next_due) || undefined;
    }
    throw rounds.end(true);
  }
}
