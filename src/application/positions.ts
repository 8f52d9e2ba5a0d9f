import { TodosError } from "../domain/errors.ts";
import { type Neighbours, type Position, rankBetween } from "../domain/rank.ts";
import type { Task } from "../domain/task.ts";
import type { UseCaseDeps } from "./checklists.ts";

/**
 * A rank for the task `id` between two others of a list, as they are now. Whether something else is between them is not
 * looked at: the client named the neighbours that it saw.
 * @throws TodosError not-found, out-of-order, conflict
 */
export async function rankAt(
  { store, clock, random }: Pick<UseCaseDeps, "store" | "clock" | "random">,
  checklistId: string,
  id: string,
  { after, before }: Position,
): Promise<string> {
  if (after === id || before === id) throw outOfOrder("A task can't be its own neighbour.");
  const [low, high] = await Promise.all(
    [after, before].map((named) => (named === null ? null : store.findTask(checklistId, named))),
  );
  const neighbours = { ...there(low, "after"), ...there(high, "before") };
  const placement = rankBetween(neighbours, clock.now(), random);
  switch (placement.outcome) {
    case "placed":
      return placement.rank;
    case "out-of-order":
      throw outOfOrder("The task named in /position/after does not come before the one in /position/before.");
    case "no-room":
      throw new TodosError(
        "conflict",
        "There is no room left between these neighbours. Move one of them first, then this task.",
      );
  }
}

/** @param task null: none is named; undefined: the one that is named is gone */
function there(task: Task | null | undefined, side: keyof Neighbours): Neighbours {
  if (task === null) return {};
  if (task) return { [side]: task };
  throw new TodosError(
    "not-found",
    `The task named in /position/${side} is not in this checklist (any more).`,
  );
}

function outOfOrder(message: string): TodosError {
  return new TodosError("out-of-order", message);
}
