import { describe, expect, test } from "bun:test";
import { readTemplate } from "../../src/adapters/aws/template-reader.ts";
import { TEMPLATES } from "../../src/adapters/aws/templates.ts";
import { deploy } from "../../src/application/deploy/deploy.ts";
import { deployerPolicy } from "../../src/domain/deployment/policy.ts";
import { startAws } from "../support/aws/double/start.ts";
import { engineWith, failureOf, JOURNEY_TIMEOUT_MS, OPTIONS } from "./engines.ts";

const SCOPE = { account: "111122223333", region: "eu-west-1", partition: "aws" };

/** The keyspace's stack with renamed tables, so that each would be replaced. */
const RENAMED = readTemplate(TEMPLATES.keyspaces.replace("TableName: todo", "TableName: todos"));

describe("a plan", () => {
  test(
    "that would replace a table is refused with its name, and nothing is executed; no call exceeded the documented policy",
    async () => {
      await using aws = await startAws();
      await deploy(engineWith(aws, "one"), OPTIONS);
      const before = aws.resources();
      const engine = engineWith(aws, "one", { templates: { keyspaces: RENAMED } });
      expect((await failureOf(deploy(engine, OPTIONS))).message).toMatch(
        /TodoTable .* which holds rows, would be replaced/,
      );
      expect(aws.resources()).toEqual(before);
      const allowed = new Set(deployerPolicy(SCOPE).Statement.flatMap(({ Action }) => Action));
      const needed = [...new Set(aws.calls.map(({ iamAction }) => iamAction))];
      expect(needed.filter((action) => !allowed.has(action))).toEqual([]);
    },
    JOURNEY_TIMEOUT_MS,
  );

  test(
    "that is not confirmed changes nothing; without a terminal the message says how to confirm",
    async () => {
      await using aws = await startAws();
      for (const [answer, words] of [
        [false, /was not confirmed/],
        [undefined, /needs confirmation/],
      ] as const) {
        const engine = engineWith(aws, "one", { yes: false, ...(answer !== undefined && { answer }) });
        expect((await failureOf(deploy(engine, OPTIONS))).message).toMatch(words);
        expect(engine.of("plan")[0]?.stacks.map(({ action }) => action)).toEqual(Array(5).fill("create"));
        expect(aws.resources()).toEqual([]);
        expect(aws.stacks()).toEqual({});
      }
    },
    JOURNEY_TIMEOUT_MS,
  );

  test(
    "that CloudFormation exceeds stops and asks, even with --yes",
    async () => {
      await using aws = await startAws();
      await deploy(engineWith(aws, "one"), OPTIONS);
      const engine = engineWith(aws, "two", { yes: true, answer: false });
      const { reporter } = engine.run;
      const report = reporter.report.bind(reporter);
      reporter.report = (event) => {
        report(event);
        // Someone changes the templates between plan and apply.
        if (event.event === "plan") Object.assign(engine.templates, { cluster: WITH_MORE });
      };
      expect((await failureOf(deploy(engine, OPTIONS))).message).toMatch(/does more than the confirmed plan/);
      expect(
        engine
          .of("note")
          .map(({ text }) => text)
          .join(),
      ).toContain("add Another (AWS::Logs::LogGroup)");
    },
    JOURNEY_TIMEOUT_MS,
  );
});

const WITH_MORE = readTemplate(
  TEMPLATES.cluster.replace(
    "\nResources:\n",
    "\nResources:\n  Another:\n    Type: AWS::Logs::LogGroup\n    Properties: { LogGroupName: another }\n",
  ),
);
