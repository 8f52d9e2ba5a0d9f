import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { deploy } from "../../src/application/deploy/deploy.ts";
import { DeployError } from "../../src/application/deploy/errors.ts";
import { status } from "../../src/application/deploy/status.ts";
import { verify } from "../../src/application/deploy/verify.ts";
import { deployerPolicy } from "../../src/domain/deployment/policy.ts";
import { type Aws, startAws } from "../support/aws/double/start.ts";
import { engineWith, failureOf, JOURNEY_TIMEOUT_MS, OPTIONS, saidIn } from "./engines.ts";
import { smallImage } from "./small-image.ts";
import { SETTINGS, type TestEngine } from "./support.ts";

// Generous, for a busy machine.
setDefaultTimeout(60_000);

const ONE = smallImage("one").digest;
const TWO = smallImage("two").digest;
/** A failure must be shown within this time. */
const SHOWN_WITHIN_MS = 10_000;
const LONGER_THAN_A_TASK_MS = 120_000;

async function deployed(): Promise<Aws> {
  const aws = await startAws();
  await deploy(engineWith(aws, "one"), OPTIONS);
  return aws;
}

function failures(engine: TestEngine) {
  return engine
    .of("task-failed")
    .map((failure) => ({ ...failure, lateMs: failure.at - (failure.stoppedAt ?? 0) }));
}

/** Completes a pattern as in AWS's own examples, which name a whole resource. */
function asInExamples(pattern: string): string {
  return pattern
    .replace(/:stack\/\S+\*$/, "$&/*")
    .replace(/:log-group:\S+\*$/, "$&:*")
    .replace(/:\/keyspace\/\S+\*$/, "$&/*")
    .replace(/aws-service-role\/\*$/, "aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS*");
}

