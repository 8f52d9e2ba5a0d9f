import { StepFailure } from "../cloudformation/graph.ts";
import type { Lifecycles } from "../cloudformation/resources.ts";
import { AwsError } from "../errors.ts";
import { canonical, type Fields, fieldsOf, numberOf, page, recordsOf, textOf, textsOf } from "../fields.ts";
import type { Resolved } from "../images.ts";
import type { Logs } from "../logs.ts";
import { baseName } from "../resource-types.ts";
import type { Actions } from "../service.ts";
import type { World } from "../world.ts";
import {
  type AgentStatus,
  serviceAnswer,
  serviceDeploymentAnswer,
  serviceDeploymentArn,
  serviceDeploymentStatus,
  taskAnswer,
} from "./answers.ts";
import { definitionAnswer, TaskDefinitions } from "./definitions.ts";
import type { TaskPlants } from "./plants.ts";
import { Services } from "./services.ts";
import { EcsTasks, networkOf, type Task } from "./tasks.ts";

/**
 * How long a stopped task is described, ms:
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
 */
const STOPPED_KEPT_MS = 60 * 60_000;
const PAGE_MAX = 100;

export interface EcsParts {
  readonly world: World;
  readonly logs: Logs;
  readonly plants: TaskPlants;
  readonly lifecycles: Lifecycles;
  readonly imageOf: (image: string) => Resolved | undefined;
  /** Returns why a service can't use its own role, or undefined if it can. */
  readonly roleObstacle: (service: string) => string | undefined;
}

/** Source of all actions: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Operations.html */
export class Ecs {
  readonly tasks: EcsTasks;
  readonly services: Services;
  readonly definitions: TaskDefinitions;
  /** The status of ECS Exec's agents. */
  agent: () => AgentStatus = () => ({ status: "RUNNING" });
  readonly #parts: EcsParts;
  readonly #tokens = new Map<string, { readonly request: string; readonly tasks: readonly Task[] }>();

  constructor(parts: EcsParts) {
    const { world, logs, plants, lifecycles, imageOf } = parts;
    this.#parts = parts;
    this.definitions = new TaskDefinitions(world);
    this.tasks = new EcsTasks({
      world,
      logs,
      plants,
      imageOf,
      changed: (task) => this.services.taskChanged(task),
    });
    this.services = new Services(world, this.tasks, this.definitions);
    const { services, definitions } = this;
    lifecycles.set("AWS::ECS::Service", {
      created: (physical, signal) => services.created(physical, signal),
      updated: (physical, before, signal) => services.updated(physical, before, signal),
      deleted: (physical) => services.deleted(physical),
    });
    lifecycles.set("AWS::ECS::TaskDefinition", {
      deleted: async (physical) => definitions.deregister(physical),
    });
    const checkRole = async (service: string) => {
      const obstacle = parts.roleObstacle(service);
      if (obstacle !== undefined) throw new StepFailure(obstacle);
    };
    lifecycles.set("AWS::ECS::Cluster", { created: () => checkRole("ecs.amazonaws.com") });
    const scale = async ({ properties }: { readonly properties: Fields }) => {
      await checkRole("ecs.application-autoscaling.amazonaws.com");
      services.raise(textOf(properties, "ResourceId") ?? "", numberOf(properties, "MinCapacity") ?? 0);
    };
    lifecycles.set("AWS::ApplicationAutoScaling::ScalableTarget", { created: scale, updated: scale });
  }

