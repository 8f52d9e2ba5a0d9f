import { STACKS } from "../../domain/deployment/stacks.ts";
import { causeOf } from "../../domain/deployment/stopped-tasks.ts";
import { lastPartOf } from "../../lib/arn.ts";
import { DeployError } from "./errors.ts";
import { reportFailure } from "./one-off.ts";
import type {
  FargateTasks,
  Logs,
  ServiceDeployment,
  ServiceState,
  Services,
  StackEvent,
  TaskState,
} from "./ports.ts";
import { minutes, type Run } from "./run.ts";

const TASK_DEFINITION_TYPE = "AWS::ECS::TaskDefinition";
/** ECS's message when it stops a task because another has replaced it. */
const REPLACED_PATTERN = /^Scaling activity initiated by/i;
const LOOK_AT_THE_LOG = "todos logs --since 15m --filter WARN shows what its tasks answered, and why";
/** What ECS says if an alarm and not its circuit breaker ended a deployment. */
const ALARM_PATTERN = /\balarm/i;
/** The alarm counts answers of all tasks, and ECS ignores it only if it was on before the deployment. */
const ALARM_ADVICE =
  "todos logs --since 15m --filter WARN shows the errors and their cause; if the version before caused them, run the same command again while the alarm is on: ECS ignores it then";
/** Failed tasks that are shown individually; all are counted. */
const FAILURES_SHOWN_MAX = 5;
/** A service without our deployment after this many checks has another one. */
const STRANGE_LOOKS_MAX = 6;

export interface ServiceParts {
  readonly services: Services;
  readonly tasks: FargateTasks;
  readonly logs: Logs;
  readonly run: Run;
  readonly cluster: string;
  readonly service: string;
  readonly logGroup: string;
}

/**
 * Watches a service while its stack is being changed: which deployment is ours, its progress, and which of
 * its tasks fail. A stack takes half an hour to give up on a task that failed in its first second.
 */
export class ServiceWatch {
  /** The task definition that the stack made in this change. */
  private taskDefinition: string | undefined;
  private deploymentId: string | undefined;
  private readonly told = new Map<string, string>();
  /** Why ECS has failed our deployment: by its circuit breaker, or for an alarm. */
  private givenUp: string | undefined;
  private readonly reported = new Set<string>();
  /** The cause of the first failed task; the others usually fail for the same reason. */
  private firstFailure: TaskState | undefined;

  constructor(private readonly parts: ServiceParts) {}

  get hasFailed(): boolean {
    return this.firstFailure !== undefined || this.givenUp !== undefined;
  }

  /** In words; undefined if nothing has failed yet. */
  get cause(): { readonly words: string; readonly advice: string } | undefined {
    if (this.firstFailure) return causeOf(this.firstFailure);
    if (this.givenUp === undefined) return undefined;
    return { words: this.givenUp, advice: this.isAlarmed ? ALARM_ADVICE : LOOK_AT_THE_LOG };
  }

  /** Whether only an alarm ended our deployment: its own tasks may be innocent. */
  get isAlarmed(): boolean {
    return this.firstFailure === undefined && ALARM_PATTERN.test(this.givenUp ?? "");
  }

  get deployment(): string | undefined {
    return this.deploymentId;
  }

  /** The service is deleted and created again with another deployment. */
  startAgain(): void {
    this.taskDefinition = undefined;
    this.deploymentId = undefined;
    this.givenUp = undefined;
  }

  /** One check; called while the stack is followed. */
  async look(events: readonly StackEvent[]): Promise<void> {
    const made = events.findLast(
      ({ type, status }) => type === TASK_DEFINITION_TYPE && /^(?:CREATE|UPDATE)_COMPLETE$/.test(status),
    );
    // Rolling back to the previous one is also an update, but not ours.
    if (made && this.taskDefinition === undefined) this.taskDefinition = made.physicalId;
    if (this.taskDefinition === undefined) return;
    await this.lookAt(this.taskDefinition);
  }

  /** Reads the deployment of a task definition. @returns it, once it exists, with its service */
  async lookAt(
    taskDefinition: string,
  ): Promise<{ ours: ServiceDeployment | undefined; state: ServiceState | undefined }> {
    const { services, cluster, service } = this.parts;
    const state = await services.service(cluster, service);
    const ours = state?.deployments.find(({ id, ...each }) =>
      this.deploymentId === undefined ? each.taskDefinition === taskDefinition : id === this.deploymentId,
    );
    if (ours) {
      this.deploymentId = ours.id;
      if (ours.rollout === "FAILED") this.givenUp ??= ours.reason ?? "ECS gives no reason";
      this.tell(ours);
    }
    const primary = state?.deployments.find(({ primary }) => primary);
    if (this.givenUp !== undefined && primary && primary.id !== this.deploymentId)
      this.tell(primary, "the rollback: ");
    if (this.deploymentId !== undefined) await this.reportFailures(this.deploymentId);
    return { ours, state };
  }

  /** @param which prefix of the message, for a deployment that is not ours */
  private tell(deployment: ServiceDeployment, which = ""): void {
    const { id, rollout, running, desired, failed } = deployment;
    const text = `${which}${progressOf(deployment)}`;
    if (this.told.get(id) === text) return;
    this.told.set(id, text);
    this.parts.run.reporter.report({
      event: "service",
      deployment: id,
      rollout,
      running,
      desired,
      failed,
      text,
    });
  }

