import type { Violation } from "./errors.ts";

/** How a task repeats; empty: it doesn't. */
interface Repeat<Origin> {
  readonly repeat?: string;
  readonly repeatFrom?: Origin;
}

/** Of a change, what concerns the rule. */
interface Wanted<Origin> {
  readonly repeat?: string | null;
  readonly repeatFrom?: Origin | null;
  readonly status?: string;
  readonly completed?: boolean;
}

/** What is known of a task when its rule is settled. */
interface Settled {
  readonly status: string;
  readonly dueDate: string | null | undefined;
}

type Before<Origin> = Repeat<Origin> & Pick<Settled, "status">;

const NONE = {};

/** How a task repeats after a write, or why it can't. @param before the stored task; absent: it is new */
export function settledRepeat<Origin extends string>(
  change: Wanted<Origin>,
  now: Settled,
  before?: Before<Origin>,
): Repeat<Origin> | Violation {
  if (change.repeat === undefined && change.repeatFrom === undefined && before?.repeat === undefined)
    return NONE;
  if (completesAgain(change, now, before)) return NONE;
  const repeat = change.repeat === undefined ? before?.repeat : (change.repeat ?? undefined);
  if (repeat === undefined) {
    const alone = typeof change.repeatFrom === "string";
    return alone ? { pointer: "/repeatFrom", detail: "needs a repeat, whose dates it counts from" } : NONE;
  }
  const refusal = typeof change.repeat === "string" ? completedProblem(now, before) : undefined;
  if (refusal) return refusal;
  if (typeof now.dueDate !== "string")
    return { pointer: "/repeat", detail: "needs a dueDate, the first day of the series" };
  const repeatFrom = change.repeatFrom === undefined ? before?.repeatFrom : change.repeatFrom;
  return { repeat, ...(typeof repeatFrom === "string" ? { repeatFrom } : {}) };
}

/**
 * The request that completed the task comes again, with the rule the task had then: the rule has gone on to the next
 * task, and must not start a second series.
 */
function completesAgain(change: Wanted<string>, now: Settled, before: Before<string> | undefined): boolean {
  const says = change.status !== undefined || change.completed !== undefined;
  return says && before?.status === "completed" && now.status === "completed";
}

function completedProblem({ status }: Settled, before: Before<string> | undefined): Violation | undefined {
  if (status !== "completed" || (before && before.status !== "completed")) return undefined;
  return {
    pointer: "/repeat",
    detail: "can't be set on a task that is already completed; make the task pending, or leave repeat out",
  };
}