  readonly actions: Actions = {
    RunTask: (input) => this.#run(input),
    StopTask: (input) => {
      const task = this.#taskOf(this.#cluster(input), textOf(input, "task") ?? "");
      if (task === undefined)
        throw new AwsError("InvalidParameterException", "The referenced task was not found.");
      this.tasks.stop(task, {
        code: "UserInitiated",
        reason: textOf(input, "reason") ?? "Task stopped by user",
      });
      return { task: taskAnswer(task, this.#parts.world, this.agent()) };
    },
    DescribeTasks: (input, { isUnseen }) => {
      const cluster = this.#cluster(input);
      const asked = textsOf(input, "tasks");
      if (asked.length > PAGE_MAX)
        throw new AwsError("InvalidParameterException", "Tasks cannot have more than 100 items.");
      const found = asked.map((name) => ({ name, task: isUnseen ? undefined : this.#taskOf(cluster, name) }));
      return {
        tasks: found.flatMap(({ task }) =>
          task === undefined ? [] : [taskAnswer(task, this.#parts.world, this.agent())],
        ),
        failures: found
          .filter(({ task }) => task === undefined)
          .map(({ name }) => this.#missing(`task/${cluster}/${baseName(name)}`)),
      };
    },
    ListTasks: (input) => {
      const { items, nextToken } = page(
        this.#listed(input).map((task) => task.arn),
        textOf(input, "nextToken"),
        numberOf(input, "maxResults") ?? PAGE_MAX,
      );
      return { taskArns: items, nextToken };
    },
    DescribeServices: (input, { isUnseen }) => {
      const cluster = this.#cluster(input);
      const found = textsOf(input, "services").map((name) => ({
        name,
        service: isUnseen ? undefined : this.services.find(cluster, name),
      }));
      return {
        services: found.flatMap(({ service }) =>
          service === undefined ? [] : [serviceAnswer(service, this.services, this.#parts.world)],
        ),
        failures: found
          .filter(({ service }) => service === undefined)
          .map(({ name }) => this.#missing(`service/${cluster}/${baseName(name)}`)),
      };
    },
    ListServiceDeployments: (input) => {
      const service = this.#service(input);
      const wanted = textsOf(input, "status");
      const all = service.history
        .filter((one) => one.undoes === undefined)
        .filter((one) => wanted.length === 0 || wanted.includes(serviceDeploymentStatus(one)));
      const { items, nextToken } = page(
        all,
        textOf(input, "nextToken"),
        numberOf(input, "maxResults") ?? PAGE_MAX,
      );
      const brief = items.map((one) => {
        const { targetServiceRevision, ...rest } = serviceDeploymentAnswer(
          service,
          one,
          this.services,
          this.#parts.world,
        );
        return { ...rest, targetServiceRevisionArn: fieldsOf(targetServiceRevision).arn };
      });
      return { serviceDeployments: brief, nextToken };
    },
    DescribeServiceDeployments: (input) => {
      const all = this.services.all.flatMap((service) =>
        service.history.map((deployment) => ({ service, deployment })),
      );
      const arns = textsOf(input, "serviceDeploymentArns");
      const { world } = this.#parts;
      const found = all.filter(({ service, deployment }) =>
        arns.includes(serviceDeploymentArn(service, deployment, world)),
      );
      return {
        serviceDeployments: found.map(({ service, deployment }) =>
          serviceDeploymentAnswer(service, deployment, this.services, world),
        ),
        failures: [],
      };
    },
    DescribeTaskDefinition: (input) => {
      const definition = this.definitions.known(textOf(input, "taskDefinition") ?? "");
      return { taskDefinition: definitionAnswer(definition), tags: [] };
    },
    DescribeClusters: (input) => {
      const names = textsOf(input, "clusters").map((name) => baseName(name));
      const found = this.#parts.world.all("AWS::ECS::Cluster").filter((one) => names.includes(one.id));
      return {
        clusters: found.map((one) => ({
          clusterArn: one.attributes.Arn,
          clusterName: one.id,
          status: "ACTIVE",
          runningTasksCount: this.activeTasksIn(one.id),
        })),
        failures: names
          .filter((name) => !found.some((one) => one.id === name))
          .map((name) => this.#missing(`cluster/${name}`)),
      };
    },
  };

  activeTasksIn(cluster: string): number {
    return this.tasks.active().filter((task) => task.cluster === cluster).length;
  }

  /** Starts a task. A token used before gives the same task again; with another request it gives a conflict. */
  #run(input: Fields): Fields {
    const cluster = this.#cluster(input);
    const { clientToken, ...request } = input;
    const token = clientToken === undefined ? undefined : `${cluster} ${clientToken}`;
    const before = this.#tokens.get(token ?? "");
    if (before !== undefined && before.request !== canonical(request))
      throw new AwsError(
        "ConflictException",
        "A RunTask request with the same clientToken and different parameters was made before.",
      );
    if (before !== undefined)
      return {
        tasks: before.tasks.map((task) => taskAnswer(task, this.#parts.world, this.agent())),
        failures: [],
      };
    const definition = this.definitions.find(textOf(input, "taskDefinition") ?? "");
    if (definition === undefined) throw new AwsError("ClientException", "TaskDefinition not found.");
    if (!definition.isActive) throw new AwsError("ClientException", "TaskDefinition is inactive");
    const obstacle = this.#parts.roleObstacle("ecs.amazonaws.com");
    if (obstacle !== undefined) throw new AwsError("InvalidParameterException", obstacle);
    const refusal = this.#parts.plants.nextRefusal();
    if (refusal !== undefined) return { tasks: [], failures: [{ reason: refusal }] };
    const [override = {}] = recordsOf(fieldsOf(input.overrides), "containerOverrides");
    const tasks = Array.from({ length: numberOf(input, "count") ?? 1 }, () =>
      this.tasks.start({
        ...{ cluster, definition, command: textsOf(override, "command") },
        group: textOf(input, "group") ?? `family:${definition.family}`,
        startedBy: textOf(input, "startedBy"),
        tags: input.tags,
        ...networkOf(input.networkConfiguration),
      }),
    );
    if (token !== undefined) this.#tokens.set(token, { request: canonical(request), tasks });
    return { tasks: tasks.map((task) => taskAnswer(task, this.#parts.world, this.agent())), failures: [] };
  }

  /**
   * By default, lists tasks that should run:
   * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html
   */
  #listed(input: Fields): Task[] {
    const cluster = this.#cluster(input);
    const serviceName = textOf(input, "serviceName");
    if (serviceName !== undefined && this.services.find(cluster, serviceName) === undefined)
      throw new AwsError("ServiceNotFoundException", "Service not found.");
    const group = serviceName === undefined ? undefined : `service:${baseName(serviceName)}`;
    const desiredStatus = textOf(input, "desiredStatus") ?? "RUNNING";
    const startedBy = textOf(input, "startedBy");
    const family = textOf(input, "family");
    return this.tasks.all.filter(
      (task) =>
        task.cluster === cluster &&
        this.#isKept(task) &&
        task.desiredStatus === desiredStatus &&
        (group === undefined || task.group === group) &&
        (startedBy === undefined || task.startedBy === startedBy) &&
        (family === undefined || task.definition.family === family),
    );
  }

  #taskOf(cluster: string, name: string): Task | undefined {
    const task = this.tasks.find(cluster, name);
    return task !== undefined && this.#isKept(task) ? task : undefined;
  }

  #isKept({ stoppedAt }: Task): boolean {
    return (
      stoppedAt === undefined ||
      this.#parts.world.clock.now().getTime() - stoppedAt.getTime() < STOPPED_KEPT_MS
    );
  }

  #service(input: Fields) {
    const service = this.services.find(this.#cluster(input), textOf(input, "service") ?? "");
    if (service === undefined) throw new AwsError("ServiceNotFoundException", "Service not found.");
    return service;
  }

  #cluster(input: Fields): string {
    const name = baseName(textOf(input, "cluster") ?? "default");
    if (this.#parts.world.find("AWS::ECS::Cluster", name) === undefined)
      throw new AwsError("ClusterNotFoundException", "Cluster not found.");
    return name;
  }

  #missing(resource: string): Fields {
    return { arn: this.#parts.world.arn("ecs", resource), reason: "MISSING" };
  }
}
