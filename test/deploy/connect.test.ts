import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { AwsConnection } from "../../src/adapters/aws/connection.ts";
import { SessionManagerTunnels } from "../../src/adapters/aws/session-manager/tunnels.ts";
import { type ConnectOptions, connect } from "../../src/application/deploy/connect.ts";
import { deploy } from "../../src/application/deploy/deploy.ts";
import { DeployError } from "../../src/application/deploy/errors.ts";
import type { WaitableClock } from "../../src/application/deploy/ports.ts";
import { type Interruption, Run } from "../../src/application/deploy/run.ts";
import { wallClock } from "../../src/commands/deployment/machine.ts";
import { connectorPolicy } from "../../src/domain/deployment/connect-policy.ts";
import { echoServer } from "../adapters/aws/session-manager/tunnel-support.ts";
import { start } from "../commands/todos-process.ts";
import { type Aws, startAws } from "../support/aws/double/start.ts";
import { engineWith, failureOf, OPTIONS } from "./engines.ts";
import { SETTINGS, type TestEngine } from "./support.ts";

// Generous, for a busy machine.
setDefaultTimeout(60_000);

const HANDSHAKE_TIMEOUT_MS = 300;

/** One deployment for all tests. None changes it. */
let aws: Aws;
let server: ReturnType<typeof echoServer>;

beforeAll(async () => {
  aws = await startAws();
  server = echoServer();
  aws.plant.sessions.servicePort = server.port;
  await deploy(engineWith(aws, "one"), { ...OPTIONS, settings: { ...SETTINGS, connect: true } });
});

