import { StepFailure } from "../cloudformation/graph.ts";
import { handlerMessage } from "../cloudformation/resources.ts";
import { canonical, type Fields, fieldsOf, numberOf, textOf, textsOf } from "../fields.ts";
import { baseName } from "../resource-types.ts";
import type { Physical, World } from "../world.ts";
import type { TaskDefinitions } from "./definitions.ts";
import { type EcsTasks, networkOf, type Task } from "./tasks.ts";

export interface Deployment {
  readonly id: string;
  readonly taskDefinition: string;
  readonly properties: Fields;
  readonly createdAt: Date;
  readonly revisionArn: string;
  updatedAt: Date;
  status: "PRIMARY" | "ACTIVE" | "INACTIVE";
  rolloutState: "IN_PROGRESS" | "COMPLETED" | "FAILED";
  reason: string;
  failed: number;
  /** The deployment that this one undoes. */
  readonly undoes: Deployment | undefined;
  undoneBy: Deployment | undefined;
  finishedAt: Date | undefined;
  /** Names of the alarms that fail the deployment. Empty if one of them was already on. */
  readonly alarms: readonly string[];
  /** The time from which all of its tasks run, and no others. */
  steadySince: Date | undefined;
}

export interface Service {
  readonly arn: string;
  readonly name: string;
  readonly cluster: string;
  readonly createdAt: Date;
  status: "ACTIVE" | "DRAINING" | "INACTIVE";
  desired: number;
  properties: Fields;
  /** Newest first; the first is PRIMARY. */
  deployments: Deployment[];
  /** All deployments so far, newest first. */
  readonly history: Deployment[];
  readonly events: { readonly id: string; readonly at: Date; readonly message: string }[];
}

/** Each new task after a failed one waits this much longer, s. */
const RELAUNCH_SECONDS = 10;
const STEADY_POLL_MS = 1_000;
/** How long alarms are watched once all tasks run. ECS computes it from the alarms and does not say how. */
const BAKE_MS = 120_000;
/** How long CloudFormation waits for a service: https://repost.aws/knowledge-center/cloudformation-ecs-service-stabilize */
const STABILIZATION_MS = 3 * 60 * 60_000;
const THRESHOLD_MIN = 3;
const THRESHOLD_MAX = 200;
/** Properties whose change starts a deployment: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html */
const DEPLOYING = [
  "TaskDefinition",
  "NetworkConfiguration",
  "PlatformVersion",
  "LoadBalancers",
  "ServiceRegistries",
  "EnableExecuteCommand",
  "CapacityProviderStrategy",
  "PropagateTags",
  "EnableECSManagedTags",
];

/**
 * Services with rolling deployments and the circuit breaker. Sources:
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
 */
export class Services {
  readonly all: Service[] = [];
  readonly #world: World;
  readonly #tasks: EcsTasks;
  readonly #definitions: TaskDefinitions;
  #numbers = 0;

  constructor(world: World, tasks: EcsTasks, definitions: TaskDefinitions) {
    this.#world = world;
    this.#tasks = tasks;
    this.#definitions = definitions;
  }

  async created(physical: Physical, signal: AbortSignal): Promise<void> {
    const { id, properties } = physical;
    const service: Service = {
      arn: id,
      name: baseName(id),
      cluster: clusterOf(properties),
      createdAt: this.#world.clock.now(),
      status: "ACTIVE",
      // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-service.html: default 1
      desired: numberOf(properties, "DesiredCount") ?? 1,
      properties,
      deployments: [],
      history: [],
      events: [],
    };
    this.all.push(service);
    await this.#stable(service, this.#deploy(service, properties, undefined), signal);
  }

