import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DescribeServiceDeploymentsCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ListServiceDeploymentsCommand,
  ListTasksCommand,
  RunTaskCommand,
  StopTaskCommand,
} from "@aws-sdk/client-ecs";
import { type Aws, startAws } from "../../../support/aws/double/start.ts";
import { type Bench, ecsBench } from "./ecs-support.ts";

// Virtual time passes at once, but the machine may be busy.
setDefaultTimeout(60_000);

const HOUR_MS = 3_600_000;

/** A double with a service of `first`, at rest. */
async function running(aws: Aws): Promise<Bench> {
  const bench = ecsBench(aws);
  const stack = await bench.deploy("first");
  expect(stack.StackStatus).toBe("CREATE_COMPLETE");
  return bench;
}

describe("the double: a service", () => {
  test("its stack is complete only when its deployment is, with healthy tasks of the image's digest", async () => {
    await using aws = await startAws();
    const bench = ecsBench(aws);
    await bench.begin("first");
    await aws.clock.wait(20_000);
    expect(await bench.primary()).toMatchObject({
      rolloutState: "IN_PROGRESS",
      runningCount: 0,
      pendingCount: 2,
    });
    expect(aws.stacks().App).toBe("CREATE_IN_PROGRESS");
    expect((await bench.cfn.settled("App")).StackStatus).toBe("CREATE_COMPLETE");
    const primary = await bench.primary();
    expect(primary).toMatchObject({
      status: "PRIMARY",
      rolloutState: "COMPLETED",
      runningCount: 2,
      failedTasks: 0,
    });
    expect(primary.rolloutStateReason).toBe(`ECS deployment ${primary.id} completed.`);
    const tasks = await bench.tasks("RUNNING");
    expect(tasks).toHaveLength(2);
    for (const task of tasks) {
      expect(task).toMatchObject({ lastStatus: "RUNNING", healthStatus: "HEALTHY", startedBy: primary.id });
      expect(task.containers?.[0]?.imageDigest).toBe(aws.plant.image("todos", "first"));
      expect(
        task.attachments?.[0]?.details?.find((one) => one.name === "privateIPv4Address")?.value,
      ).toStartWith("10.0.");
    }
  });

  test("a new image: new tasks start next to the old ones, then the old ones stop; the deployment has a new id", async () => {
    await using aws = await startAws();
    const bench = await running(aws);
    const first = await bench.primary();
    await bench.begin("second");
    while ((await bench.service()).deployments?.length !== 2) await aws.clock.wait(1_000);
    expect(await bench.tasks("RUNNING")).toHaveLength(4);
    await bench.cfn.settled("App");
    const second = await bench.primary();
    expect(second.id).not.toBe(first.id ?? "");
    expect((await bench.service()).deployments).toHaveLength(1);
    const [old] = await bench.tasks("STOPPED");
    expect(old).toMatchObject({
      stopCode: "ServiceSchedulerInitiated",
      stoppedReason: `Scaling activity initiated by (deployment ${first.id})`,
    });
  });

  test("tasks that exit: the breaker trips at the third, and the service returns to the previous image", async () => {
    await using aws = await startAws();
    const bench = await running(aws);
    const first = await bench.primary();
    const bad = aws.plant.image("todos", "bad");
    aws.plant.task.script({ image: bad }, { kind: "exits", code: 3, lines: ["no such keyspace"] });
    await bench.begin("bad");
    await aws.clock.wait(5_000);
    while ((await bench.primary()).taskDefinition === first.taskDefinition) await aws.clock.wait(1_000);
    const failing = await bench.primary();
    while ((await bench.primary()).id === failing.id) await aws.clock.wait(1_000);
    const [undoing, failed] = (await bench.service()).deployments ?? [];
    expect(failed).toMatchObject({ id: failing.id, rolloutState: "FAILED", failedTasks: 3, desiredCount: 0 });
    expect(failed?.rolloutStateReason).toBe("ECS deployment circuit breaker: tasks failed to start.");
    expect(undoing).toMatchObject({ status: "PRIMARY", taskDefinition: first.taskDefinition });
    expect(undoing?.rolloutStateReason).toBe(
      `ECS deployment circuit breaker: rolling back to deploymentId ${first.id}.`,
    );
    const [task] = (await bench.tasks("STOPPED")).filter(
      (one) => one.stopCode === "EssentialContainerExited",
    );
    expect(task?.containers?.[0]?.exitCode).toBe(3);
    await aws.clock.wait(5_000);
    expect(await bench.lines(task ?? {})).toEqual(["no such keyspace"]);
    expect((await bench.cfn.settled("App")).StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect((await bench.primary()).taskDefinition).toBe(first.taskDefinition ?? "");
    expect(
      aws
        .resources()
        .filter((line) => line.startsWith("task "))
        .every((line) => !line.includes(bad)),
    ).toBe(true);
  });

  test("the deployments of a service are reported with breaker and rollback", async () => {
    await using aws = await startAws();
    const bench = await running(aws);
    aws.plant.task.script({ image: aws.plant.image("todos", "bad") }, { kind: "unhealthy" });
    await bench.deploy("bad");
    const list = new ListServiceDeploymentsCommand({ cluster: "todos", service: "todos" });
    const { serviceDeployments: brief = [] } = await bench.ecs.send(list);
    expect(brief.map((one) => one.status)).toEqual(["ROLLBACK_SUCCESSFUL", "SUCCESSFUL"]);
    const arns = brief.map((one) => one.serviceDeploymentArn ?? "");
    const ask = new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: arns });
    const { serviceDeployments = [] } = await bench.ecs.send(ask);
    expect(serviceDeployments[0]).toMatchObject({
      deploymentCircuitBreaker: { status: "TRIGGERED", failureCount: 3, threshold: 3 },
      rollback: { reason: expect.stringContaining("circuit breaker") },
    });
  });

  test("a first deployment that fails leaves nothing: the stack is rolled back", async () => {
    await using aws = await startAws();
    const bench = ecsBench(aws);
    aws.plant.task.script({}, { kind: "cannotPull", reason: "no route to the registry" });
    expect((await bench.deploy("first")).StackStatus).toBe("ROLLBACK_COMPLETE");
    expect(aws.resources().filter((line) => /^task|AWS::ECS/.test(line))).toEqual([]);
  });

  test("without a breaker a stack waits three hours for tasks that never start", async () => {
    await using aws = await startAws();
    const bench = ecsBench(aws);
    aws.plant.task.script({}, { kind: "stuck" });
    await bench.begin("first", "{ Enable: false, Rollback: false }");
    await aws.clock.wait(2 * HOUR_MS);
    expect(aws.stacks().App).toBe("CREATE_IN_PROGRESS");
    await aws.clock.wait(2 * HOUR_MS);
    expect(aws.stacks().App).toBe("ROLLBACK_COMPLETE");
  });

  test("a task that ends later is replaced, and the deployment stays completed", async () => {
    await using aws = await startAws();
    const bench = await running(aws);
    const [task] = await bench.tasks("RUNNING");
    aws.plant.endTask(task?.taskArn ?? "", 1);
    await aws.clock.wait(60_000);
    expect(await bench.tasks("RUNNING")).toHaveLength(2);
    expect(await bench.primary()).toMatchObject({ rolloutState: "COMPLETED", failedTasks: 0 });
  });

  test("an image that is not in the registry can't be pulled", async () => {
    await using aws = await startAws();
    const bench = await running(aws);
    const gone = aws.plant.image("other", "gone");
    await bench.cfn.begin("App", (await templateOf(bench)).replace(/sha256:[0-9a-f]{64}/, gone));
    while ((await bench.primary()).failedTasks === 0) await aws.clock.wait(5_000);
    const [task] = await bench.tasks("STOPPED");
    expect(task).toMatchObject({ stopCode: "TaskFailedToStart" });
    expect(task?.stoppedReason).toStartWith("CannotPullContainerError: ");
    expect(task?.containers?.[0]?.exitCode).toBeUndefined();
  });

  test("services, tasks and clusters that do not exist", async () => {
    await using aws = await startAws();
    const { ecs } = await running(aws);
    const services = await ecs.send(new DescribeServicesCommand({ cluster: "todos", services: ["other"] }));
    expect(services.failures?.[0]).toMatchObject({ reason: "MISSING" });
    const tasks = await ecs.send(new DescribeTasksCommand({ cluster: "todos", tasks: ["0123"] }));
    expect(tasks.failures?.[0]).toMatchObject({ reason: "MISSING" });
    const other = ecs.send(new ListTasksCommand({ cluster: "other" }));
    await expect(other).rejects.toMatchObject({ name: "ClusterNotFoundException" });
  });
});

