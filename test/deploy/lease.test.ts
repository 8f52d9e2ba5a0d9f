import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { LEASE_MS, Lease } from "../../src/application/deploy/lease.ts";
import { type Aws, startAws } from "../support/aws/double/start.ts";
import { failureOf } from "./engines.ts";
import { type EngineOptions, engineOn, type TestEngine } from "./support.ts";

// Generous, for a busy machine.
setDefaultTimeout(60_000);

const ANN = "arn:aws:iam::111122223333:user/ann";
const BOB = "arn:aws:iam::111122223333:user/bob";

function take(engine: TestEngine, who: string, wait = false): Promise<Lease> {
  return Lease.take({ ...engine, who, doing: "deploy", wait });
}

function other(aws: Aws, options: EngineOptions = {}): TestEngine {
  return engineOn(aws, { deployer: aws.addDeployer("bob"), ...options });
}

describe("two deployers of one environment", () => {
  test("the second one says who holds the lock, and exits", async () => {
    await using aws = await startAws();
    const lease = await take(engineOn(aws), ANN);
    const second = take(other(aws), BOB);
    expect((await failureOf(second)).message).toMatch(
      /user\/ann \(todos deploy, process \d+ on a-laptop\) is working on this environment/,
    );
    await lease.release();
    expect(aws.stacks()).toEqual({});
  });

  test("with --wait the second one continues when the first is done", async () => {
    await using aws = await startAws();
    const first = engineOn(aws);
    const second = other(aws);
    const lease = await take(first, ANN);
    const waiting = take(second, BOB, true);
    await first.run.pause(90_000);
    expect(second.of("waiting")[0]?.text).toContain("user/ann");
    await lease.release();
    const taken = await waiting;
    await taken.release();
    expect(aws.stacks()).toEqual({});
  });

  test("another environment has its own lock", async () => {
    await using aws = await startAws();
    await take(engineOn(aws), ANN);
    await take(other(aws, { environment: "test" }), BOB);
    expect(Object.keys(aws.stacks()).sort()).toEqual(["TodosDeployLock", "TodosDeployLock-test"]);
  });

  test("of ten at once, only one works", async () => {
    await using aws = await startAws();
    const engines = Array.from({ length: 10 }, (_, n) =>
      engineOn(aws, { deployer: aws.addDeployer(`d${n}`) }),
    );
    const ends = await Promise.allSettled(engines.map((engine) => take(engine, ANN)));
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });
});

describe("a deployer that is gone", () => {
  test("if its process is known to be dead, its lease is taken over at once", async () => {
    await using aws = await startAws();
    await take(engineOn(aws, { process: 4711 }), ANN);
    const before = aws.clock.now().getTime();
    const lease = await take(other(aws, { gone: [4711] }), BOB);
    expect(aws.clock.now().getTime() - before).toBeLessThan(10_000);
    await lease.release();
    expect(aws.stacks()).toEqual({});
  });

  test("if it died while taking the lease, the lease is discarded as soon as CloudFormation has created it", async () => {
    await using aws = await startAws();
    const first = engineOn(aws, { process: 4711 });
    aws.after = (call) =>
      call.action === "CreateChangeSet" && call.input.ChangeSetName === "lease-000000001"
        ? "kill"
        : undefined;
    await failureOf(Promise.race([take(first, ANN), aws.deployer.death]));
    aws.after = undefined;
    const lease = await take(other(aws, { gone: [4711] }), BOB);
    const refused = aws.calls.filter(
      ({ action, outcome }) => action === "DeleteChangeSet" && outcome === "refused",
    );
    expect(refused.length).toBeGreaterThan(0);
    await lease.release();
    expect(aws.stacks()).toEqual({});
  });

  test("if nothing is known of its process, its lease is taken over once it has expired", async () => {
    await using aws = await startAws();
    await take(engineOn(aws), ANN);
    const before = aws.clock.now().getTime();
    await take(other(aws), BOB, true);
    expect(aws.clock.now().getTime() - before).toBeGreaterThan(LEASE_MS - 10_000);
  });

  test("one that still works renews its lease, however long it takes", async () => {
    await using aws = await startAws();
    const engine = engineOn(aws);
    await take(engine, ANN);
    for (let minute = 0; minute < 10; minute++) await engine.run.pause(60_000);
    expect((await failureOf(take(other(aws), BOB))).message).toMatch(/is working on this environment/);
  });

  test("one that was frozen, and lost its lease, stops at its next pause", async () => {
    await using aws = await startAws();
    const frozen = engineOn(aws);
    const mine = await take(frozen, ANN);
    await take(other(aws), BOB, true);
    expect((await failureOf(frozen.run.pause())).message).toMatch(/user\/bob .* took over this deploy/);
    await mine.release();
    expect(Object.keys(aws.stacks())).toEqual(["TodosDeployLock"]);
  });
});
