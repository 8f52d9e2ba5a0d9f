import type { Log, Written } from "../../application/ports.ts";
import type { Following } from "../../domain/series.ts";
import type { Task } from "../../domain/task.ts";
import type { TaskRef } from "../../domain/task-ref.ts";
import type { Guard } from "../../domain/version.ts";
import { type Target, writeConditionally } from "./conditional.ts";
import type { NextTasks } from "./next-tasks.ts";
import type { Partitions } from "./partitions.ts";
import { Rounds } from "./rounds.ts";
import type { Stored } from "./rows.ts";
import type { Session } from "./session.ts";

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
  /** Also sees what has begun. */
  settled(checklistId: string, id: string): Promise<Stored<Task> | undefined>;
}

/** Writes to tasks that may belong to a series: their next ones have been made by then. */
export class Series {
  constructor(
    private readonly session: Session,
    private readonly partitions: Partitions,
    private readonly log: Log,
    private readonly next: NextTasks,
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
   * otherwise the next reader of that one would make this one again.
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

  finish(done: Task, following: Following, latest: number): Promise<void> {
    return this.next.finish(done, following, latest);
  }

  /** Whatever a read met. If it fails, the read still answers, and the next one tries again. */
  async finishMet(checklistId: string, ids: readonly string[]): Promise<void> {
    const latest = performance.now() + FINISHING_MS_MAX;
    const finishing = ids.slice(0, FINISHED_PER_READ_MAX).map((id) => this.finishAt(checklistId, id, latest));
    for (const one of await Promise.allSettled(finishing)) {
      if (one.status === "rejected")
        this.log.warn(
          "the next task of a series could not be created; the next reader of its list tries again",
          {
            error: one.reason,
          },
        );
    }
  }

  /** @throws TodosError store-unavailable if it is not certain that the task is finished */
  async finishAt(checklistId: string, id: string, latest: number): Promise<void> {
    const found = await this.tasks.settled(checklistId, id);
    // A copy on its way from another list may never arrive.
    if (found?.following && !found.removed) await this.next.finish(found.value, found.following, latest);
  }
}

function isFollower<W>(written: W | Follower): written is Follower {
  return typeof written === "object" && written !== null && "previous" in written;
}

function isUnfinished<W>(written: W | Unfinished): written is Unfinished {
  return typeof written === "object" && written !== null && "unfinished" in written;
}
