import { afterAll, describe, expect, test } from "bun:test";
import { readTemplate } from "../../src/adapters/aws/template-reader.ts";
import { applyStack, type StackWork } from "../../src/application/deploy/apply-stack.ts";
import { behaviourOf, STACK_STATUSES, type StackStatus } from "../../src/domain/deployment/stack-status.ts";
import { creations } from "../../src/domain/deployment/template.ts";
import { cloudFormation } from "../adapters/aws/double/cloudformation-support.ts";
import { startAws } from "../support/aws/double/start.ts";
import { logGroups, SITUATIONS, situate } from "./stack-situations.ts";
import { engineOn } from "./support.ts";

const STACK = "TodosRegistryStack";
/** Generous, for a busy machine. */
const TIMEOUT_MS = 60_000;
const covered = new Set<StackStatus>();

/** Returns a plan that allows everything, because this test is not about permission. */
function work(): StackWork {
  const template = readTemplate(logGroups(7));
  const third = {
    logicalId: "Third",
    type: "AWS::Logs::LogGroup",
    replacement: "no",
    properties: [],
  } as const;
  const changes = [...creations(template, {}), third].map((each) => ({ ...each, action: "remove" as const }));
  const plan = { kind: "registry", stack: STACK, action: "update", basis: "template", changes } as const;
  return { plan, template, parameters: {}, tags: {} };
}

describe("a stack in any CloudFormation status is brought to what the template says", () => {
  test.each([...STACK_STATUSES])(
    "%s",
    async (status) => {
      await using aws = await startAws();
      await situate(aws, status, STACK);
      if (status !== "DELETE_COMPLETE") {
        const { Stacks: [found] = [] } = await describeStack(aws);
        expect(found?.StackStatus).toBe(status);
      }
      const left = aws.resources().filter((line) => line.startsWith("- "));
      // A resource kept by an earlier stack's policy would be in the way. This test is not about removing it.
      const engine = engineOn(aws);
      const applied = await applyStack(
        left.length > 0 && behaviourOf(status) !== "update" ? withoutFirst() : work(),
        engine,
      );
      expect(applied.status).toMatch(/^(?:CREATE|UPDATE)_COMPLETE$/);
      expect(
        aws
          .resources()
          .filter((line) => line.startsWith(`${STACK}/`) && line.includes('"RetentionInDays":7')),
      ).not.toEqual([]);
      const { says } = SITUATIONS[status];
      const said = engine
        .of("stack")
        .map(({ text }) => text)
        .join("\n");
      if (says) expect(said).toMatch(says);
      covered.add(status);
    },
    TIMEOUT_MS,
  );

  afterAll(() => console.log(`note: ${covered.size} of ${STACK_STATUSES.length} stack statuses covered`));
});

function withoutFirst(): StackWork {
  const template = readTemplate(
    logGroups(7, "second-of-another").replace("LogGroupName: first", "LogGroupName: first-of-another"),
  );
  return { ...work(), template };
}

function describeStack(aws: Awaited<ReturnType<typeof startAws>>) {
  const { client } = cloudFormation(aws);
  return import("@aws-sdk/client-cloudformation").then(({ DescribeStacksCommand }) =>
    client.send(new DescribeStacksCommand({ StackName: STACK })),
  );
}
