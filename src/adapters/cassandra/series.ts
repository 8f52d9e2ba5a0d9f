import type { Clock, Log, Written } from "../../application/ports.ts";
import { type Following, nextTask } from "../../domain/series.ts";
import type { Task } from "../../domain/task.ts";
import type { TaskRef } from "../../domain/task-ref.ts";
import type { Guard } from "../../domain/version.ts";
import { settledBy, type Target, writeConditionally } from "./conditional.ts";
import type { Creation, Made } from "./creation.ts";
import type { Partitions } from "./partitions.ts";
import { Rounds } from "./rounds.ts";
import { followingCell, NEXT_MADE, newWriteId, optionalText, type Stored } from "./rows.ts";
import type { Session } from "./session.ts";

/**
 * Conditional on what it was made from, so that it hits nothing if the task was completed once more since. The version
 * stays: nobody can see a difference.
 */
const MADE = "UPDATE todo SET next_due = ? WHERE checklist_id = ? AND id = ? IF next_due = ?";

/** Instead of a request's, in the cell that says who created a task. */
const SCOPE = "next";

/** Unfinished tasks that one read finishes, so that it answers in time; the next read goes on. */
const FINISHED_PER_READ_MAX = 8;
/** And the time it takes for that, ms. */
const FINISHING_MS_MAX = 2_000;

/** The task has to be finished before anything else is written to it. */
interface Unfinished {
  readonly unfinished: string;
}

/** The task comes after this one. */
interface Follower {
  readonly previous: TaskRef;
}

/** Runs attempts at one write when it is their turn. */
type InTurn = <T>(attempts: () => Promise<T>) => Promise<T>;

/** What it needs of a cluster's tasks. */
interface Tasks {
  /** Inserts a row if its list exists and the row doesn't. */
  make(row: Task, latest: number, creation: Creation): Promise<Made>;
  /** Removes the row if that creation made it, and `madeBy` is another one. */
  takeBack(row: Task, creation: Creation, madeBy: string, latest: number): Promise<void>;
  /** Also sees what has begun. */
  settled(checklistId: string, id: string): Promise<Stored<Task> | undefined>;
}

/**
 * Makes the next task of a series. The transaction that completes a task also stores what the next one is made from;
 * then the next one is inserted, if it doesn't exist; then the completed one is marked as finished. Anyone who meets a
 * task between the first step and the last repeats the other two, so that a crash leaves nothing half done for good.
 */
export class Series {
  constructor(
    private readonly session: Session,
    private readonly partitions: Partitions,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly tasks: Tasks,
  ) {}

  /** Writes to one task, whose next one has been made by then. */
  async write<R, S = never>(
    checklistId: string,
    target: Target<Task, R, S>,
    guard: Guard,
    latest: number,
    inTurn: InTurn = (attempts) => this.partitions.alone(checklistId, latest, attempts),
  ): Promise<Written<R> | S> {
    const careful: Target<Task, R, S | Unfinished> = {
      ...target,
      next: (current, stored) =>
        stored.following ? { stopped: { unfinished: current.id } } : target.next(current, stored),
    };
    for (;;) {
      const written = await inTurn(() =>
        writeConditionally(careful, guard, new Rounds(this.session, latest)),
      );
      if (!isUnfinished(written)) return written;
      // Not in the turn: the insert takes one of its own.
      await this.finishAt(checklistId, written.unfinished, latest);
    }
  }

  /** Writes that a task is gone, as {@link leaving} does, and in the turn of its list. */
  removal(
    checklistId: string,
    target: Target<Task, undefined>,
    guard: Guard,
    latest: number,
  ): Promise<Written<undefined>> {
    const inTurn: InTurn = (attempts) => this.partitions.alone(checklistId, latest, attempts);
    return this.leaving(checklistId, target, guard, latest, inTurn);
  }

  /**
   * Writes that a task is not in its list any more. The one before it in its series is marked as finished first:
   * otherwise whoever meets that one would make this one again.
   */
  async leaving<R, S = never>(
    checklistId: string,
    target: Target<Task, R, S>,
    guard: Guard,
    latest: number,
    inTurn: InTurn = (attempts) => attempts(),
  ): Promise<Written<R> | S> {
    const alone: Target<Task, R, S | Follower> = {
      ...target,
      next: (current, stored) =>
        current.previous ? { stopped: { previous: current.previous } } : target.next(current, stored),
    };
    const written = await this.write(checklistId, alone, guard, latest, inTurn);
    if (!isFollower(written)) return written;
    await this.finishAt(written.previous.checklistId, written.previous.id, latest);
    return this.write(checklistId, target, guard, latest, inTurn);
  }

  /**
   * The new task has the time of now, whatever the time of its completion: a deletion soon afterwards must count as one
   * of a young task, which holds off an insert that arrives late.
   * @throws TodosError store-unavailable if that is not certain
   */
  async finish(done: Task, following: Following, latest: number): Promise<void> {
    const next = nextTask(done, following, this.clock.now());
    const creation = { scope: SCOPE, key: done.id, owner: newWriteId() };
    const made = await settledBy(() => this.tasks.make(next, latest, creation));
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

  /** Whatever a read met. If it fails, the read still answers, and the next one tries again. */
  async finishMet(checklistId: string, ids: readonly string[]): Promise<void> {
    const latest = performance.now() + FINISHING_MS_MAX;
    const finishing = ids.slice(0, FINISHED_PER_READ_MAX).map((id) => this.finishAt(checklistId, id, latest));
    for (const one of await Promise.allSettled(finishing)) {
      if (one.status === "rejected")
        this.log.warn("the next task of a series could not be made; whoever reads its list tries again", {
          error: one.reason,
        });
    }
  }

  /** @throws TodosError store-unavailable if it is not certain that the task is finished */
  async finishAt(checklistId: string, id: string, latest: number): Promise<void> {
    const found = await this.tasks.settled(checklistId, id);
    // A copy on its way from another list may never arrive.
    if (found?.following && !found.removed) await this.finish(found.value, found.following, latest);
  }
}

function isFollower<W>(written: W | Follower): written is Follower {
  return typeof written === "object" && written !== null && "previous" in written;
}

function isUnfinished<W>(written: W | Unfinished): written is Unfinished {
  return typeof written === "object" && written !== null && "unfinished" in written;
}