  private async reportFailures(deployment: string): Promise<void> {
    const { tasks, cluster, service } = this.parts;
    const stopped = await tasks.list(cluster, { service, status: "STOPPED" });
    const fresh = stopped.filter((arn) => !this.reported.has(arn));
    if (fresh.length === 0) return;
    for (const task of await tasks.describe(cluster, fresh)) {
      if (task.lastStatus !== "STOPPED") continue;
      this.reported.add(task.arn);
      if (task.startedBy !== deployment || REPLACED_PATTERN.test(task.stoppedReason ?? "")) continue;
      await this.reportOne(task);
    }
  }

  private shown = 0;
  private async reportOne(task: TaskState): Promise<void> {
    this.firstFailure ??= task;
    if (this.shown++ < FAILURES_SHOWN_MAX) {
      await reportFailure(task, "a task of the service", this.parts.logGroup, this.parts);
    }
  }
}

function progressOf({ rollout, running, desired, failed, reason }: ServiceDeployment): string {
  const failures = failed > 0 ? `, ${failed} failed` : "";
  const end = rollout === "COMPLETED" ? ", complete" : rollout === "FAILED" ? `: ${reason ?? "failed"}` : "";
  return `${running} of ${desired} tasks run${failures}${end}`;
}

/**
 * Waits until our deployment is complete: found by its id, so that another's success is not mistaken for ours.
 * @returns the running tasks.
 * @throws DeployError `service` if it failed or another replaced it
 */
export async function awaitDeployment(
  taskDefinition: string,
  watch: ServiceWatch,
  parts: ServiceParts,
): Promise<readonly TaskState[]> {
  const { run } = parts;
  const deadline = run.now() + STACKS.ecs.deadlineMs;
  let strangeLooks = 0;
  for (;;) {
    const { ours, state } = await watch.lookAt(taskDefinition);
    if (ours?.rollout === "FAILED") throw await followRollback(ours, watch, parts);
    if (ours === undefined && watch.deployment !== undefined) throw await superseded(watch, state, parts);
    // For a while ECS may describe the service's old state.
    if (ours === undefined && state && ++strangeLooks > STRANGE_LOOKS_MAX)
      throw notOurs(taskDefinition, state);
    if (ours?.rollout === "COMPLETED" && ours.running >= ours.desired) {
      const running = await tasksOf(ours.id, parts);
      if (running) return running;
    }
    if (run.now() > deadline) {
      throw new DeployError(
        "deadline",
        `the service was not stable within ${minutes(STACKS.ecs.deadlineMs)}: ${ours?.running ?? 0} of ${ours?.desired ?? "its"} tasks run`,
        "todos status shows its tasks, todos logs their output",
      );
    }
    await run.pause();
  }
}

/** The running tasks of a deployment; undefined while another deployment's still run. */
async function tasksOf(deployment: string, parts: ServiceParts): Promise<readonly TaskState[] | undefined> {
  const { tasks, cluster, service } = parts;
  const arns = await tasks.list(cluster, { service, status: "RUNNING" });
  const found = await tasks.describe(cluster, arns);
  const running = found.filter(({ lastStatus }) => lastStatus === "RUNNING");
  const settled = found.length > 0 && found.length === running.length;
  return settled && running.every(({ startedBy }) => startedBy === deployment) ? running : undefined;
}

/** Follows the rollback until the service is what it was before. */
async function followRollback(
  failed: ServiceDeployment,
  watch: ServiceWatch,
  parts: ServiceParts,
): Promise<DeployError> {
  const { run } = parts;
  run.reporter.report({
    event: "waiting",
    text: "ECS stopped the new version; following its rollback",
  });
  const deadline = run.now() + STACKS.ecs.deadlineMs;
  for (;;) {
    const { state } = await watch.lookAt(failed.taskDefinition);
    const back = state?.deployments.find(({ id, primary }) => primary && id !== failed.id);
    if (back?.rollout === "COMPLETED") return serviceFailed(watch, await image(back.taskDefinition, parts));
    if (run.now() > deadline || back?.rollout === "FAILED") return serviceFailed(watch, undefined);
    await run.pause();
  }
}

async function superseded(
  watch: ServiceWatch,
  state: ServiceState | undefined,
  parts: ServiceParts,
): Promise<DeployError> {
  if (!watch.hasFailed) {
    return new DeployError(
      "service",
      "another deployment replaced this one before it was complete",
      "find out who else deploys (CloudTrail records every UpdateService), then run todos deploy again",
    );
  }
  return serviceFailed(watch, state && (await image(state.taskDefinition, parts)));
}

async function image(taskDefinition: string, { services }: ServiceParts): Promise<string | undefined> {
  return services.imageOf(taskDefinition);
}

/** @param servedImage what answers requests now; undefined: nothing, or unknown */
export function serviceFailed(watch: ServiceWatch, servedImage: string | undefined): DeployError {
  const { cause } = watch;
  const served = servedImage
    ? `it was rolled back, and ${servedImage.split("@").at(-1)} is serving again`
    : "no other version is serving";
  const what = watch.isAlarmed
    ? "tasks answered with server errors while the new version was rolled out"
    : "the new version failed";
  return new DeployError(
    "service",
    `${what}: ${cause?.words ?? "its tasks did not become healthy"}; ${served}`,
    cause?.advice ?? LOOK_AT_THE_LOG,
  );
}

function notOurs(taskDefinition: string, state: ServiceState): DeployError {
  return new DeployError(
    "service",
    `the service runs ${lastPartOf(state.taskDefinition)} and not ${lastPartOf(taskDefinition)}; its stack names the latter: someone changed the service, or the circuit breaker rolled it back`,
    "todos status shows its deployments; deploying another image replaces it",
  );
}
