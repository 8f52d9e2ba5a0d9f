import { CloudWatchLogsClient, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  type Deployment,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RunTaskCommand,
  type RunTaskCommandInput,
  type Service,
  type Task,
} from "@aws-sdk/client-ecs";
import type { Aws } from "../../../support/aws/double/start.ts";
import { type Cfn, cloudFormation } from "./cloudformation-support.ts";

const POLL_MS = 5_000;

/** A service of two tasks of the image with this digest. */
function template(digest: string, breaker = "{ Enable: true, Rollback: true }"): string {
  return `
Resources:
  Log: { Type: AWS::Logs::LogGroup, Properties: { LogGroupName: /todos } }
  Repository: { Type: AWS::ECR::Repository, Properties: { RepositoryName: todos, EmptyOnDelete: true } }
  Cluster: { Type: AWS::ECS::Cluster, Properties: { ClusterName: todos } }
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: todos
      ContainerDefinitions:
        - Name: todos
          Image: !Sub "\${Repository.RepositoryUri}@${digest}"
          HealthCheck: { Command: [CMD, todos, healthcheck] }
          LogConfiguration:
            LogDriver: awslogs
            Options: { awslogs-group: !Ref Log, awslogs-stream-prefix: todos }
  Service:
    Type: AWS::ECS::Service
    Properties:
      ServiceName: todos
      Cluster: !Ref Cluster
      TaskDefinition: !Ref Task
      DesiredCount: 2
      DeploymentConfiguration: { DeploymentCircuitBreaker: ${breaker} }
      NetworkConfiguration: { AwsvpcConfiguration: { Subnets: [subnet-a, subnet-b], SecurityGroups: [sg-a] } }
`;
}

export interface Bench {
  readonly cfn: Cfn;
  readonly ecs: ECSClient;
  /** Deploys an image that is in the registry under `tag`. */
  deploy(tag: string, breaker?: string): ReturnType<Cfn["deploy"]>;
  begin(tag: string, breaker?: string): Promise<void>;
  service(): Promise<Service>;
  primary(): Promise<Deployment>;
  tasks(desiredStatus: "RUNNING" | "STOPPED"): Promise<Task[]>;
  run(command: string, more?: Partial<RunTaskCommandInput>): Promise<Task>;
  stopped(task: Task): Promise<Task>;
  /** The lines of a task that are delivered. */
  lines(task: Task): Promise<string[]>;
}

export function ecsBench(aws: Aws): Bench {
  const cfn = cloudFormation(aws);
  const ecs = new ECSClient({ ...aws.client, maxAttempts: 1 });
  const logs = new CloudWatchLogsClient({ ...aws.client, maxAttempts: 1 });
  const cluster = "todos";
  const service = async () => {
    const { services: [found] = [] } = await ecs.send(
      new DescribeServicesCommand({ cluster, services: ["todos"] }),
    );
    if (found === undefined) throw new Error("there is no service");
    return found;
  };
  const describe = async (tasks: string[]) =>
    tasks.length === 0 ? [] : ((await ecs.send(new DescribeTasksCommand({ cluster, tasks }))).tasks ?? []);
  return {
    ...{ cfn, ecs, service },
    deploy: (tag, breaker) => cfn.deploy("App", template(aws.plant.image("todos", tag), breaker)),
    begin: (tag, breaker) => cfn.begin("App", template(aws.plant.image("todos", tag), breaker)),
    primary: async () => {
      const [first] = (await service()).deployments ?? [];
      if (first === undefined) throw new Error("there is no deployment");
      return first;
    },
    tasks: async (desiredStatus) => {
      const { taskArns = [] } = await ecs.send(
        new ListTasksCommand({ cluster, serviceName: "todos", desiredStatus }),
      );
      return describe(taskArns);
    },
    run: async (command, more) => {
      const overrides = { containerOverrides: [{ name: "todos", command: [command] }] };
      const ask = { cluster, taskDefinition: "todos", overrides, startedBy: "a-test", ...more };
      const { tasks: [task] = [] } = await ecs.send(new RunTaskCommand(ask));
      if (task === undefined) throw new Error("no task was started");
      return task;
    },
    stopped: async ({ taskArn = "" }) => {
      for (;;) {
        const [task] = await describe([taskArn]);
        if (task?.lastStatus === "STOPPED") return task;
        await aws.clock.wait(POLL_MS);
      }
    },
    lines: async ({ taskArn = "" }) => {
      const logStreamName = `todos/todos/${taskArn.split("/").at(-1)}`;
      const ask = new GetLogEventsCommand({ logGroupName: "/todos", logStreamName, startFromHead: true });
      return ((await logs.send(ask)).events ?? []).map((event) => event.message ?? "");
    },
  };
}
