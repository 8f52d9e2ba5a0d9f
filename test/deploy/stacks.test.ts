import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { applyStack, type StackWork } from "../../src/application/deploy/apply-stack.ts";
import { parametersFor } from "../../src/application/deploy/planning.ts";
import type { StackKind } from "../../src/domain/deployment/stacks.ts";
import { creations } from "../../src/domain/deployment/template.ts";
import { startAws } from "../support/aws/double/start.ts";
import { engineOn, SETTINGS, type TestEngine } from "./support.ts";

// Generous, for a busy machine.
setDefaultTimeout(60_000);

function work(engine: TestEngine, kind: StackKind): StackWork {
  const template = engine.templates[kind];
  const inputs = { settings: SETTINGS, network: {}, states: new Map(), imageUri: "" };
  const parameters = parametersFor(kind, engine, inputs, {});
  const stack = engine.run.names.stack(kind);
  const changes = creations(template, parameters);
  return {
    plan: { kind, stack, action: "create", basis: "template", changes },
    template,
    parameters,
    tags: {},
  };
}

describe("one stack", () => {
  test("network and registry are created, with events and outputs; a second run changes nothing", async () => {
    await using aws = await startAws();
    const engine = engineOn(aws);
    const network = await applyStack(work(engine, "network"), engine);
    expect(network.status).toBe("CREATE_COMPLETE");
    expect(Object.keys(network.outputs).sort()).toEqual(["ServiceSecurityGroupId", "SubnetIds", "VpcId"]);
    const registry = await applyStack(work(engine, "registry"), engine);
    expect(registry.outputs.RepositoryUri).toContain("/todos");
    expect(
      engine
        .of("resource")
        .some(({ logicalId, status }) => logicalId === "Repository" && status === "CREATE_COMPLETE"),
    ).toBe(true);
    const before = aws.resources();
    const executed = () => aws.calls.filter(({ action }) => action === "ExecuteChangeSet").length;
    const count = executed();
    await applyStack(work(engine, "registry"), engine);
    expect(executed()).toBe(count);
    expect(aws.resources()).toEqual(before);
  });
});
