import { TASK_DEADLINE_MS } from "../../domain/deployment/durations.ts";
import { causeOf } from "../../domain/deployment/stopped-tasks.ts";
import { lastPartOf } from "../../lib/arn.ts";
import { DeployError } from "./errors.ts";
import type { FargateTasks, Logs, TaskState } from "./ports.ts";
import { minutes, type Run } from "./run.ts";

/** Limit on failures of earlier runs to skip, and on starts without capacity or role. */
const ATTEMPTS_MAX = 8;
/** For a while ECS may not know a task that it has just created: after this many checks it counts as forgotten. */
const UNKNOWN_LOOKS_MAX = 6;
const CAPACITY_PAUSE_MS = 15_000;
export const CONTAINER = "todos";
const LOG_LINES = 20;
/** Log lines may arrive after the task has stopped: this many more checks, a second apart. */
const LOG_LOOKS_MAX = 3;
const LOG_LOOK_MS = 1_000;

export interface OneOffParts {
  readonly tasks: FargateTasks;
  readonly logs: Logs;
  readonly run: Run;
}

export interface OneOffPlace {
  readonly cluster: string;
  readonly taskDefinition: string;
  readonly subnets: readonly string[];
  readonly securityGroup: string;
  readonly logGroup: string;
}

export interface OneOffWork {
  /** `migrate`, `smoke of 10.0.1.5`. */
  readonly purpose: string;
  readonly command: readonly string[];
  /** Identifies the work: with the same value, a rerun joins an existing task instead of starting another. */
  readonly about: string;
  /** How long it usually takes, ms; shown when it starts. */
  readonly usualMs?: number;
  /** It is stopped after this, ms; absent: the limit for short tasks. */
  readonly deadlineMs?: number;
}

/**
 * Runs a task of our image to its end. Its token is derived from its purpose, so that a killed deploy that runs again
 * finds the task in progress, or done; a failure of an earlier run is tried again.
 * @throws DeployError `task` if it fails
 */
export async function runOneOff(
  work: OneOffWork,
  place: OneOffPlace,
  parts: OneOffParts,
): Promise<TaskState> {
  const { run } = parts;
  let why = "";
  let failed: TaskState | undefined;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const started = await start(work, place, attempt, parts);
    if ("refused" in started) {
      why = started.refused;
      failed = undefined;
      run.reporter.report({
        event: "waiting",
        text: `${work.purpose}: the task can't be started yet (${why})`,
      });
      await run.pause(CAPACITY_PAUSE_MS);
      continue;
    }
    const { task, alreadyOver } = await follow(started.arn, work, place, parts);
    if (task === undefined) continue;
    if (task.exitCode === 0) {
      tell(run, work, task, alreadyOver ? "already done by an earlier run" : "done");
      return task;
    }
    failed = task;
    if (!alreadyOver) break;
  }
  // Tasks that end before they are first checked may all belong to this run.
  if (failed !== undefined) {
    await reportFailure(failed, work.purpose, place.logGroup, parts);
    const { words, advice } = causeOf(failed);
    throw new DeployError("task", `${work.purpose} failed: ${words}`, advice);
  }
  throw new DeployError(
    "task",
    `${work.purpose} could not be started after ${ATTEMPTS_MAX} attempts${why === "" ? "" : `: ${why}`}`,
    "this is usually temporary: run todos deploy again; if it keeps failing, check the account's Fargate quota",
  );
}

async function start(
  { command, about, purpose }: OneOffWork,
  place: OneOffPlace,
  attempt: number,
  { tasks, run }: OneOffParts,
): Promise<{ readonly arn: string } | { readonly refused: string }> {
  const { cluster, taskDefinition, subnets, securityGroup } = place;
  run.check();
  const request = { cluster, taskDefinition, command, subnets, securityGroup };
  // ECS refuses a token that it knows with another request.
  const name = run.parts.deployer.hash(JSON.stringify([request, about, attempt])).slice(0, 40);
  return tasks.run({
    ...request,
    token: `todos-${name}`,
    startedBy: `todos-${purpose.split(" ")[0]}`,
  });
}

/** @returns the stopped task; undefined if ECS has forgotten it. `alreadyOver`: it had ended when first seen. */
async function follow(
  arn: string,
  work: OneOffWork,
  { cluster }: OneOffPlace,
  { tasks, run }: OneOffParts,
): Promise<{ readonly task: TaskState | undefined; readonly alreadyOver: boolean }> {
  const deadlineMs = work.deadlineMs ?? TASK_DEADLINE_MS;
  const deadline = run.now() + deadlineMs;
  let seen: string | undefined;
  let unknownLooks = 0;
  for (;;) {
    const [task] = await tasks.describe(cluster, [arn]);
    if (task === undefined && ++unknownLooks > UNKNOWN_LOOKS_MAX)
      return { task: undefined, alreadyOver: true };
    if (task?.lastStatus === "STOPPED") return { task, alreadyOver: seen === undefined };
    if (task && task.lastStatus !== seen) {
      seen = task.lastStatus;
      tell(run, work, task, `${task.lastStatus.toLowerCase()}${usually(work, task)}`);
    }
    if (run.now() > deadline) {
      await tasks.stop(cluster, arn, `todos: ${work.purpose} took longer than ${minutes(deadlineMs)}`);
      throw new DeployError(
        "deadline",
        `${work.purpose} did not finish within ${minutes(deadlineMs)} and was stopped`,
        "its log shows what it was waiting for: todos logs",
      );
    }
    await run.pause();
  }
}

function usually({ usualMs }: OneOffWork, { lastStatus }: TaskState): string {
  return usualMs === undefined || lastStatus !== "RUNNING" ? "" : `, usually for about ${minutes(usualMs)}`;
}

/** Shows why a task stopped: what ECS says, its exit code, its last log lines, and the cause in words. */
export async function reportFailure(
  task: TaskState,
  purpose: string,
  logGroup: string,
  { logs, run }: Pick<OneOffParts, "logs" | "run">,
): Promise<void> {
  const { words, advice } = causeOf(task);
  const reason = task.containerReason ?? task.stoppedReason;
  run.reporter.report({
    event: "task-failed",
    purpose,
    task: task.arn,
    cause: words,
    advice,
    ...(reason !== undefined && { stoppedReason: reason }),
    ...(task.exitCode !== undefined && { exitCode: task.exitCode }),
    ...(task.stoppedAt !== undefined && { stoppedAt: task.stoppedAt }),
    logLines: await lastLines(task, logGroup, { logs, run }),
    at: run.now(),
  });
}

async function lastLines(
  task: TaskState,
  logGroup: string,
  { logs, run }: Pick<OneOffParts, "logs" | "run">,
): Promise<string[]> {
  const stream = `${CONTAINER}/${CONTAINER}/${lastPartOf(task.arn)}`;
  // A task whose program never started has none.
  const looks = task.exitCode === undefined ? 1 : LOG_LOOKS_MAX;
  for (let look = 0; look < looks; look++) {
    const lines = await logs.last(logGroup, stream, LOG_LINES);
    if (lines.length > 0) return lines.map(({ text }) => text);
    if (look + 1 < looks) await run.pause(LOG_LOOK_MS);
  }
  return [];
}

function tell(run: Run, { purpose }: OneOffWork, task: TaskState, text: string): void {
  run.reporter.report({ event: "task", purpose, task: task.arn, status: task.lastStatus, text });
}
