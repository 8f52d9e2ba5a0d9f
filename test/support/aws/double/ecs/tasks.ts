import { fieldsOf, textOf, textsOf } from "../fields.ts";
import type { Resolved } from "../images.ts";
import type { Logs } from "../logs.ts";
import { migrate } from "../migrations.ts";
import { baseName } from "../resource-types.ts";
import type { World } from "../world.ts";
import { logPlaceOf, platformOf, type TaskDefinition } from "./definitions.ts";
import type { TaskOutcome, TaskPlants } from "./plants.ts";

export interface TaskRequest {
  readonly cluster: string;
  readonly definition: TaskDefinition;
  readonly command: readonly string[];
  readonly group: string;
  readonly startedBy: string | undefined;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly tags: unknown;
  /** Whether ECS Exec's agent runs with the task. */
  readonly hasAgent?: boolean;
  /** How long the task waits before it begins, after similar tasks have failed. */
  readonly delaySeconds?: number;
}

export interface Task extends TaskRequest {
  readonly id: string;
  readonly arn: string;
  readonly address: string;
  readonly eni: string;
  readonly attachmentId: string;
  readonly subnet: string;
  readonly createdAt: Date;
  readonly ending: AbortController;
  lastStatus: string;
  desiredStatus: "RUNNING" | "STOPPED";
  health: "HEALTHY" | "UNHEALTHY" | "UNKNOWN";
  digest: string | undefined;
  exitCode: number | undefined;
  containerReason: string | undefined;
  stopCode: string | undefined;
  stoppedReason: string | undefined;
  pullStartedAt: Date | undefined;
  startedAt: Date | undefined;
  stoppedAt: Date | undefined;
  /** Whether the task has run and was healthy, or has no health check. */
  wasSteady: boolean;
}

/** The duration of each part of a task's life, ms. */
const STEPS_MS = { provisioning: 5_000, pulling: 10_000, deprovisioning: 5_000, exiting: 3_000 };
const HEALTHY_AFTER_MS = 20_000;
const UNHEALTHY_AFTER_MS = 90_000;
const EXIT_AFTER_SECONDS = 5;

interface Stop {
  readonly code: string;
  readonly reason: string;
}

/** Says who asked a task to end, and why. */
class Stopped extends DOMException {
  readonly stop: Stop;

  constructor(stop: Stop) {
    super("the task was stopped", "AbortError");
    this.stop = stop;
  }
}

export interface TaskParts {
  readonly world: World;
  readonly logs: Logs;
  readonly plants: TaskPlants;
  /** Looks up an image. Returns undefined if its registry does not have it. */
  readonly imageOf: (image: string) => Resolved | undefined;
  readonly changed: (task: Task) => void;
}

/**
 * Takes tasks from PROVISIONING to STOPPED. Source:
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
 */
export class EcsTasks {
  readonly all: Task[] = [];
  readonly #parts: TaskParts;

  constructor(parts: TaskParts) {
    this.#parts = parts;
  }

  start(request: TaskRequest): Task {
    const { world } = this.#parts;
    const id = world.hex(32);
    const number = this.all.length;
    const task: Task = {
      ...request,
      id,
      arn: world.arn("ecs", `task/${request.cluster}/${id}`),
      address: `10.0.${1 + (number % 2)}.${10 + (Math.floor(number / 2) % 240)}`,
      eni: `eni-${world.hex(17)}`,
      attachmentId: world.uuid(),
      subnet: request.subnets[number % Math.max(1, request.subnets.length)] ?? "",
      createdAt: world.clock.now(),
      ending: new AbortController(),
      lastStatus: "PROVISIONING",
      desiredStatus: "RUNNING",
      health: "UNKNOWN",
      digest: undefined,
      exitCode: undefined,
      containerReason: undefined,
      stopCode: undefined,
      stoppedReason: undefined,
      pullStartedAt: undefined,
      startedAt: undefined,
      stoppedAt: undefined,
      wasSteady: false,
    };
    this.all.push(task);
    void this.#live(task);
    return task;
  }

  stop(task: Task, stop: Stop): void {
    if (task.desiredStatus === "STOPPED") return;
    task.desiredStatus = "STOPPED";
    task.ending.abort(new Stopped(stop));
  }

  find(cluster: string, nameOrArn: string): Task | undefined {
    const id = baseName(nameOrArn);
    return this.all.find((task) => task.id === id && task.cluster === cluster);
  }

  active(): Task[] {
    return this.all.filter((task) => task.lastStatus !== "STOPPED");
  }