async function templateOf({ cfn }: Bench): Promise<string> {
  const { GetTemplateCommand } = await import("@aws-sdk/client-cloudformation");
  return (await cfn.client.send(new GetTemplateCommand({ StackName: "App" }))).TemplateBody ?? "";
}

describe("the double: a one-off task", () => {
  test("runs its command, writes its lines a bit late, and ends with its exit code", async () => {
    await using aws = await startAws();
    const bench = await running(aws);
    aws.plant.task.script(
      { command: "migrate" },
      { kind: "exits", code: 0, afterSeconds: 1, lines: ["done"] },
    );
    const task = await bench.run("migrate");
    expect(task).toMatchObject({ lastStatus: "PROVISIONING", desiredStatus: "RUNNING", startedBy: "a-test" });
    await aws.clock.wait(16_000);
    await expect(bench.lines(task)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    const stopped = await bench.stopped(task);
    expect(stopped).toMatchObject({
      stopCode: "EssentialContainerExited",
      stoppedReason: "Essential container in task exited",
    });
    expect(stopped.containers?.[0]?.exitCode).toBe(0);
    expect(await bench.lines(task)).toEqual(["done"]);
    await aws.clock.wait(HOUR_MS);
    const later = await bench.ecs.send(
      new DescribeTasksCommand({ cluster: "todos", tasks: [task.taskArn ?? ""] }),
    );
    expect(later.failures?.[0]).toMatchObject({ reason: "MISSING" });
  });

  test("the same clientToken gives the same task; with another request it is a conflict", async () => {
    await using aws = await startAws();
    const bench = await running(aws);
    const first = await bench.run("migrate", { clientToken: "one" });
    expect((await bench.run("migrate", { clientToken: "one" })).taskArn).toBe(first.taskArn ?? "");
    await expect(bench.run("smoke", { clientToken: "one" })).rejects.toMatchObject({
      name: "ConflictException",
    });
    const { taskArns } = await bench.ecs.send(
      new ListTasksCommand({ cluster: "todos", startedBy: "a-test" }),
    );
    expect(taskArns).toEqual([first.taskArn ?? ""]);
  });

  test("one that never starts is stopped once its caller has waited long enough", async () => {
    await using aws = await startAws();
    const bench = await running(aws);
    aws.plant.task.script({ command: "smoke" }, { kind: "stuck" });
    const task = await bench.run("smoke");
    await aws.clock.wait(HOUR_MS);
    await bench.ecs.send(new StopTaskCommand({ cluster: "todos", task: task.taskArn, reason: "too slow" }));
    expect(await bench.stopped(task)).toMatchObject({ stopCode: "UserInitiated", stoppedReason: "too slow" });
  });

  test("no capacity is a failure without a task", async () => {
    await using aws = await startAws();
    const bench = await running(aws);
    aws.plant.task.refuse("RESOURCE:ENI");
    const answer = await bench.ecs.send(new RunTaskCommand({ cluster: "todos", taskDefinition: "todos" }));
    expect(answer).toMatchObject({ tasks: [], failures: [{ reason: "RESOURCE:ENI" }] });
  });

  test("a task definition that a stack has replaced can still be described, but runs no more", async () => {
    await using aws = await startAws();
    const bench = await running(aws);
    await bench.deploy("second");
    const taskDefinition = "todos:1";
    const described = await bench.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }));
    expect(described.taskDefinition).toMatchObject({ family: "todos", revision: 1, status: "INACTIVE" });
    expect(described.taskDefinition?.containerDefinitions?.[0]?.image).toEndWith(
      aws.plant.image("todos", "first"),
    );
    await expect(bench.run("migrate", { taskDefinition })).rejects.toThrow("TaskDefinition is inactive");
  });
});

