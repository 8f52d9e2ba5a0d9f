import { type Fields, fieldsOf, textOf } from "../fields.ts";
import type { World } from "../world.ts";
import { type Deployment, type Service, type Services, switchOf } from "./services.ts";
import type { Task } from "./tasks.ts";

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html */
export function taskAnswer(task: Task, world: World, agent: AgentStatus): Fields {
  const { definition, cluster } = task;
  const name = textOf(definition.container, "Name");
  const isAttached = task.lastStatus !== "PROVISIONING";
  return {
    attachments: [attachmentOf(task)],
    attributes: [],
    availabilityZone: `${world.region}${Number(task.address.split(".")[2]) === 1 ? "a" : "b"}`,
    clusterArn: world.arn("ecs", `cluster/${cluster}`),
    connectivity: task.startedAt === undefined ? undefined : "CONNECTED",
    containers: [
      {
        containerArn: world.arn("ecs", `container/${cluster}/${task.id}/1`),
        taskArn: task.arn,
        name,
        image: definition.container.Image,
        imageDigest: task.digest,
        runtimeId: task.startedAt === undefined ? undefined : `${task.id}-1`,
        lastStatus:
          task.lastStatus === "STOPPED" ? "STOPPED" : task.startedAt === undefined ? "PENDING" : "RUNNING",
        exitCode: task.exitCode,
        reason: task.containerReason,
        healthStatus: task.health,
        managedAgents: task.hasAgent ? [managedAgent(task, agent)] : undefined,
        networkInterfaces: isAttached
          ? [{ attachmentId: task.attachmentId, privateIpv4Address: task.address }]
          : [],
      },
    ],
    cpu: textOf(definition.properties, "Cpu"),
    memory: textOf(definition.properties, "Memory"),
    createdAt: task.createdAt,
    desiredStatus: task.desiredStatus,
    enableExecuteCommand: task.hasAgent === true,
    group: task.group,
    healthStatus: task.health,
    lastStatus: task.lastStatus,
    launchType: "FARGATE",
    overrides: { containerOverrides: task.command.length === 0 ? [] : [{ name, command: task.command }] },
    platformFamily: "Linux",
    platformVersion: "1.4.0",
    pullStartedAt: task.pullStartedAt,
    startedAt: task.startedAt,
    startedBy: task.startedBy,
    stopCode: task.lastStatus === "STOPPED" || task.stopCode !== undefined ? task.stopCode : undefined,
    stoppedAt: task.stoppedAt,
    stoppedReason: task.stoppedReason,
    taskArn: task.arn,
    taskDefinitionArn: definition.arn,
  };
}

