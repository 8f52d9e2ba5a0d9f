import { textOf } from "../fields.ts";
import type { TaskRequest } from "./tasks.ts";

/** What happens to a task. Seconds are the model's time. Lines go to the task's log. */
export type TaskOutcome = (
  | { readonly kind: "runs" }
  | { readonly kind: "exits"; readonly code: number; readonly afterSeconds?: number }
  | { readonly kind: "outOfMemory"; readonly afterSeconds?: number }
  | { readonly kind: "cannotPull"; readonly reason?: string }
  | { readonly kind: "cannotStart"; readonly reason: string }
  | { readonly kind: "unhealthy" }
  /** Stays PENDING until it is stopped. */
  | { readonly kind: "stuck" }
) & { readonly lines?: readonly string[]; readonly startSeconds?: number };

export interface WhichTasks {
  /** The first word of the command: `migrate`. */
  readonly command?: string;
  /** Part of the image's reference, such as a digest. */
  readonly image?: string;
  /** `service:todos`, `family:todos-one-off`. */
  readonly group?: string;
  /** Default: all tasks from now on. */
  readonly times?: number;
}

/** Tasks whose behaviour a test plants. The last plant wins. */
export class TaskPlants {
  readonly #scripts: { readonly which: WhichTasks; readonly outcome: TaskOutcome; left: number }[] = [];
  readonly #refusals: string[] = [];

  script(which: WhichTasks, outcome: TaskOutcome): void {
    this.#scripts.unshift({ which, outcome, left: which.times ?? Number.POSITIVE_INFINITY });
  }

  /**
   * Makes the next RunTask find no capacity:
   * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
   */
  refuse(
    reason = "Capacity is unavailable at this time. Please try again later or in a different availability zone",
  ): void {
    this.#refusals.push(reason);
  }

  nextRefusal(): string | undefined {
    return this.#refusals.shift();
  }

  /** By default, a service's task runs, and a task with its own command exits with 0. */
  outcomeOf(task: TaskRequest): TaskOutcome {
    const script = this.#scripts.find(({ which, left }) => left > 0 && isFor(which, task));
    if (script !== undefined) script.left--;
    const byDefault = task.group.startsWith("service:")
      ? { kind: "runs" as const }
      : { kind: "exits" as const, code: 0 };
    return script?.outcome ?? byDefault;
  }
}

function isFor({ command, image, group }: WhichTasks, task: TaskRequest): boolean {
  if (command !== undefined && task.command[0] !== command) return false;
  if (group !== undefined && task.group !== group) return false;
  return image === undefined || (textOf(task.definition.container, "Image") ?? "").includes(image);
}