  async updated(physical: Physical, before: Fields, signal: AbortSignal): Promise<void> {
    const service = this.ofArn(physical.id);
    if (service === undefined) throw new StepFailure("Service was not found");
    const { properties } = physical;
    service.properties = properties;
    if (properties.DesiredCount !== before.DesiredCount)
      service.desired = numberOf(properties, "DesiredCount") ?? service.desired;
    const isRunning = service.deployments[0]?.taskDefinition === textOf(properties, "TaskDefinition");
    const changed = DEPLOYING.filter((name) => canonical(properties[name]) !== canonical(before[name]));
    // After the circuit breaker's rollback, the service already runs what CloudFormation's rollback asks for.
    const isUndone = changed.length === 1 && changed[0] === "TaskDefinition" && isRunning;
    const primary = service.deployments[0];
    if (changed.length > 0 && !isUndone)
      return this.#stable(service, this.#deploy(service, properties, undefined), signal);
    this.#reconcile(service);
    if (primary !== undefined) await this.#stable(service, primary, signal);
  }

  async deleted(physical: Physical): Promise<void> {
    const service = this.ofArn(physical.id);
    if (service === undefined) return;
    service.status = "DRAINING";
    service.desired = 0;
    const tasks = this.#tasksOf(service);
    for (const task of tasks) this.#stop(service, task);
    while (tasks.some((task) => task.lastStatus !== "STOPPED")) await this.#world.clock.sleep(STEADY_POLL_MS);
    service.status = "INACTIVE";
    service.deployments = [];
  }

  ofArn(arn: string): Service | undefined {
    return this.all.findLast((service) => service.arn === arn);
  }

  find(cluster: string, nameOrArn: string): Service | undefined {
    const name = baseName(nameOrArn);
    return this.all.findLast((service) => service.name === name && service.cluster === cluster);
  }

  /** Raises the count to the minimum, as Application Auto Scaling does. @param resourceId `service/CLUSTER/NAME` */
  raise(resourceId: string, minimum: number): void {
    const [, cluster = "", name = ""] = resourceId.split("/");
    const service = this.find(cluster, name);
    if (service === undefined || service.desired >= minimum) return;
    service.desired = minimum;
    this.#reconcile(service);
  }

  tasksOf(service: Service, deployment: Deployment): Task[] {
    return this.#tasksOf(service).filter((task) => task.startedBy === deployment.id);
  }

  /** Called for each change of a task. */
  taskChanged(task: Task): void {
    const service = task.group.startsWith("service:")
      ? this.find(task.cluster, task.group.slice("service:".length))
      : undefined;
    if (service === undefined || service.status !== "ACTIVE") return;
    if (task.lastStatus === "STOPPED") this.#taskStopped(service, task);
    this.#reconcile(service);
  }

  thresholdOf(service: Service): number {
    return Math.min(THRESHOLD_MAX, Math.max(THRESHOLD_MIN, Math.ceil(service.desired / 2)));
  }