/** What AWS reports about ECS Exec's agents. */
export interface AgentStatus {
  readonly status: string;
  readonly reason?: string;
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ManagedAgent.html */
function managedAgent(task: Task, { status, reason }: AgentStatus): Fields {
  const lastStatus =
    task.startedAt === undefined ? "PENDING" : task.stoppedAt === undefined ? status : "STOPPED";
  return { name: "ExecuteCommandAgent", lastStatus, reason, lastStartedAt: task.startedAt };
}

function attachmentOf(task: Task): Fields {
  const status =
    task.lastStatus === "PROVISIONING"
      ? "PRECREATED"
      : task.lastStatus === "STOPPED"
        ? "DELETED"
        : "ATTACHED";
  const details =
    status === "PRECREATED"
      ? [{ name: "subnetId", value: task.subnet }]
      : [
          { name: "subnetId", value: task.subnet },
          { name: "networkInterfaceId", value: task.eni },
          { name: "privateIPv4Address", value: task.address },
        ];
  return { id: task.attachmentId, type: "ElasticNetworkInterface", status, details };
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html */
export function serviceAnswer(service: Service, services: Services, world: World): Fields {
  const counts = service.deployments.map((deployment) => countsOf(service, deployment, services));
  const sum = (name: "runningCount" | "pendingCount") => counts.reduce((total, one) => total + one[name], 0);
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: world.arn("ecs", `cluster/${service.cluster}`),
    status: service.status,
    desiredCount: service.desired,
    runningCount: sum("runningCount"),
    pendingCount: sum("pendingCount"),
    launchType: "FARGATE",
    taskDefinition: service.deployments[0]?.taskDefinition ?? textOf(service.properties, "TaskDefinition"),
    deployments: service.deployments.map((deployment) => deploymentAnswer(service, deployment, services)),
    events: service.events.slice(0, 100).map(({ id, at, message }) => ({ id, createdAt: at, message })),
    deploymentConfiguration: {
      deploymentCircuitBreaker: {
        enable: switchOf(service, "DeploymentCircuitBreaker").isOn,
        rollback: switchOf(service, "DeploymentCircuitBreaker").rollsBack,
      },
      maximumPercent: 200,
      minimumHealthyPercent: 100,
    },
    createdAt: service.createdAt,
    enableExecuteCommand: textOf(service.properties, "EnableExecuteCommand") === "true",
    schedulingStrategy: "REPLICA",
  };
}

function countsOf(service: Service, deployment: Deployment, services: Services) {
  const tasks = services.tasksOf(service, deployment);
  return {
    runningCount: tasks.filter((task) => task.lastStatus === "RUNNING").length,
    pendingCount: tasks.filter((task) => ["PROVISIONING", "PENDING"].includes(task.lastStatus)).length,
  };
}

function deploymentAnswer(service: Service, deployment: Deployment, services: Services): Fields {
  const { id, status, taskDefinition, failed, createdAt, updatedAt, rolloutState, reason } = deployment;
  const isWanted = status === "PRIMARY" && rolloutState !== "FAILED";
  return {
    ...{ id, status, taskDefinition, createdAt, updatedAt, rolloutState, rolloutStateReason: reason },
    desiredCount: isWanted ? service.desired : 0,
    ...countsOf(service, deployment, services),
    failedTasks: failed,
    launchType: "FARGATE",
    platformVersion: "1.4.0",
    platformFamily: "Linux",
    networkConfiguration: fieldsOf(undefined),
  };
}

export function serviceDeploymentArn(service: Service, deployment: Deployment, world: World): string {
  return world.arn(
    "ecs",
    `service-deployment/${service.cluster}/${service.name}/${deployment.id.slice("ecs-svc/".length)}`,
  );
}

/** A rollback is part of the deployment that it undoes, not a deployment of its own. */
export function serviceDeploymentStatus(deployment: Deployment): string {
  const { undoneBy } = deployment;
  if (undoneBy !== undefined)
    return undoneBy.rolloutState === "IN_PROGRESS"
      ? "ROLLBACK_IN_PROGRESS"
      : undoneBy.rolloutState === "COMPLETED"
        ? "ROLLBACK_SUCCESSFUL"
        : "ROLLBACK_FAILED";
  if (deployment.rolloutState === "COMPLETED") return "SUCCESSFUL";
  return deployment.rolloutState === "FAILED" ? "STOPPED" : "IN_PROGRESS";
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html */
export function serviceDeploymentAnswer(
  service: Service,
  deployment: Deployment,
  services: Services,
  world: World,
): Fields {
  const { undoneBy } = deployment;
  const isTripped = deployment.rolloutState === "FAILED";
  const breaker = isTripped
    ? "TRIGGERED"
    : deployment.rolloutState === "COMPLETED"
      ? "MONITORING_COMPLETE"
      : "MONITORING";
  return {
    serviceDeploymentArn: serviceDeploymentArn(service, deployment, world),
    serviceArn: service.arn,
    clusterArn: world.arn("ecs", `cluster/${service.cluster}`),
    createdAt: deployment.createdAt,
    startedAt: deployment.createdAt,
    finishedAt: undoneBy === undefined ? deployment.finishedAt : undoneBy.finishedAt,
    updatedAt: deployment.updatedAt,
    targetServiceRevision: {
      arn: deployment.revisionArn,
      requestedTaskCount: service.desired,
      ...countsOf(service, deployment, services),
    },
    status: serviceDeploymentStatus(deployment),
    statusReason: deployment.reason,
    rollback:
      undoneBy === undefined
        ? undefined
        : {
            reason: "Service deployment rolled back because the circuit breaker threshold was exceeded.",
            startedAt: undoneBy.createdAt,
            serviceRevisionArn: undoneBy.revisionArn,
          },
    deploymentCircuitBreaker: {
      status: switchOf(service, "DeploymentCircuitBreaker").isOn ? breaker : "DISABLED",
      failureCount: deployment.failed,
      threshold: services.thresholdOf(service),
    },
  };
}
