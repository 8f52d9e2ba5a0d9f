import {
  type Container,
  type Deployment,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RunTaskCommand,
  type Service,
  StopTaskCommand,
  type Task,
} from "@aws-sdk/client-ecs";
import { DeployError } from "../../application/deploy/errors.ts";
import type {
  FargateTasks,
  OneOffTask,
  ServiceDeployment,
  ServiceState,
  Services,
  TaskState,
} from "../../application/deploy/ports.ts";
import type { AwsConnection } from "./connection.ts";
import { isAws } from "./errors.ts";

const CONTAINER = "todos";
const AGENT = "ExecuteCommandAgent";
/** Most tasks that one call describes. Source: ECS API Reference, DescribeTasks. */
const DESCRIBED_MAX = 100;
/** Refusals that are temporary. */
const NOT_YET = /capacity|RESOURCE:|limit|unable to assume the service.linked role/i;

/** @see Services, FargateTasks */
export class EcsService implements Services, FargateTasks {
  private readonly send: ECSClient["send"];

  constructor(aws: AwsConnection) {
    this.send = aws.sender(new ECSClient({ ...aws.config }));
  }

  async service(cluster: string, name: string): Promise<ServiceState | undefined> {
    try {
      const { services } = await this.send(new DescribeServicesCommand({ cluster, services: [name] }));
      const [found] = services ?? [];
      return found && serviceState(found);
    } catch (error) {
      if (isAws(error, ["ClusterNotFoundException"])) return undefined;
      throw error;
    }
  }

  async imageOf(taskDefinition: string): Promise<string | undefined> {
    const answer = await this.send(new DescribeTaskDefinitionCommand({ taskDefinition }));
    return answer.taskDefinition?.containerDefinitions?.find(({ name }) => name === CONTAINER)?.image;
  }

  async run(task: OneOffTask): Promise<{ readonly arn: string } | { readonly refused: string }> {
    const { cluster, taskDefinition, command, subnets, securityGroup, token, startedBy } = task;
    try {
      const answer = await this.send(
        new RunTaskCommand({
          cluster,
          taskDefinition,
          launchType: "FARGATE",
          count: 1,
          clientToken: token,
          startedBy,
          propagateTags: "TASK_DEFINITION",
          overrides: { containerOverrides: [{ name: CONTAINER, command: [...command] }] },
          networkConfiguration: {
            awsvpcConfiguration: {
              subnets: [...subnets],
              securityGroups: [securityGroup],
              assignPublicIp: "DISABLED",
            },
          },
        }),
      );
      const arn = answer.tasks?.[0]?.taskArn;
      if (arn !== undefined) return { arn };
      const reason = answer.failures?.[0]?.reason ?? "ECS gives no reason";
      if (NOT_YET.test(reason)) return { refused: reason };
      throw new DeployError(
        "task",
        `ECS did not run ${command.join(" ")}: ${reason}`,
        "todos verify finds most causes",
      );
    } catch (error) {
      if (isAws(error, ["InvalidParameterException", "ClientException"], NOT_YET))
        return { refused: error.awsMessage };
      throw error;
    }
  }

  async describe(cluster: string, arns: readonly string[]): Promise<readonly TaskState[]> {
    const found: TaskState[] = [];
    for (let first = 0; first < arns.length; first += DESCRIBED_MAX) {
      const tasks = arns.slice(first, first + DESCRIBED_MAX);
      const answer = await this.send(new DescribeTasksCommand({ cluster, tasks }));
      found.push(...(answer.tasks ?? []).map(taskState));
    }
    return found;
  }

  async list(
    cluster: string,
    { service, status }: { readonly service: string; readonly status: "RUNNING" | "STOPPED" },
  ): Promise<readonly string[]> {
    const found: string[] = [];
    let nextToken: string | undefined;
    try {
      do {
        const answer = await this.send(
          new ListTasksCommand({
            cluster,
            serviceName: service,
            desiredStatus: status,
            ...(nextToken && { nextToken }),
          }),
        );
        found.push(...(answer.taskArns ?? []));
        nextToken = answer.nextToken;
      } while (nextToken);
    } catch (error) {
      if (isAws(error, ["ServiceNotFoundException", "ClusterNotFoundException"])) return [];
      throw error;
    }
    return found;
  }

  async stop(cluster: string, arn: string, reason: string): Promise<void> {
    await this.send(new StopTaskCommand({ cluster, task: arn, reason }));
  }
}

function serviceState(service: Service): ServiceState {
  return {
    arn: service.serviceArn ?? "",
    status: service.status ?? "",
    taskDefinition: service.taskDefinition ?? "",
    desired: service.desiredCount ?? 0,
    running: service.runningCount ?? 0,
    deployments: (service.deployments ?? []).map(serviceDeployment),
    events: (service.events ?? []).map(({ id, createdAt, message }) => ({
      id: id ?? "",
      at: createdAt?.getTime() ?? 0,
      message: message ?? "",
    })),
  };
}

function serviceDeployment(deployment: Deployment): ServiceDeployment {
  const { rolloutState, rolloutStateReason } = deployment;
  return {
    id: deployment.id ?? "",
    primary: deployment.status === "PRIMARY",
    taskDefinition: deployment.taskDefinition ?? "",
    rollout: rolloutState === "COMPLETED" || rolloutState === "FAILED" ? rolloutState : "IN_PROGRESS",
    ...(rolloutStateReason !== undefined && { reason: rolloutStateReason }),
    desired: deployment.desiredCount ?? 0,
    running: deployment.runningCount ?? 0,
    failed: deployment.failedTasks ?? 0,
  };
}

function taskState(task: Task): TaskState {
  const container = task.containers?.find(({ name }) => name === CONTAINER);
  const address =
    container?.networkInterfaces?.[0]?.privateIpv4Address ??
    task.attachments
      ?.flatMap(({ details }) => details ?? [])
      .find(({ name }) => name === "privateIPv4Address")?.value;
  return {
    arn: task.taskArn ?? "",
    taskDefinition: task.taskDefinitionArn ?? "",
    lastStatus: task.lastStatus ?? "",
    health: task.healthStatus ?? "UNKNOWN",
    ...(task.startedBy !== undefined && { startedBy: task.startedBy }),
    ...(task.createdAt !== undefined && { createdAt: task.createdAt.getTime() }),
    ...(task.stoppedAt !== undefined && { stoppedAt: task.stoppedAt.getTime() }),
    ...(task.stoppedReason !== undefined && { stoppedReason: task.stoppedReason }),
    ...(task.stopCode !== undefined && { stopCode: task.stopCode }),
    ...(task.availabilityZone !== undefined && { zone: task.availabilityZone }),
    ...(container?.exitCode !== undefined && { exitCode: container.exitCode }),
    ...(container?.reason !== undefined && { containerReason: container.reason }),
    ...(container?.imageDigest !== undefined && { imageDigest: container.imageDigest }),
    ...(address !== undefined && { address }),
    ...(container?.runtimeId !== undefined && { runtimeId: container.runtimeId }),
    ...agentState(container),
  };
}

function agentState(container: Container | undefined): Pick<TaskState, "agent"> {
  const found = container?.managedAgents?.find(({ name }) => name === AGENT);
  if (found === undefined) return {};
  const { lastStatus, reason } = found;
  return { agent: { status: lastStatus ?? "", ...(reason !== undefined && { reason }) } };
}