describe("the double: logs", () => {
  test("lines of all streams, filtered by words, phrases and time, in pages", async () => {
    await using aws = await startAws();
    const bench = await running(aws);
    const client = new CloudWatchLogsClient({ ...aws.client, maxAttempts: 1 });
    const lines = ["starting up", "WARN slow store", "WARN store is away"];
    aws.plant.task.script({ command: "migrate" }, { kind: "exits", code: 0, lines });
    await bench.stopped(await bench.run("migrate"));
    const found = async (filterPattern: string, limit?: number) => {
      const ask = new FilterLogEventsCommand({ logGroupName: "/todos", filterPattern, limit });
      const { events = [], nextToken } = await client.send(ask);
      return { messages: events.map((event) => event.message), nextToken };
    };
    expect((await found("WARN")).messages).toEqual(["WARN slow store", "WARN store is away"]);
    expect((await found('"store is"')).messages).toEqual(["WARN store is away"]);
    expect((await found("WARN -slow")).messages).toEqual(["WARN store is away"]);
    expect((await found("?starting ?away")).messages).toEqual(["starting up", "WARN store is away"]);
    expect(await found("", 2)).toEqual({ messages: ["starting up", "WARN slow store"], nextToken: "2" });
    const since = { logGroupName: "/todos", startTime: aws.clock.now().getTime() };
    expect((await client.send(new FilterLogEventsCommand(since))).events).toEqual([]);
  });
});
