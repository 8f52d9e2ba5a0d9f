import type { Engine } from "./engine.ts";
import { DeployError } from "./errors.ts";
import { type OneOffPlace, runOneOff } from "./one-off.ts";
import type { TaskState } from "./ports.ts";

const SERVICE_PORT = 8181;
/** Services with many tasks are checked in batches: one-off tasks cost money and quota. */
export const SMOKES_AT_ONCE_MAX = 10;

/** What is checked. */
export interface Smoked {
  /** A rerun joins checks of the same deployment. */
  readonly deployment: string;
  /** The checks make a token for themselves: the task where they run can write to the service's keyspace. */
  readonly hasAccounts: boolean;
}

/**
 * The acceptance checks against each task by its own address, from a task inside the subnets.
 * @throws DeployError `smoke` if a task did not pass
 */
export async function smokeTasks(
  tasks: readonly TaskState[],
  smoked: Smoked,
  place: OneOffPlace,
  engine: Engine,
): Promise<void> {
  const failed: string[] = [];
  for (let first = 0; first < tasks.length; first += SMOKES_AT_ONCE_MAX) {
    const some = tasks.slice(first, first + SMOKES_AT_ONCE_MAX);
    const ends = await Promise.allSettled(some.map((task) => smokeOne(task, smoked, place, engine)));
    for (const [index, end] of ends.entries()) {
      if (end.status === "fulfilled") continue;
      if (!(end.reason instanceof DeployError) || end.reason.code !== "task") throw end.reason;
      failed.push(some[index]?.address ?? "");
    }
  }
  if (failed.length === 0) return;
  throw new DeployError(
    "smoke",
    `the service is running but failed its smoke test at ${failed.join(", ")}`,
    "the output above shows which check failed; todos rollback returns to the last good image",
  );
}

async function smokeOne(
  task: TaskState,
  { deployment, hasAccounts }: Smoked,
  place: OneOffPlace,
  engine: Engine,
): Promise<void> {
  if (task.address === undefined) {
    throw new DeployError(
      "task",
      `task ${task.arn} has no address`,
      "run todos deploy again; it changes nothing else",
    );
  }
  const url = `http://${task.address}:${SERVICE_PORT}`;
  await runOneOff(
    {
      purpose: `smoke of ${task.address}`,
      command: hasAccounts ? ["smoke", "--make-token", url] : ["smoke", url],
      about: `smoke ${deployment} ${task.arn}`,
    },
    place,
    engine,
  );
}
