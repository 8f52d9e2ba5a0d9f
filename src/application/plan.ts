import { type Following, withoutRepeat } from "../domain/series.ts";
import type { Task } from "../domain/task.ts";
import type { NeedsPlan, Plan } from "./commands.ts";

/** What a store writes where an edit completes a task that repeats. */
interface Continued {
  /** The completed task, without its rule. */
  readonly row: Task;
  /** What to make the next task from; absent: the series has ended. */
  readonly following?: Following;
}

/**
 * What to write, or that the command needs a plan for the version it meets.
 * @param after the task as the edit leaves it, with its rule
 */
export function continuedSeries(before: Task, after: Task, plan: Plan | undefined): Continued | NeedsPlan {
  if (plan?.forVersion !== before.version)
    return { outcome: "needs-plan", forVersion: before.version, row: after };
  const { next } = plan;
  if (next === undefined) return { row: withoutRepeat(after) };
  const { checklistId, repeatFrom } = after;
  return {
    row: withoutRepeat(after, { checklistId, id: next.id }),
    following: { ...next, ...(repeatFrom === undefined ? {} : { repeatFrom }) },
  };
}