afterAll(async () => {
  await aws[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** Runs `connect` as the command does. */
class Connecting {
  readonly engine: TestEngine;
  readonly url: Promise<string>;
  readonly done: Promise<void>;
  private readonly stopping = new AbortController();

  constructor(options: Partial<ConnectOptions> = {}, world: { aws?: Aws; clock?: WaitableClock } = {}) {
    const { aws: account = aws, clock = wallClock } = world;
    const interruption: Interruption = {
      signal: this.stopping.signal,
      wish: () => (this.stopping.signal.aborted ? "detach" : "go on"),
    };
    const engine = engineWith(account, "none");
    this.engine = { ...engine, run: new Run({ ...engine.run.parts, clock, interruption }) };
    const opened = Promise.withResolvers<string>();
    this.url = opened.promise;
    this.done = connect(this.engine, tunnelsOf(account), {
      localPort: 0,
      onOpen: opened.resolve,
      ...options,
    });
    // If it fails, nobody waits for its opening.
    this.done.catch((error: unknown) => opened.reject(error));
    this.url.catch(() => undefined);
  }

  interrupt(): void {
    this.stopping.abort();
  }

  /** Returns the error that ended it. */
  async failure(): Promise<DeployError> {
    const error = await failureOf(this.done);
    if (!(error instanceof DeployError)) throw error;
    return error;
  }
}

function tunnelsOf({ region, deployer }: Aws): SessionManagerTunnels {
  const { credentials } = deployer;
  const onExpired = () => undefined;
  const connection = new AwsConnection({ region, clock: wallClock, credentials, fixedKeys: true, onExpired });
  return new SessionManagerTunnels(connection, { handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS });
}

function terminated(account: Aws = aws): unknown[] {
  return account.calls
    .filter(({ action }) => action === "TerminateSession")
    .map(({ input }) => input.SessionId);
}

async function runningTasks(account: Aws = aws) {
  const { tasks } = engineWith(account, "none");
  return tasks.list("todos", { service: "todos", status: "RUNNING" });
}

describe("todos connect", () => {
  test("opens a port to a healthy task; interrupted, it ends the session; no call exceeded the documented policy", async () => {
    const from = aws.calls.length;
    const connecting = new Connecting();
    const url = await connecting.url;
    expect(await (await fetch(url)).text()).toBe("hello");
    connecting.interrupt();
    await connecting.done;
    const [said] = connecting.engine.of("connected");
    expect(said?.next[0]).toBe(`curl ${url}/actuator/health`);
    expect(terminated().at(-1)).toBe(said?.session);
    const [started] = aws.calls.slice(from).filter(({ action }) => action === "StartSession");
    const task = said?.task ?? "";
    expect(started?.input).toMatchObject({
      Target: `ecs:todos_${task}_${task}-1`,
      DocumentName: "AWS-StartPortForwardingSession",
      Parameters: { portNumber: ["8181"], localPortNumber: ["0"] },
    });
    const scope = { account: aws.accountId, region: aws.region, partition: "aws" };
    const allowed = new Set(connectorPolicy(scope).Statement.flatMap(({ Action }) => Action));
    const needed = aws.calls.slice(from).map(({ iamAction }) => iamAction);
    expect(needed.filter((action) => !allowed.has(action))).toEqual([]);
  });

  test("--task chooses a task by the start of its id; if there is none, it lists the running ones", async () => {
    const ids = (await runningTasks()).map((arn) => arn.split("/").at(-1) ?? "");
    const last = ids.at(-1) ?? "";
    const connecting = new Connecting({ task: last.slice(0, 8) });
    await connecting.url;
    connecting.interrupt();
    await connecting.done;
    expect(connecting.engine.of("connected")[0]?.task).toBe(last);
    const { message, advice } = await new Connecting({ task: "nobody" }).failure();
    expect(message).toBe("no running task has the id nobody");
    expect(advice).toBe(`running tasks: ${ids.join(", ")}`);
  });

  test("a local port in use is reported before a session is opened", async () => {
    const sessions = aws.calls.filter(({ action }) => action === "StartSession").length;
    const { code, message, advice } = await new Connecting({ localPort: server.port }).failure();
    expect([code, message]).toEqual(["port", `port ${server.port} on this machine is in use`]);
    expect(advice).toContain("--port 0");
    expect(aws.calls.filter(({ action }) => action === "StartSession").length).toBe(sessions);
  });

  test("an agent that does not run is reported, with ECS's reason", async () => {
    aws.plant.sessions.agentStatus = { status: "PENDING", reason: "starting" };
    const { message, advice } = await new Connecting().failure();
    aws.plant.sessions.agentStatus = { status: "RUNNING" };
    expect(message).toMatch(/^the agent in task [0-9a-f]{32} is not running: it is PENDING \(starting\)$/);
    expect(advice).toContain("run todos connect again");
  });

  test("an agent that has not reached Session Manager is reported", async () => {
    aws.plant.call.error({ action: "StartSession", code: "TargetNotConnected", message: "is not connected" });
    const { message, advice } = await new Connecting().failure();
    expect(message).toMatch(/^the agent of task [0-9a-f]{32} is not connected to Session Manager$/);
    expect(advice).toContain("ssmmessages endpoint");
  });

  test("a missing permission is reported by its action", async () => {
    aws.plant.account.denied.add("ssm:StartSession");
    const { code, message, advice } = await new Connecting().failure();
    aws.plant.account.denied.delete("ssm:StartSession");
    expect([code, message.includes("ssm:StartSession")]).toEqual(["denied", true]);
    expect(advice).toContain("docs/deploy.md");
  });

  test("without permission to open the channel, that action is reported, and the session ends", async () => {
    const action = "ssmmessages:OpenDataChannel";
    aws.plant.account.denied.add(action);
    const ends = terminated().length;
    const { code, advice } = await new Connecting().failure();
    aws.plant.account.denied.delete(action);
    expect([code, advice.includes(action)]).toEqual(["denied", true]);
    expect(terminated().length).toBe(ends + 1);
  });

  test("connect gives up on a silent agent, and ends the session", async () => {
    aws.plant.sessions.answers = false;
    const ends = terminated().length;
    const { message, advice } = await new Connecting().failure();
    aws.plant.sessions.answers = true;
    expect(message).toBe("the agent in the task did not answer");
    expect(advice).toContain("--task");
    expect(terminated().length).toBe(ends + 1);
  });

  test("encryption with a KMS key is refused with a workaround, and the session ends", async () => {
    aws.plant.sessions.asksFor = [{ ActionType: "KMSEncryption", ActionParameters: { KMSKeyId: "key" } }];
    const ends = terminated().length;
    const { message, advice } = await new Connecting().failure();
    aws.plant.sessions.asksFor = [];
    expect(message).toContain("encrypts sessions with a KMS key");
    expect(advice).toContain("session-manager-plugin");
    expect(terminated().length).toBe(ends + 1);
  });

  test("an agent that is too old is reported", async () => {
    const { version } = aws.plant.sessions;
    aws.plant.sessions.version = "3.0.196.0";
    const { message } = await new Connecting().failure();
    aws.plant.sessions.version = version;
    expect(message).toBe("the agent in the task is too old for todos connect: 3.0.196.0");
  });

  test("a service that refuses connections is reported, and the session stays open", async () => {
    const { servicePort } = aws.plant.sessions;
    const nobody = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
    aws.plant.sessions.servicePort = nobody.port;
    nobody.stop(true);
    const connecting = new Connecting();
    const url = await connecting.url;
    await failureOf(fetch(url));
    aws.plant.sessions.servicePort = servicePort;
    expect(connecting.engine.of("waiting").map(({ text }) => text)).toEqual([
      "the task refuses connections on the service's port; todos logs shows its output",
    ]);
    connecting.interrupt();
    await connecting.done;
  });

  test("a session that the service ends is reported in the service's words", async () => {
    const connecting = new Connecting();
    await connecting.url;
    aws.plant.sessions.end("Session timed out after 20 minutes of inactivity.");
    const { code, message, advice } = await connecting.failure();
    expect([code, message]).toEqual([
      "session",
      "Session Manager ended the session: Session timed out after 20 minutes of inactivity.",
    ]);
    expect(advice).toContain("idle timeout");
  });

  test("a session that can't resume after its connection was lost ends", async () => {
    const connecting = new Connecting();
    await connecting.url;
    aws.plant.sessions.forgets = true;
    aws.plant.sessions.drop();
    const { message } = await connecting.failure();
    aws.plant.sessions.forgets = false;
    expect(message).toBe("the session ended while its connection was lost");
  });

  test("an environment that does not exist, or was deployed without --connect, is reported", async () => {
    await using other = await startAws();
    const missing = await new Connecting({}, { aws: other }).failure();
    expect(missing.message).toBe("nothing is deployed in the environment default");
    await deploy(engineWith(other, "one"), OPTIONS);
    const { message, advice } = await new Connecting({}, { aws: other }).failure();
    expect(message).toContain("was deployed without --connect");
    expect(advice).toStartWith("run todos deploy --connect");
    process.env.AWS_ENDPOINT_URL = aws.endpoint;
  });
});

test("an error while checking the task is reported once, and ends nothing", async () => {
  const denied = aws.plant.account.denied;
  const connecting = new Connecting({}, { clock: watchedClock() });
  const url = await connecting.url;
  denied.add("ecs:DescribeTasks");
  const looks = () => aws.calls.filter(({ action, error }) => action === "DescribeTasks" && error).length;
  while (looks() < 3) await aws.clock.wait(30_000);
  denied.delete("ecs:DescribeTasks");
  expect(await (await fetch(url)).text()).toBe("hello");
  const said = connecting.engine.of("waiting").map(({ text }) => text);
  expect(said.length).toBe(1);
  expect(said[0]).toStartWith(
    "cannot tell whether the task is still running: AWS does not allow DescribeTasks",
  );
  connecting.interrupt();
  await connecting.done;
});

test("an environment that moves into a network with the endpoint uses that one", async () => {
  const first = await engineWith(aws, "one").stacks.describe("TodosNetworkStack");
  const { VpcId: vpc = "", SubnetIds = "" } = first?.outputs ?? {};
  const engine = engineWith(aws, "one", { environment: "beside" });
  const network = { vpc, subnets: SubnetIds.split(",") };
  await deploy(engine, { ...OPTIONS, settings: { ...SETTINGS, connect: true, network } });
  const kept = engine.of("finding").find(({ what }) => what.includes("used as they are"));
  expect(kept?.what).toEndWith("ecr.api, ecr.dkr, logs, cassandra, s3, ssmmessages");
  const made = (await engine.stacks.resources("TodosNetworkStack-beside")).map(({ type }) => type);
  expect(made.filter((type) => type === "AWS::EC2::VPCEndpoint")).toEqual([]);
});

describe("a task that stops", () => {
  test("ends the session with its reason, whether or not Session Manager reports it; another task can be chosen", async () => {
    const [first = ""] = await runningTasks();
    const told = new Connecting({ task: first.split("/").at(-1) ?? "" });
    await told.url;
    aws.plant.endTask(first, 1);
    await aws.clock.wait(60_000);
    aws.plant.sessions.end("");
    const { message, advice } = await told.failure();
    expect(message).toBe(`task ${first.split("/").at(-1)} has stopped: Essential container in task exited`);
    expect(advice).toContain("use another task");

    const [second = ""] = await runningTasks();
    const watched = new Connecting({ task: second.split("/").at(-1) ?? "" }, { clock: watchedClock() });
    await watched.url;
    aws.plant.endTask(second, 1);
    expect((await watched.failure()).message).toContain("has stopped");
  });
});

/** Returns the double's own clock, which advances as soon as nothing else happens. */
function watchedClock(): WaitableClock {
  return engineWith(aws, "none").run.parts.clock;
}

describe("the command", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s ends the session cleanly", async (signal, code) => {
    const child = start(["connect", "--port", "0", "--region", aws.region], { env: aws.environment });
    const ends = terminated().length;
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    const url = new TextDecoder().decode(value).trim();
    expect(await (await fetch(url)).text()).toBe("hello");
    child.kill(signal);
    expect(await child.exited).toBe(code);
    const said = await new Response(child.stderr).text();
    expect(said).toContain(`next: curl ${url}/actuator/health`);
    expect(said).toEndWith("session closed\n");
    expect(terminated().length).toBe(ends + 1);
  });

  test("--json returns events, and the reason for a failure; a wrong --port is wrong usage", async () => {
    const child = start(["connect", "--port", "0", "--json"], { env: aws.environment });
    const reader = child.stdout.getReader();
    const event = JSON.parse(new TextDecoder().decode((await reader.read()).value));
    expect(event).toMatchObject({
      event: "connected",
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    });
    aws.plant.sessions.end("Enough.");
    const failed = JSON.parse(new TextDecoder().decode((await reader.read()).value));
    expect(failed).toMatchObject({ event: "failed", code: "session" });
    expect(await child.exited).toBe(1);
    const wrong = start(["connect", "--port", "70000"], { env: aws.environment });
    expect(await wrong.exited).toBe(2);
  });
});
