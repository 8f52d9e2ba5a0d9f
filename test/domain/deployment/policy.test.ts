import { expect, test } from "bun:test";
import { readTemplate } from "../../../src/adapters/aws/template-reader.ts";
import { TEMPLATES } from "../../../src/adapters/aws/templates.ts";
import { connectorPolicy } from "../../../src/domain/deployment/connect-policy.ts";
import { deployerPolicies, deployerPolicy } from "../../../src/domain/deployment/policy.ts";
import { RESOURCE_ACTIONS } from "../../../src/domain/deployment/resource-actions.ts";

/** Of a managed policy, white space apart. Source: IAM User Guide, "IAM and AWS STS quotas". */
const POLICY_CHARS_MAX = 6_144;
const SCOPE = { account: "111122223333", region: "eu-west-1", partition: "aws" };

test("every type of resource in the templates has its actions, and no other type has", () => {
  const types = Object.values(TEMPLATES).flatMap((text) =>
    readTemplate(text).resources.map(({ type }) => type),
  );
  expect(Object.keys(RESOURCE_ACTIONS).sort()).toEqual([...new Set(types)].sort());
});

test("the policy allows every action that the templates' resources need, by name", () => {
  const policy = deployerPolicy(SCOPE);
  const allowed = policy.Statement.flatMap(({ Action }) => Action);
  const needed = Object.values(RESOURCE_ACTIONS).flat();
  expect(needed.filter((action) => !allowed.includes(action))).toEqual([]);
  expect(allowed.filter((action) => action.includes("*"))).toEqual([]);
});

test("in two parts it fits managed policies, and nothing is left out", () => {
  const parts = deployerPolicies(SCOPE);
  for (const part of parts) expect(JSON.stringify(part).length).toBeLessThanOrEqual(POLICY_CHARS_MAX);
  const statements = parts.flatMap(({ Statement }) => Statement);
  expect(statements.length).toBe(deployerPolicy(SCOPE).Statement.length);
});

test("resources with our names are named: no statement about data, images, roles or logs applies to everything", () => {
  const open = deployerPolicy(SCOPE).Statement.filter(({ Resource }) => Resource.includes("*"));
  const actions = open
    .flatMap(({ Action }) => Action)
    .filter((action) => !/:(?:Describe|Get|List|Simulate)/.test(action));
  // IAM knows no resource for it, and all that it does is to end a subscription.
  const named = actions.filter((action) => action !== "sns:Unsubscribe");
  expect(named.filter((action) => /^(?:cassandra|ecr|iam|sns|cloudformation):/.test(action))).toEqual([]);
});

/** Source: Service Authorization Reference, which gives no resource type for these. */
test.each(["sns:Unsubscribe", "logs:DescribeIndexPolicies"])(
  "%s, for which IAM supports no resource, is allowed on every resource and on no named one",
  (action) => {
    const statements = deployerPolicy(SCOPE).Statement.filter(({ Action }) => Action.includes(action));
    expect(statements.map(({ Resource }) => Resource)).toEqual([["*"]]);
  },
);

test("the alarms that target tracking creates are allowed, and the events of a rejected change set", () => {
  const { Statement } = deployerPolicy(SCOPE);
  const alarms = Statement.find(({ Action }) => Action.includes("cloudwatch:PutMetricAlarm"));
  expect(alarms?.Resource).toContain(
    "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:TargetTracking-service/todos*",
  );
  const allowed = Statement.flatMap(({ Action }) => Action);
  expect(allowed).toContain("cloudformation:DescribeEvents");
});

test("someone who only connects may start sessions with our tasks and the one document, and change nothing", () => {
  const { Statement } = connectorPolicy(SCOPE);
  const [sessions] = Statement.filter(({ Action }) => Action.includes("ssm:StartSession"));
  expect(sessions?.Resource).toEqual([
    "arn:aws:ecs:eu-west-1:111122223333:task/todos*",
    "arn:aws:ssm:eu-west-1::document/AWS-StartPortForwardingSession",
  ]);
  const open = Statement.filter(({ Resource }) => Resource.includes("*")).flatMap(({ Action }) => Action);
  expect(open).toEqual(["ecs:DescribeTasks", "ecs:ListTasks"]);
});