  #taskStopped(service: Service, task: Task): void {
    const deployment = service.deployments.find((one) => one.id === task.startedBy);
    const isOurDoing = task.stoppedReason?.startsWith("Scaling activity") === true;
    if (deployment === undefined || isOurDoing || task.wasSteady || deployment.rolloutState !== "IN_PROGRESS")
      return;
    deployment.failed++;
    deployment.updatedAt = this.#world.clock.now();
    const breaker = switchOf(service, "DeploymentCircuitBreaker");
    if (breaker.isOn && deployment.failed >= this.thresholdOf(service))
      this.#fail(service, deployment, { ...BROKEN, rollsBack: breaker.rollsBack });
  }

  #fail(service: Service, deployment: Deployment, { by, why, rollsBack }: Failure): void {
    deployment.rolloutState = "FAILED";
    deployment.reason = `${by}: ${why}.`;
    deployment.finishedAt = this.#world.clock.now();
    this.#tell(service, `(deployment ${deployment.id}) deployment failed: ${why}.`);
    for (const task of this.tasksOf(service, deployment)) this.#stop(service, task);
    const good = service.history.find((one) => one.rolloutState === "COMPLETED");
    if (!rollsBack || good === undefined) return;
    this.#tell(service, `rolling back to deployment ${good.id}.`);
    deployment.undoneBy = this.#deploy(service, good.properties, deployment);
    deployment.undoneBy.reason = `${by}: rolling back to deploymentId ${good.id}.`;
  }

  async #watchAlarms(service: Service, deployment: Deployment): Promise<void> {
    while (deployment.rolloutState === "IN_PROGRESS" && service.deployments[0] === deployment) {
      await this.#world.clock.sleep(STEADY_POLL_MS);
      if (deployment.rolloutState !== "IN_PROGRESS") return;
      const { rollsBack } = switchOf(service, "Alarms");
      if (deployment.alarms.some((name) => this.#world.alarms.has(name)))
        this.#fail(service, deployment, { ...ALARMED, rollsBack });
      else this.#reconcile(service);
    }
  }

  #deploy(service: Service, properties: Fields, undoes: Deployment | undefined): Deployment {
    const now = this.#world.clock.now();
    const digits = String(4_000_000_000_000_000_000n + BigInt(++this.#numbers) * 1_234_567n);
    const id = `ecs-svc/${digits}`;
    const deployment: Deployment = {
      ...{ id, properties, createdAt: now, updatedAt: now, undoes },
      taskDefinition: textOf(properties, "TaskDefinition") ?? "",
      revisionArn: this.#world.arn("ecs", `service-revision/${service.cluster}/${service.name}/${digits}`),
      ...{ status: "PRIMARY", rolloutState: "IN_PROGRESS", reason: `ECS deployment ${id} in progress.` },
      ...{ failed: 0, undoneBy: undefined, finishedAt: undefined, steadySince: undefined },
      alarms: this.#alarmsFor(properties),
    };
    for (const other of service.deployments) other.status = "ACTIVE";
    service.deployments = [deployment, ...service.deployments];
    service.history.unshift(deployment);
    this.#reconcile(service);
    if (deployment.alarms.length > 0) void this.#watchAlarms(service, deployment);
    return deployment;
  }

  /** Watches no alarms for a deployment that begins while one is on, because that deployment may fix the problem. */
  #alarmsFor(properties: Fields): readonly string[] {
    const { Enable, AlarmNames } = fieldsOf(fieldsOf(properties.DeploymentConfiguration).Alarms);
    if (String(Enable) !== "true") return [];
    const names = textsOf({ AlarmNames }, "AlarmNames");
    return names.some((name) => this.#world.alarms.has(name)) ? [] : names;
  }

  /** Starts missing tasks, stops excess ones, and completes the deployment when it is done. */
  #reconcile(service: Service): void {
    const [primary, ...others] = service.deployments;
    if (primary === undefined || service.status !== "ACTIVE") return;
    const wanted = this.tasksOf(service, primary).filter((task) => task.desiredStatus === "RUNNING");
    if (primary.rolloutState !== "FAILED") {
      for (let missing = service.desired - wanted.length; missing > 0; missing--)
        this.#launch(service, primary);
      for (const task of wanted.slice(service.desired)) this.#stop(service, task);
    }
    const steady = wanted.filter((task) => task.wasSteady && task.lastStatus === "RUNNING").length;
    const old = others
      .flatMap((one) => this.tasksOf(service, one))
      .filter((task) => task.desiredStatus === "RUNNING");
    // MinimumHealthyPercent is 100, so each new healthy task replaces an old one.
    for (const task of old.slice(Math.max(0, service.desired - steady))) this.#stop(service, task);
    const isDrained = others.every((one) =>
      this.tasksOf(service, one).every((task) => task.lastStatus === "STOPPED"),
    );
    if (primary.rolloutState !== "IN_PROGRESS" || steady < service.desired || !isDrained) return;
    const now = this.#world.clock.now();
    primary.steadySince ??= now;
    if (primary.alarms.length === 0 || now.getTime() - primary.steadySince.getTime() >= BAKE_MS)
      this.#complete(service, primary);
  }

  #complete(service: Service, deployment: Deployment): void {
    deployment.rolloutState = "COMPLETED";
    deployment.reason = `ECS deployment ${deployment.id} completed.`;
    deployment.finishedAt = this.#world.clock.now();
    deployment.updatedAt = deployment.finishedAt;
    for (const other of service.deployments.slice(1)) other.status = "INACTIVE";
    service.deployments = [deployment];
    this.#tell(service, `(deployment ${deployment.id}) deployment completed.`);
    this.#tell(service, "has reached a steady state.");
  }

  #launch(service: Service, deployment: Deployment): void {
    const { taskDefinition, properties, failed, id } = deployment;
    const task = this.#tasks.start({
      cluster: service.cluster,
      definition: this.#definitions.known(taskDefinition),
      command: [],
      group: `service:${service.name}`,
      startedBy: id,
      tags: service.properties.Tags,
      delaySeconds: failed * RELAUNCH_SECONDS,
      hasAgent: textOf(properties, "EnableExecuteCommand") === "true",
      ...networkOf(properties.NetworkConfiguration),
    });
    this.#tell(service, `has started 1 tasks: (task ${task.id}).`);
  }

  #stop(service: Service, task: Task): void {
    if (task.desiredStatus === "STOPPED") return;
    this.#tell(service, `has stopped 1 running tasks: (task ${task.id}).`);
    const reason = `Scaling activity initiated by (deployment ${task.startedBy})`;
    this.#tasks.stop(task, { code: "ServiceSchedulerInitiated", reason });
  }

  #tasksOf(service: Service): Task[] {
    const group = `service:${service.name}`;
    return this.#tasks.all.filter(
      (task) =>
        task.cluster === service.cluster && task.group === group && task.createdAt >= service.createdAt,
    );
  }

  #tell(service: Service, what: string): void {
    service.events.unshift({
      id: this.#world.uuid(),
      at: this.#world.clock.now(),
      message: `(service ${service.name}) ${what}`,
    });
  }

  /** Waits, as CloudFormation does, for the deployment that it began. @throws StepFailure */
  async #stable(service: Service, deployment: Deployment, signal: AbortSignal): Promise<void> {
    const endMs = this.#world.clock.now().getTime() + STABILIZATION_MS;
    while (deployment.rolloutState === "IN_PROGRESS" || deployment.undoneBy?.rolloutState === "IN_PROGRESS") {
      if (this.#world.clock.now().getTime() > endMs)
        throw new StepFailure(handlerMessage(`Service ${service.arn} did not stabilize.`, "NotStabilized"));
      await this.#world.clock.sleep(STEADY_POLL_MS, signal);
    }
    if (deployment.rolloutState === "FAILED")
      throw new StepFailure(
        handlerMessage(
          `Error occurred during operation '${deployment.reason.startsWith(ALARMED.by) ? "ECS Deployment Alarm" : "ECS Deployment Circuit Breaker"} was triggered'.`,
          "GeneralServiceException",
        ),
      );
  }
}

interface Failure {
  readonly by: string;
  readonly why: string;
  readonly rollsBack: boolean;
}
const BROKEN = { by: "ECS deployment circuit breaker", why: "tasks failed to start" };
const ALARMED = { by: "ECS deployment alarm", why: "alarm detected" };

export function switchOf(
  { properties }: Service,
  name: "DeploymentCircuitBreaker" | "Alarms",
): { readonly isOn: boolean; readonly rollsBack: boolean } {
  const found = fieldsOf(fieldsOf(properties.DeploymentConfiguration)[name]);
  return { isOn: textOf(found, "Enable") === "true", rollsBack: textOf(found, "Rollback") === "true" };
}

function clusterOf(properties: Fields): string {
  return baseName(textOf(properties, "Cluster") ?? "default");
}
