import { TodosError } from "../domain/errors.ts";
import { type Neighbours, type Position, rankBetween } from "../domain/rank.ts";
import type { Task } from "../domain/task.ts";
import type { UseCaseDeps } from "./checklists.ts";
import type { TaskReader } from "./store.ts";

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
  const [low, high] = await Promise.all([
    neighbour(store, checklistId, after, "after"),
    neighbour(store, checklistId, before, "before"),
  ]);
  const placement = rankBetween({ ...low, ...high }, clock.now(), random);
  switch (placement.outcome) {
    case "placed":
      return placement.rank;
    case "out-of-order":
      throw outOfOrder("The task named in /position/after does not come before the one in /position/before.");
    case "no-room":
      throw new TodosError(
        "conflict",
        "There is no room left between these neighbours. Move one of them, and then this task.",
      );
  }
}

async function neighbour(
  store: TaskReader,
  checklistId: string,
  id: string | null,
  side: keyof Neighbours,
): Promise<{ readonly [S in keyof Neighbours]?: Task }> {
  if (id === null) return {};
  const task = await store.findTask(checklistId, id);
  if (task) return { [side]: task };
  throw new TodosError(
    "not-found",
    `The task named in /position/${side} is not in this checklist (any more).`,
  );
}

function outOfOrder(message: string): TodosError {
  return new TodosError("out-of-order", message);
}
