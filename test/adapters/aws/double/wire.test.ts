import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { ECSClient, ListTasksCommand } from "@aws-sdk/client-ecs";
import { GetKeyspaceCommand, KeyspacesClient } from "@aws-sdk/client-keyspaces";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { type Aws, type ClientOptions, startAws } from "../../../support/aws/double/start.ts";
import { cloudFormation, logs } from "./cloudformation-support.ts";

// Virtual time passes at once, but the machine may be busy.
setDefaultTimeout(60_000);

/** One call of each protocol: Query, EC2, JSON 1.1, JSON 1.0. */
function askers(options: ClientOptions, maxAttempts = 1) {
  const all = { ...options, maxAttempts };
  return {
    query: () => new CloudFormationClient(all).send(new DescribeStacksCommand({})),
    ec2: () => new EC2Client(all).send(new DescribeVpcsCommand({})),
    json: () => new ECSClient(all).send(new ListTasksCommand({ cluster: "none" })),
    json10: () => new KeyspacesClient(all).send(new GetKeyspaceCommand({ keyspaceName: "none" })),
  };
}

async function codeOf(asked: Promise<unknown>): Promise<string> {
  return asked.then(
    () => "none",
    (problem: Error) => problem.name,
  );
}

async function codesOf(options: ClientOptions): Promise<string[]> {
  return Promise.all(Object.values(askers(options)).map((ask) => codeOf(ask())));
}

function withSecret(aws: Aws, change: Record<string, string>): ClientOptions {
  return { ...aws.client, credentials: async () => ({ ...(await aws.deployer.credentials()), ...change }) };
}

describe("the double: who is allowed in", () => {
  test("a good signature is accepted, in every protocol, and identifies its caller", async () => {
    await using aws = await startAws();
    const identity = await new STSClient(aws.client).send(new GetCallerIdentityCommand({}));
    expect(identity).toMatchObject({
      Account: aws.accountId,
      Arn: `arn:aws:iam::${aws.accountId}:user/deployer`,
    });
    expect(await codesOf(aws.client)).toEqual([
      "none",
      "none",
      "ClusterNotFoundException",
      "ResourceNotFoundException",
    ]);
  });

  test("another secret is rejected: each protocol has its own code, and no call is recorded", async () => {
    await using aws = await startAws();
    expect(await codesOf(withSecret(aws, { secretAccessKey: "wrong" }))).toEqual([
      ...["SignatureDoesNotMatch", "AuthFailure", "InvalidSignatureException", "InvalidSignatureException"],
    ]);
    expect(aws.calls).toEqual([]);
  });

  test("an unknown key is rejected, and so is the token of another session", async () => {
    await using aws = await startAws();
    const expected = [
      "InvalidClientTokenId",
      "AuthFailure",
      "UnrecognizedClientException",
      "UnrecognizedClientException",
    ];
    expect(await codesOf(withSecret(aws, { accessKeyId: "AKIAUNKNOWN" }))).toEqual(expected);
    expect(await codesOf(withSecret(aws, { sessionToken: "another" }))).toEqual(expected);
  });

  test("expired credentials are rejected, and their successors are accepted", async () => {
    await using aws = await startAws();
    aws.deployer.expire();
    expect(await codesOf(aws.client)).toEqual([
      ...["ExpiredToken", "RequestExpired", "ExpiredTokenException", "ExpiredTokenException"],
    ]);
    aws.deployer.renew();
    expect(await codeOf(askers(aws.client).query())).toBe("none");
  });

  test("a denied action is refused by name", async () => {
    await using aws = await startAws();
    aws.plant.account.denied.add("ec2:DescribeVpcs");
    expect(await codesOf(aws.client)).toEqual([
      ...["none", "UnauthorizedOperation", "ClusterNotFoundException", "ResourceNotFoundException"],
    ]);
  });
});