describe("a new version that does not run", () => {
  test(
    "its failing task is shown within 10 s with reason, exit code, last lines and cause; the rollback is followed; the old version serves",
    async () => {
      await using aws = await deployed();
      aws.plant.task.script(
        { group: "service:todos", image: TWO },
        { kind: "exits", code: 3, afterSeconds: 2, lines: ["starting", "no such keyspace"] },
      );
      const engine = engineWith(aws, "two");
      const failed = deploy(engine, OPTIONS);
      expect((await failureOf(failed)).message).toMatch(
        /the new version failed: the program ended with exit code 3; it was rolled back, and sha256:\w+ is serving again/,
      );
      const [first] = failures(engine);
      expect(first).toMatchObject({ exitCode: 3, cause: "the program ended with exit code 3" });
      expect(first?.logLines).toEqual(["starting", "no such keyspace"]);
      expect(first?.lateMs).toBeLessThanOrEqual(SHOWN_WITHIN_MS);
      expect(engine.of("service").at(-1)?.text).toBe("the rollback: 2 of 2 tasks run, complete");
      const found = await status(engineWith(aws, "none"), SETTINGS);
      expect(found.digest).toBe(ONE);
      expect(found.tasks.every(({ imageDigest }) => imageDigest === ONE)).toBe(true);
      expect(aws.stacks()).toMatchObject({ TodosEcsStack: "UPDATE_ROLLBACK_COMPLETE" });
      await deploy(engineWith(aws, "three"), OPTIONS);
    },
    JOURNEY_TIMEOUT_MS,
  );

  test(
    "healthy tasks that answer with server errors: the deployment's alarm rolls it back, and the old version serves",
    async () => {
      await using aws = await deployed();
      const engine = engineWith(aws, "two");
      const report = engine.run.reporter.report.bind(engine.run.reporter);
      engine.run.reporter.report = (event) => {
        report(event);
        if (event.event === "service" && event.running === 2) aws.plant.alarm("todos-deployment");
      };
      const failure = await failureOf(deploy(engine, OPTIONS));
      expect(failure.message).toMatch(
        /^tasks answered with server errors while the new version was rolled out: ECS deployment alarm: alarm detected\.; it was rolled back, and sha256:\w+ is serving again$/,
      );
      expect(failure instanceof DeployError && failure.advice).toContain(
        "run the same command again while the alarm is on",
      );
      expect(failures(engine)).toEqual([]);
      const found = await status(engineWith(aws, "none"), SETTINGS);
      expect(found.digest).toBe(ONE);
      expect(found.tasks.every(({ imageDigest }) => imageDigest === ONE)).toBe(true);
      // The alarm stays on as long as it counts earlier errors. It must not delay a release that helps.
      const helping = await deploy(engineWith(aws, "three"), OPTIONS);
      expect(helping.digest).toBe(smallImage("three").digest);
    },
    JOURNEY_TIMEOUT_MS,
  );

  test(
    "the same in real time, 60 times as fast, in a separate process",
    async () => {
      await using aws = await startAws({ time: 60 });
      await deploy(engineWith(aws, "one"), OPTIONS);
      aws.plant.task.script({ group: "service:todos", image: TWO }, { kind: "exits", code: 3 });
      expect((await failureOf(deploy(engineWith(aws, "two"), OPTIONS))).message).toContain(
        "it was rolled back",
      );
    },
    JOURNEY_TIMEOUT_MS,
  );

  test(
    "on the first deploy, an image that can't be pulled is reported as one, and the next deploy continues from there",
    async () => {
      await using aws = await startAws();
      aws.plant.task.script(
        { group: "service:todos", image: ONE },
        {
          kind: "cannotPull",
          reason:
            "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref: dial tcp 10.0.1.7:443: i/o timeout",
        },
      );
      const engine = engineWith(aws, "one");
      expect((await failureOf(deploy(engine, OPTIONS))).message).toMatch(
        /the image could not be pulled: the registry is unreachable from the subnets/,
      );
      expect(failures(engine)[0]?.lateMs).toBeLessThanOrEqual(SHOWN_WITHIN_MS);
      const next = engineWith(aws, "two");
      await deploy(next, OPTIONS);
      expect(saidIn(next)).toContain("an earlier attempt failed");
    },
    JOURNEY_TIMEOUT_MS,
  );

  test(
    "a task that always ends before it is first checked is shown with its cause",
    async () => {
      await using aws = await startAws();
      aws.plant.task.script({ command: "migrate" }, { kind: "exits", code: 1, lines: ["no such role"] });
      const engine = engineWith(aws, "one");
      const { run } = engine.tasks;
      engine.tasks.run = async (task) => {
        const started = await run.call(engine.tasks, task);
        await engine.run.parts.clock.sleep(LONGER_THAN_A_TASK_MS);
        return started;
      };
      expect((await failureOf(deploy(engine, OPTIONS))).message).toMatch(
        /migrate failed: the program ended with exit code 1/,
      );
      expect(failures(engine)[0]?.logLines).toEqual(["no such role"]);
    },
    JOURNEY_TIMEOUT_MS,
  );

  test(
    "a migration that fails stops the deploy before the service is changed; the next deploy tries it again",
    async () => {
      await using aws = await deployed();
      aws.plant.task.script(
        { command: "migrate", times: 1 },
        { kind: "exits", code: 1, lines: ["the keyspace is locked"] },
      );
      const engine = engineWith(aws, "two");
      expect((await failureOf(deploy(engine, OPTIONS))).message).toMatch(
        /migrate failed: the program ended with exit code 1/,
      );
      expect(failures(engine)[0]?.logLines).toEqual(["the keyspace is locked"]);
      expect(aws.stacks().TodosEcsStack).toBe("CREATE_COMPLETE");
      await deploy(engineWith(aws, "two"), OPTIONS);
    },
    JOURNEY_TIMEOUT_MS,
  );

  test(
    "a failed smoke test is a failure even if every task runs; a brief lack of capacity is not",
    async () => {
      await using aws = await startAws();
      aws.plant.task.refuse();
      aws.plant.task.script(
        { command: "smoke", times: 1 },
        { kind: "exits", code: 1, lines: ["FAIL a created task is found again"] },
      );
      const engine = engineWith(aws, "one");
      expect((await failureOf(deploy(engine, OPTIONS))).message).toMatch(/failed its smoke test at 10\./);
      expect(saidIn(engine)).toContain("the task can't be started yet");
      expect(aws.resources().join()).not.toContain("good-");
      await deploy(engineWith(aws, "one"), OPTIONS);
      expect(aws.resources().join()).toContain("good-");
    },
    JOURNEY_TIMEOUT_MS,
  );
});

