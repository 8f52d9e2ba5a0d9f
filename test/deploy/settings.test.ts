import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { deploy } from "../../src/application/deploy/deploy.ts";
import type { DeploymentSettings } from "../../src/domain/deployment/settings.ts";
import { todos } from "../commands/todos-process.ts";
import { type Aws, startAws } from "../support/aws/double/start.ts";
import { engineWith, failureOf, JOURNEY_TIMEOUT_MS, OPTIONS } from "./engines.ts";
import { SETTINGS } from "./support.ts";

setDefaultTimeout(JOURNEY_TIMEOUT_MS);

const FARGATE_VCPUS = "L-3032A538";

function withSettings(more: Partial<DeploymentSettings>) {
  return { ...OPTIONS, settings: { ...SETTINGS, ...more } };
}

/** Returns the findings of step 1 for a deploy with these settings. @throws Error if it changes something */
async function problemsOf(aws: Aws, more: Partial<DeploymentSettings>): Promise<string> {
  const before = aws.resources();
  const engine = engineWith(aws, "two");
  expect((await failureOf(deploy(engine, withSettings(more)))).message).toContain("nothing was changed");
  expect(aws.resources()).toEqual(before);
  return engine
    .of("finding")
    .filter(({ level }) => level === "problem")
    .map(({ what }) => what)
    .join("\n");
}

describe("settings that don't work together are refused in step 1", () => {
  test("with those of the templates, before a first deploy", async () => {
    await using aws = await startAws();
    expect(await problemsOf(aws, { minTasks: "11" })).toBe("at least 11 tasks must run, but at most 10");
    expect(await problemsOf(aws, { taskCpu: "1024" })).toBe(
      "Fargate offers no task of 1024 CPU units and 512 MiB of memory; with 1024 units it offers 2048 to 8192 in steps of 1024 MiB",
    );
    expect(await problemsOf(aws, { taskMemory: "3072" })).toContain("it offers 512, 1024, 2048 MiB");
  });

  test("with those that the stacks keep", async () => {
    await using aws = await startAws();
    const kept = { taskCpu: "512", taskMemory: "4096", minTasks: "3", maxTasks: "4" };
    await deploy(engineWith(aws, "one"), withSettings(kept));
    expect(await problemsOf(aws, { minTasks: "5" })).toBe("at least 5 tasks must run, but at most 4");
    expect(await problemsOf(aws, { maxTasks: "2" })).toBe("at least 3 tasks must run, but at most 2");
    expect(await problemsOf(aws, { taskCpu: "256" })).toContain("no task of 256 CPU units and 4096 MiB");
    await deploy(engineWith(aws, "two"), withSettings({ taskCpu: "1024" }));
  });
});

describe("the quota of Fargate", () => {
  test("needs room for one more task and a one-off task, then for all new ones and their one-off tasks", async () => {
    await using aws = await startAws();
    const large = { taskCpu: "1024", taskMemory: "2048", minTasks: "8" };
    await deploy(engineWith(aws, "one"), withSettings(large));
    // The service keeps its eight tasks until scaling removes some.
    await deploy(engineWith(aws, "two"), withSettings({ minTasks: "2" }));
    aws.plant.account.quotas.set(FARGATE_VCPUS, 15);
    expect(await problemsOf(aws, {})).toBe(
      "a deployment needs 16 Fargate vCPUs for a while (for 8 new tasks and 8 one-off tasks), but the quota is 15",
    );
    expect(await problemsOf(aws, { taskCpu: "2048", taskMemory: "4096" })).toContain(
      "needs 32 Fargate vCPUs",
    );
    aws.plant.account.quotas.set(FARGATE_VCPUS, 8.5);
    expect(await problemsOf(aws, { taskCpu: "512" })).toBe(
      "a deployment needs 9 Fargate vCPUs for a while (for 8 tasks that run, a new one and a one-off task), but the quota is 8.5",
    );
    aws.plant.account.quotas.set(FARGATE_VCPUS, 9);
    await deploy(engineWith(aws, "one"), withSettings({ taskCpu: "512" }));
  });

  test("without room for twice as many tasks, ECS replaces a few at a time: a note", async () => {
    await using aws = await startAws();
    const many = { taskCpu: "512", taskMemory: "1024", minTasks: "20", maxTasks: "20" };
    aws.plant.account.quotas.set(FARGATE_VCPUS, 16);
    await deploy(engineWith(aws, "one"), withSettings(many));
    const engine = engineWith(aws, "two");
    await deploy(engine, OPTIONS);
    expect(engine.of("finding").map(({ what }) => what)).toContain(
      "replacing all tasks at once needs 20 Fargate vCPUs, but the quota is 16: ECS replaces a few at a time, so the deployment takes longer",
    );
  });

  test("that limits scaling out is reported, and the deploy is not refused", async () => {
    await using aws = await startAws();
    aws.plant.account.quotas.set(FARGATE_VCPUS, 2);
    const engine = engineWith(aws, "one");
    await deploy(engine, OPTIONS);
    expect(engine.of("finding").map(({ what }) => what)).toContain(
      "10 tasks need 2.5 Fargate vCPUs, but the quota is 2: scaling ends there",
    );
  });
});

test("a retention that CloudWatch does not offer, or more tasks than a service may have, is a usage error", async () => {
  const { code, stderr } = await todos(["deploy", "--log-retention", "45", "--max-tasks", "1001"]);
  expect(code).toBe(2);
  expect(stderr).toContain("--log-retention is 45; CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60");
  expect(stderr).toContain("--max-tasks is 1001; a service has at most 1000 tasks");
});

test.each([
  ["verify", "cn-north-1", "AWS China"],
  ["deploy", "us-gov-west-1", "AWS GovCloud (US)"],
  ["status", "eusc-de-east-1", "the AWS European Sovereign Cloud"],
])(
  "todos %s in %s says first that %s is not supported, and asks AWS nothing",
  async (command, region, name) => {
    await using aws = await startAws({ region });
    const { code, stdout, stderr } = await todos([command, "--region", region], { env: aws.environment });
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toStartWith(`todos: ${region} is a region of ${name}, which is not supported\n`);
    expect(aws.calls).toEqual([]);
  },
);