describe("the double: planted faults of calls", () => {
  test("throttling has each protocol's code, as often as planted", async () => {
    await using aws = await startAws();
    aws.plant.call.throttle({ times: 4 });
    expect((await codesOf(aws.client)).sort()).toEqual([
      ...["RequestLimitExceeded", "Throttling", "ThrottlingException", "ThrottlingException"],
    ]);
    expect(await codeOf(askers(aws.client).query())).toBe("none");
  });

  test("the SDK's own retry gets over it", async () => {
    await using aws = await startAws();
    aws.plant.call.throttle({ service: "cloudformation" });
    expect(await codeOf(askers(aws.client, 2).query())).toBe("none");
    expect(aws.calls.map((call) => call.outcome)).toEqual(["refused", "answered"]);
  });

  test("what was just created is not visible yet", async () => {
    await using aws = await startAws();
    const cfn = cloudFormation(aws);
    await cfn.deploy("Logs", logs(7));
    aws.plant.call.unseen({ action: "DescribeStacks", times: 2 });
    const ask = () => codeOf(cfn.client.send(new DescribeStacksCommand({ StackName: "Logs" })));
    expect([await ask(), await ask(), await ask()]).toEqual(["ValidationError", "ValidationError", "none"]);
  });

  test("a slow answer makes an impatient client give up", async () => {
    await using aws = await startAws();
    aws.plant.call.slow({ action: "DescribeStacks", realMs: 400 });
    const client = new CloudFormationClient({
      ...aws.client,
      maxAttempts: 1,
      requestHandler: { requestTimeout: 50, throwOnRequestTimeout: true },
    });
    expect(await codeOf(client.send(new DescribeStacksCommand({})))).toBe("TimeoutError");
  });

  test("an action that is not modelled is refused with a message", async () => {
    await using aws = await startAws();
    const { ListStacksCommand } = await import("@aws-sdk/client-cloudformation");
    const asked = new CloudFormationClient({ ...aws.client, maxAttempts: 1 }).send(new ListStacksCommand({}));
    await expect(asked).rejects.toThrow("the double does not model cloudformation ListStacks");
    await asked.catch(() => undefined);
  });
});

describe("the double: a deployer that dies at a call", () => {
  test("before it is applied: it has not happened, nor does anything after it", async () => {
    await using aws = await startAws();
    aws.before = (call) => (call.action === "CreateChangeSet" ? "kill" : undefined);
    const cfn = cloudFormation(aws);
    expect(await codeOf(cfn.plan("Logs", logs(7)))).not.toBe("none");
    expect(aws.deployer.isDead).toBe(true);
    await expect(aws.deployer.death).rejects.toThrow("deployer was killed by the test");
    expect(aws.calls.map((call) => `${call.action} ${call.outcome}`)).toEqual(["CreateChangeSet cut before"]);
    expect(aws.stacks()).toEqual({});
    expect(await codeOf(askers(aws.client).query())).not.toBe("none");
    expect(aws.calls).toHaveLength(1);
  });

  test("after it is applied: it has happened without an answer; another deployer finds it", async () => {
    await using aws = await startAws();
    aws.after = (call) => (call.action === "CreateChangeSet" ? "kill" : undefined);
    expect(await codeOf(cloudFormation(aws).plan("Logs", logs(7)))).not.toBe("none");
    expect(aws.calls.map((call) => `${call.action} ${call.outcome}`)).toEqual(["CreateChangeSet cut after"]);
    const next = aws.clientOf(aws.addDeployer("next"));
    const { Stacks = [] } = await askers(next).query();
    expect(Stacks.map((stack) => stack.StackStatus)).toEqual(["REVIEW_IN_PROGRESS"]);
  });

  test("its waits end, while time goes on for others", async () => {
    await using aws = await startAws();
    const { clock } = aws.deployer;
    const waited = clock.wait(60_000).then(
      () => "waited",
      (problem: Error) => problem.name,
    );
    aws.deployer.kill();
    expect(await waited).toBe("DeployerKilled");
    const startMs = aws.clock.now().getTime();
    await aws.addDeployer("next").clock.wait(60_000);
    expect(aws.clock.now().getTime() - startMs).toBe(60_000);
  });

  test("cut instead of killed: the SDK's second attempt is answered", async () => {
    await using aws = await startAws();
    let cuts = 0;
    aws.before = () => (cuts++ === 0 ? "cut" : undefined);
    expect(await codeOf(askers(aws.client, 2).query())).toBe("none");
    expect(aws.calls.map((call) => call.outcome)).toEqual(["cut before", "answered"]);
  });

  test("calls are classified: which ones change something, and which permission they need", async () => {
    await using aws = await startAws();
    await cloudFormation(aws).deploy("Logs", logs(7));
    await codeOf(askers(aws.client).json10());
    const changing = aws.calls.filter((call) => call.isMutating).map((call) => call.iamAction);
    expect(changing).toEqual(["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"]);
    expect(aws.calls.at(-1)?.iamAction).toBe("cassandra:Select");
  });
});