describe("problems on the way", () => {
  test("a migration may take longer than any other task, and says how long it usually takes", async () => {
    await using aws = await startAws();
    const slow = { kind: "exits", code: 0, afterSeconds: 1_200 } as const;
    aws.plant.task.script({ command: "migrate", times: 1 }, slow);
    const engine = engineWith(aws, "one");
    await deploy(engine, OPTIONS);
    expect(engine.of("task").map(({ text }) => text)).toContain("running, usually for about 10 minutes");
    aws.plant.task.script({ command: "smoke", times: 1 }, { kind: "stuck" });
    expect((await failureOf(deploy(engineWith(aws, "two"), OPTIONS))).message).toMatch(
      /^smoke of \S+ did not finish within 15 minutes and was stopped$/,
    );
  });

  test(
    "throttled calls, expired and renewed credentials, lost answers: the deploy continues",
    async () => {
      await using aws = await startAws();
      aws.plant.call.throttle({ action: "DescribeStackEvents", times: 2 });
      aws.plant.call.throttle({ action: "RunTask", times: 1 });
      let lost = 0;
      aws.after = ({ action, isMutating }) => {
        if (action === "RunTask" && lost === 0) {
          lost++;
          return "cut";
        }
        if (isMutating && action === "CreateChangeSet" && aws.calls.length > 60) {
          aws.deployer.expire();
          aws.deployer.renew();
        }
        return undefined;
      };
      await deploy(engineWith(aws, "one"), OPTIONS);
      expect(lost).toBe(1);
      const migrations = new Set(
        aws.calls
          .filter(({ action, input }) => action === "RunTask" && JSON.stringify(input).includes("migrate"))
          .map(({ input }) => input.clientToken),
      );
      expect(migrations.size).toBe(1);
    },
    JOURNEY_TIMEOUT_MS,
  );

  test("a name in use → the resource and the reason from CloudFormation's check; nothing is left of the change", async () => {
    await using aws = await startAws({ pageSize: 1 });
    for (const AlarmName of ["todos-cpu", "todos-memory"])
      aws.plant.stray("AWS::CloudWatch::Alarm", { AlarmName });
    expect((await failureOf(deploy(engineWith(aws, "one"), OPTIONS))).message).toBe(
      [
        "CloudFormation rejected the change to TodosEcsStack:",
        "  CpuAlarm (AWS::CloudWatch::Alarm): Resource of type 'AWS::CloudWatch::Alarm' with identifier 'todos-cpu' already exists.",
        "  MemoryAlarm (AWS::CloudWatch::Alarm): Resource of type 'AWS::CloudWatch::Alarm' with identifier 'todos-memory' already exists.",
      ].join("\n"),
    );
    expect(aws.resources().filter((line) => line.startsWith("change set"))).toEqual([]);
  });

  test("all problems are found at once, before anything is changed", async () => {
    await using aws = await startAws();
    aws.plant.account.denied.add("ecs:CreateService");
    aws.plant.stray("AWS::Logs::LogGroup", { LogGroupName: "/ecs/todos" });
    aws.plant.account.quotas.set("L-F678F1CE", 0);
    aws.plant.stray("AWS::ECR::Repository", { RepositoryName: "todos" });
    const engine = engineWith(aws, "one");
    expect((await failureOf(verify(engine, SETTINGS))).message).toMatch(
      /found \d+ problems; nothing was changed/,
    );
    const problems = engine
      .of("finding")
      .filter(({ level }) => level === "problem")
      .map(({ what }) => what)
      .join("\n");
    expect(problems).toContain("is not allowed to call ecs:CreateService");
    expect(problems).toContain("quota is 0");
    expect(problems).toContain("the log group /ecs/todos already exists");
    expect(problems).toContain("the repository todos already exists");
    expect(aws.calls.filter(({ isMutating }) => isMutating)).toEqual([]);
  });

  test("checks that only inform don't stop a run: a federated user, hidden trails, a refused quota", async () => {
    await using aws = await startAws();
    aws.plant.account.recordsKeyspaces = true;
    const organization = { code: "TrailNotFoundException", message: "Unknown trail", times: 100 };
    aws.plant.call.error({ service: "cloudtrail", action: "GetEventSelectors", ...organization });
    const broken = { code: "ServiceException", message: "Something went wrong", times: 100 };
    aws.plant.call.error({ service: "service-quotas", ...broken });
    const engine = engineWith(aws, "one", { deployer: aws.addDeployer("federated-user/ann") });
    await verify(engine, SETTINGS);
    const notes = engine.of("finding").filter(({ level }) => level === "note");
    expect(notes.map(({ what }) => what)).toEqual([
      "permissions were not checked: AWS refuses SimulatePrincipalPolicy: Invalid Entity Arn: arn:aws:sts::111122223333:federated-user/ann does not clearly define entity type and name.",
    ]);
  });

  test("trails that may not be listed are reported and don't stop a run", async () => {
    await using aws = await startAws();
    aws.plant.account.denied.add("cloudtrail:DescribeTrails");
    aws.plant.call.error({
      service: "iam",
      action: "SimulatePrincipalPolicy",
      code: "ServiceFailure",
      message: "try later",
    });
    const engine = engineWith(aws, "one");
    await verify(engine, SETTINGS);
    const notes = engine.of("finding").filter(({ level }) => level === "note");
    expect(notes.map(({ what }) => what)).toEqual([
      "permissions were not checked: AWS refuses SimulatePrincipalPolicy: try later",
      expect.stringContaining("trails of CloudTrail were not checked: AWS does not allow DescribeTrails"),
    ]);
  });

  test("the documented policy, with its resources, grants every permission", async () => {
    await using aws = await startAws();
    const scope = { account: aws.deployer.arn.split(":")[4] ?? "", region: "eu-west-1", partition: "aws" };
    const granted = deployerPolicy(scope).Statement;
    const verified = async () => {
      const engine = engineWith(aws, "one");
      await verify(engine, SETTINGS).catch((error: unknown) => expect(error).toBeInstanceOf(DeployError));
      return engine.of("finding").map(({ level, what }) => `${level}: ${what}`);
    };
    aws.plant.account.policy = granted;
    expect(await verified()).toContain("fine: all permissions are granted");
    aws.plant.account.policy = granted.map((each) => ({
      ...each,
      Resource: each.Resource.map(asInExamples),
    }));
    expect(await verified()).toContain("fine: all permissions are granted");
    aws.plant.account.policy = granted.filter(({ Sid }) => Sid !== "Stacks");
    expect((await verified()).join()).toContain("is not allowed to call cloudformation:CancelUpdateStack");
  });
});