  async #live(task: Task): Promise<void> {
    const { plants } = this.#parts;
    const stop = await this.#untilEnd(task, plants.outcomeOf(task));
    task.desiredStatus = "STOPPED";
    task.stopCode = stop.code;
    task.stoppedReason = stop.reason;
    if (task.startedAt !== undefined) {
      this.#become(task, "DEACTIVATING");
      this.#become(task, "STOPPING");
      await this.#pause(STEPS_MS.exiting);
      // Ended by SIGTERM: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html
      task.exitCode ??= stop.code === "EssentialContainerExited" ? 1 : 0;
    }
    this.#become(task, "DEPROVISIONING");
    await this.#pause(STEPS_MS.deprovisioning);
    task.stoppedAt = this.#parts.world.clock.now();
    task.health = "UNKNOWN";
    this.#become(task, "STOPPED");
  }

  /** @returns what ended the task */
  async #untilEnd(task: Task, outcome: TaskOutcome): Promise<Stop> {
    const { signal } = task.ending;
    try {
      await this.#pause((task.delaySeconds ?? 0) * 1_000 + STEPS_MS.provisioning, signal);
      this.#become(task, "PENDING");
      const failure = await this.#pulled(task, outcome, signal);
      if (failure !== undefined) return failure;
      if (outcome.kind === "stuck") await this.#forEver(signal);
      await this.#pause((outcome.startSeconds ?? 0) * 1_000, signal);
      task.startedAt = this.#parts.world.clock.now();
      this.#become(task, "RUNNING");
      return await this.#ran(task, outcome, signal);
    } catch (problem) {
      if (problem instanceof Stopped) return problem.stop;
      throw problem;
    }
  }

  /** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html */
  async #pulled(task: Task, outcome: TaskOutcome, signal: AbortSignal): Promise<Stop | undefined> {
    task.pullStartedAt = this.#parts.world.clock.now();
    await this.#pause(STEPS_MS.pulling, signal);
    const image = textOf(task.definition.container, "Image") ?? "";
    const found = this.#parts.imageOf(image);
    const platform = platformOf(task.definition);
    const isOther = found?.architecture !== undefined && found.architecture !== platform;
    const code = "TaskFailedToStart";
    if (outcome.kind === "cannotStart") return { code, reason: outcome.reason };
    if (outcome.kind === "cannotPull" || found === undefined || isOther) {
      const detail = outcome.kind === "cannotPull" ? outcome.reason : undefined;
      const unfit = `image Manifest does not contain descriptor matching platform 'linux/${platform}'`;
      const why = detail ?? (isOther ? unfit : `failed to resolve ref ${image}: ${image}: not found`);
      const reason = `CannotPullContainerError: pull image manifest has been retried 1 time(s): ${why}`;
      task.containerReason = reason;
      return { code, reason };
    }
    task.digest = found.digest;
    return undefined;
  }

  async #ran(task: Task, outcome: TaskOutcome, signal: AbortSignal): Promise<Stop> {
    for (const line of outcome.lines ?? []) this.#say(task, line);
    const exited = { code: "EssentialContainerExited", reason: "Essential container in task exited" };
    if (outcome.kind === "exits" || outcome.kind === "outOfMemory") {
      await this.#pause((outcome.afterSeconds ?? EXIT_AFTER_SECONDS) * 1_000, signal);
      task.exitCode = outcome.kind === "exits" ? outcome.code : 137;
      if (task.exitCode === 0 && task.command[0] === "migrate") migrate(task.definition, this.#parts.world);
      if (outcome.kind === "outOfMemory")
        task.containerReason = "OutOfMemoryError: Container killed due to memory usage";
      return exited;
    }
    const hasHealthCheck = task.definition.container.HealthCheck !== undefined;
    if (outcome.kind === "unhealthy" && hasHealthCheck) {
      await this.#pause(UNHEALTHY_AFTER_MS, signal);
      task.health = "UNHEALTHY";
      this.#parts.changed(task);
      return { code: "ServiceSchedulerInitiated", reason: "Task failed container health checks" };
    }
    await this.#pause(hasHealthCheck ? HEALTHY_AFTER_MS : 0, signal);
    if (hasHealthCheck) task.health = "HEALTHY";
    task.wasSteady = true;
    this.#parts.changed(task);
    return this.#forEver(signal);
  }

  #say(task: Task, line: string): void {
    const { group, stream } = logPlaceOf(task.definition, task.id);
    this.#parts.logs.write(group, stream, line);
  }

  #become(task: Task, status: string): void {
    task.lastStatus = status;
    this.#parts.changed(task);
  }

  async #pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
    await this.#parts.world.clock.sleep(milliseconds, signal);
  }

  #forEver(signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }
}

/** Returns the network in a service's or request's `awsvpcConfiguration`, in either spelling. */
export function networkOf(configuration: unknown): Pick<TaskRequest, "subnets" | "securityGroups"> {
  const outer = fieldsOf(configuration);
  const inner = fieldsOf(outer.AwsvpcConfiguration ?? outer.awsvpcConfiguration);
  const texts = (upper: string, lower: string) => textsOf(inner, inner[upper] === undefined ? lower : upper);
  return { subnets: texts("Subnets", "subnets"), securityGroups: texts("SecurityGroups", "securityGroups") };
}
