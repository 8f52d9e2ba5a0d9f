import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { deploy } from "../../src/application/deploy/deploy.ts";
import { destroy } from "../../src/application/deploy/destroy.ts";
import { diff } from "../../src/application/deploy/diff.ts";
import { DEPLOY_STEPS } from "../../src/application/deploy/events.ts";
import { rollback } from "../../src/application/deploy/rollback.ts";
import { status } from "../../src/application/deploy/status.ts";
import { verify } from "../../src/application/deploy/verify.ts";
import { startAws } from "../support/aws/double/start.ts";
import { engineWith, failureOf, JOURNEY_TIMEOUT_MS, OPTIONS } from "./engines.ts";
import { smallImage } from "./small-image.ts";
import { SETTINGS, type TestEngine } from "./support.ts";

// Generous, for a busy machine.
setDefaultTimeout(60_000);

const ONE = smallImage("one").digest;
const TWO = smallImage("two").digest;

function problemsIn(engine: TestEngine) {
  return engine.of("finding").filter(({ level }) => level === "problem");
}

describe("todos deploy", () => {
  test(
    "an empty account → a service whose every task runs our digest and passed the smoke test; again → nothing changes; a change → that change; back → the previous image, without a migration",
    async () => {
      await using aws = await startAws();
      const first = engineWith(aws, "one");
      const { digest, tasks } = await deploy(first, OPTIONS);
      expect(digest).toBe(ONE);
      expect(tasks.map(({ imageDigest }) => imageDigest)).toEqual([ONE, ONE]);
      expect(first.of("step").map(({ step }) => step)).toEqual([...DEPLOY_STEPS]);
      expect(Object.values(aws.stacks())).toEqual(Array(5).fill("CREATE_COMPLETE"));
      const deployedAt = async () => {
        const state = await engineWith(aws, "none").stacks.describe("TodosEcsStack");
        return Date.parse(state?.parameters.DeployedAt ?? "never");
      };
      const firstAt = await deployedAt();
      expect(firstAt).toBeGreaterThan(0);

      const again = engineWith(aws, "one");
      const before = aws.resources();
      await deploy(again, OPTIONS);
      expect(aws.resources()).toEqual(before);
      expect(again.of("plan")[0]?.stacks.map(({ action }) => action)).toEqual(Array(5).fill("none"));
      expect(again.of("task").some(({ purpose }) => purpose === "migrate")).toBe(false);

      expect(await diff(engineWith(aws, "one"), OPTIONS)).toBe(false);
      const different = engineWith(aws, "two");
      expect(await diff(different, OPTIONS)).toBe(true);
      const planned = different.of("plan")[0]?.stacks.find(({ kind }) => kind === "ecs");
      const image = planned?.changes.find(({ logicalId }) => logicalId === "TaskDefinition");
      expect(image?.replacement).toBe("yes");
      expect(JSON.stringify(image?.properties)).toContain(TWO);
      expect(aws.resources()).toEqual(before);
      expect(await deployedAt()).toBe(firstAt);

      const second = await deploy(engineWith(aws, "two"), OPTIONS);
      expect(second.tasks.map(({ imageDigest }) => imageDigest)).toEqual([TWO, TWO]);
      const secondAt = await deployedAt();
      expect(secondAt).toBeGreaterThan(firstAt);

      // The schema may be newer than the image, whose own migrate would refuse it.
      aws.plant.task.script({ command: "migrate" }, { kind: "exits", code: 1, lines: ["a newer release"] });
      const returning = engineWith(aws, "none");
      const back = await rollback(returning, { settings: SETTINGS, wait: false });
      expect(back.digest).toBe(ONE);
      expect(await deployedAt()).toBeGreaterThan(secondAt);
      expect(returning.of("task").some(({ purpose }) => purpose === "migrate")).toBe(false);
      const found = await status(engineWith(aws, "none"), SETTINGS);
      expect(found).toMatchObject({ digest: ONE, goodDigests: [ONE, TWO], healthy: true });
      expect(found.tasks.map(({ imageDigest }) => imageDigest)).toEqual([ONE, ONE]);
      expect(found.endpoints).toHaveLength(5);
      expect(found.monthlyUsd).toBeGreaterThan(50);
    },
    JOURNEY_TIMEOUT_MS,
  );

  test("no image to return to: the advice starts with what works with any schema", async () => {
    await using aws = await startAws();
    await deploy(engineWith(aws, "one"), OPTIONS);
    for (const digest of [undefined, TWO]) {
      const options = { settings: SETTINGS, wait: false, ...(digest !== undefined && { digest }) };
      expect(await failureOf(rollback(engineWith(aws, "none"), options))).toMatchObject({
        code: "missing",
        advice: expect.stringMatching(
          /^todos rollback .* no migration; todos deploy --binary .* fails if the schema/,
        ),
      });
    }
  });

  test("verify after a healthy deploy finds nothing changed, although CloudFormation reports migrated tables as drifted", async () => {
    await using aws = await startAws();
    await deploy(engineWith(aws, "one"), OPTIONS);
    const healthy = engineWith(aws, "one");
    await verify(healthy, SETTINGS);
    expect(healthy.of("finding").map(({ what }) => what)).toContain("nothing was changed outside the stacks");

    aws.plant.drift("TodosClusterStack", "LogGroup", { RetentionInDays: 1 });
    const changed = engineWith(aws, "one");
    expect((await failureOf(verify(changed, SETTINGS))).message).toBe("the deployment has problems");
    expect(problemsIn(changed).map(({ what }) => what)).toEqual([
      "LogGroup (AWS::Logs::LogGroup) of TodosClusterStack was modified outside its stack: /RetentionInDays is 1, not 30",
    ]);

    // CloudFormation sees no change in an unchanged template, so a deploy repairs nothing.
    await deploy(engineWith(aws, "one"), OPTIONS);
    expect((await failureOf(verify(engineWith(aws, "one"), SETTINGS))).message).toBe(
      "the deployment has problems",
    );
    expect(problemsIn(changed).map(({ next }) => next)).toEqual([
      "undo the change by hand: todos deploy does not change it, because the stack's template has not changed",
    ]);
  });

  test(
    "destroy keeps the data and says so; deploy adopts it; destroy --delete-data exports, then leaves nothing",
    async () => {
      await using aws = await startAws();
      await deploy(engineWith(aws, "one"), OPTIONS);
      const left = await destroy(engineWith(aws, "one"), { deleteData: false, wait: false });
      expect(left.map(({ what }) => what)).toEqual(["keyspace todos with the tables checklist, todo"]);
      expect(aws.stacks()).toEqual({});

      const adopting = engineWith(aws, "one");
      await deploy(adopting, OPTIONS);
      expect(
        adopting
          .of("finding")
          .map(({ what }) => what)
          .join(),
      ).toContain("adopted with all its data");
      expect(adopting.of("plan")[0]?.stacks.find(({ kind }) => kind === "keyspaces")?.action).toBe("adopt");
      expect(Object.keys(aws.stacks())).toHaveLength(5);

      const exported: string[][] = [];
      const look = async () => void exported.push(Object.keys(aws.stacks()));
      const exportData = { copy: look, finish: look };
      const nothing = await destroy(engineWith(aws, "one"), { deleteData: true, exportData, wait: false });
      const [before = [], after = []] = exported;
      expect(before).toContain("TodosEcsStack");
      expect(before.filter((stack) => !after.includes(stack))).toEqual(["TodosEcsStack"]);
      expect(nothing).toEqual([]);
      expect(aws.resources()).toEqual([]);
    },
    JOURNEY_TIMEOUT_MS,
  );

  test(
    "two environments exist side by side, and destroying one does not change the other",
    async () => {
      await using aws = await startAws();
      await deploy(engineWith(aws, "one"), OPTIONS);
      const before = aws.resources();
      await deploy(engineWith(aws, "two", { environment: "test" }), OPTIONS);
      expect(Object.keys(aws.stacks())).toHaveLength(10);
      await destroy(engineWith(aws, "two", { environment: "test" }), { deleteData: true, wait: false });
      expect(aws.resources()).toEqual(before);
      await verify(engineWith(aws, "one"), SETTINGS);
    },
    JOURNEY_TIMEOUT_MS,
  );

  test("destroy asks for the environment's name and does nothing without it", async () => {
    await using aws = await startAws();
    for (const typed of ["", "test", undefined]) {
      const engine = engineWith(aws, "one", { yes: false, ...(typed !== undefined && { typed }) });
      expect((await failureOf(destroy(engine, { deleteData: true, wait: false }))).message).toMatch(/name/);
    }
    expect(aws.calls.filter(({ isMutating }) => isMutating)).toEqual([]);
  });
});