describe("the double: time", () => {
  test("manual: time passes only by advance, and everything falls due in order", async () => {
    await using aws = await startAws({ time: "manual" });
    const order: number[] = [];
    const waits = [30, 10, 20].map(async (seconds) => {
      await aws.clock.wait(seconds * 1_000);
      order.push(seconds);
    });
    await aws.clock.advance(20_000);
    expect(order).toEqual([10, 20]);
    await aws.clock.advance(10_000);
    await Promise.all(waits);
    expect(order).toEqual([10, 20, 30]);
  });

  test("auto: while held, time stands still until it is released", async () => {
    await using aws = await startAws();
    const startMs = aws.clock.now().getTime();
    const held = aws.clock.hold();
    const waited = aws.clock.wait(5_000).then(() => aws.clock.now().getTime() - startMs);
    await codeOf(askers(aws.client).query());
    expect(aws.clock.now().getTime()).toBe(startMs);
    held[Symbol.dispose]();
    expect(await waited).toBe(5_000);
  });

  test("real, 600 times as fast: a stack is created without anyone waiting for the double's clock", async () => {
    await using aws = await startAws({ time: 600 });
    expect((await cloudFormation(aws).deploy("Logs", logs(7))).StackStatus).toBe("CREATE_COMPLETE");
  });

  test("real: an aborted wait rejects with the given reason, and time changes its pace", async () => {
    await using aws = await startAws({ time: 1 });
    const stop = new AbortController();
    const waited = aws.clock.wait(60_000, stop.signal).catch((reason: unknown) => reason);
    stop.abort("because");
    expect(await waited).toBe("because");
    aws.clock.pace(6_000);
    const startMs = aws.clock.now().getTime();
    await aws.clock.wait(60_000);
    expect(aws.clock.now().getTime() - startMs).toBeGreaterThan(50_000);
  });

  test("a separate process signs in by the variables, and by the credential endpoint with renewed keys", async () => {
    await using aws = await startAws({ time: 600 });
    const script = `
      const { STSClient, GetCallerIdentityCommand } = await import("@aws-sdk/client-sts");
      console.log((await new STSClient({}).send(new GetCallerIdentityCommand({}))).Arn);`;
    const run = async (environment: Readonly<Record<string, string>>) => {
      const child = Bun.spawn([process.execPath, "-e", script], {
        cwd: import.meta.dir,
        env: { PATH: process.env.PATH ?? "", ...environment },
        stdout: "pipe",
      });
      return (await new Response(child.stdout).text()).trim();
    };
    expect(await run(aws.environment)).toBe(aws.deployer.arn);
    aws.deployer.expire();
    aws.deployer.renew();
    expect(await run(aws.deployer.environmentWithEndpoint)).toBe(aws.deployer.arn);
  });
});
