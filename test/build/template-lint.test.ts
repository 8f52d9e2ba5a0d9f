import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pythonLack } from "../../scripts/checks/python.ts";
import { GUARD_RULES, guardOn, lint, templatesIn } from "../../scripts/checks/templates/lint.ts";
import { ROOT } from "../support/binary.ts";

/** The first test that needs the tools installs them. */
const DEADLINE_MS = 600_000;
const PLACE = { root: ROOT, nightly: false };

const lack = pythonLack();
const withPython = lack === undefined || process.env.CI === "true" ? test : test.skip;

/** One change in each template, and who finds it. */
const PLANTED: readonly (readonly [file: string, from: string, to: string, finding: RegExp])[] = [
  [
    "network",
    "VpcEndpointType: Gateway",
    "VpcEndpointType: Gate",
    /^cfn-lint: .*E3030.*'Gate' is not one of/m,
  ],
  ["registry", "EmptyOnDelete", "EmptyOnDeletion", /^cfn-lint: .*E3002.*'EmptyOnDeletion' was unexpected/m],
  ["keyspaces", "!Ref KeyspaceName", "!Ref Keyspac", /^cfn-lint: .*E1020.*'Keyspac' is not one of/m],
  ["cluster", "!GetAtt Cluster.Arn", "!GetAtt Cluster.Size", /^cfn-lint: .*E6101.*Size/m],
  [
    "cluster",
    "ecr:BatchGetImage",
    "ecr:BatchGetImages",
    /^cfn-lint: .*W3037.*'batchgetimages' is not one of/m,
  ],
  ["ecs", "Default: 10\n", "Default: 0\n", /^cfn-lint: .*E2015.*/m],
  ["network", "TrafficType: ALL", "TrafficType: 5", /^cfn-lint: .*E3030.*/m],
  [
    "network",
    "SourceSecurityGroupId: !Ref AllowFromGroupA",
    "CidrIp: 0.0.0.0/0",
    /^checkov: CKV_AWS_260|^todos: nothing is open/m,
  ],
  [
    "registry",
    "ScanOnPush: true",
    "ScanOnPush: false",
    /^checkov: CKV_AWS_163: AWS::ECR::Repository.Repository/m,
  ],
  ["cluster", "RetentionInDays: 1\n", "", /^checkov: CKV_AWS_66: AWS::Logs::LogGroup.InsightsLogGroup/m],
  [
    "cluster",
    "containerInsights, Value: enabled",
    "containerInsights, Value: disabled",
    /^checkov: CKV_AWS_65: /m,
  ],
  [
    "ecs",
    "AssignPublicIp: DISABLED",
    "AssignPublicIp: ENABLED",
    /^todos: there is no route to the internet: Service/m,
  ],
];

withPython(
  `cfn-lint, checkov and our own rules each find what is planted${lack ? ` (${lack})` : ""}`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "todos-templates-"));
    try {
      for (const file of new Set(PLANTED.map(([name]) => name))) {
        let text = await Bun.file(join(ROOT, "deploy", `${file}.yaml`)).text();
        for (const [name, from, to] of PLANTED) {
          if (name !== file) continue;
          expect(text).toContain(from);
          text = text.replaceAll(from, to);
        }
        await Bun.write(join(folder, `${file}.yaml`), text);
      }
      const { findings } = await lint(PLACE, await templatesIn(folder));
      const all = findings.join("\n");
      expect(PLANTED.filter(([, , , finding]) => !finding.test(all)).map(([, from]) => from)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
  DEADLINE_MS,
);

/** One change in a template for each rule of cfn-guard's, and the resource that breaks it. */
const GUARDED: readonly (readonly [
  rule: string,
  file: string,
  from: string,
  to: string,
  resource: string,
])[] = [
  [
    "no_way_to_the_internet",
    "network",
    "\nResources:\n",
    "\nResources:\n  Way:\n    Type: AWS::EC2::InternetGateway\n",
    "Way",
  ],
  ["subnets_are_private", "network", "MapPublicIpOnLaunch: false", "MapPublicIpOnLaunch: true", "SubnetA"],
  [
    "nothing_is_open_to_all",
    "network",
    "SourceSecurityGroupId: !Ref AllowFromGroupA",
    "CidrIp: 0.0.0.0/0",
    "ServiceFromGroupA",
  ],
  [
    "data_outlives_its_stack",
    "keyspaces",
    "DeletionPolicy: RetainExceptOnCreate",
    "DeletionPolicy: Delete",
    "Keyspace",
  ],
  [
    "data_can_be_restored",
    "keyspaces",
    "PointInTimeRecoveryEnabled: true",
    "PointInTimeRecoveryEnabled: false",
    "TodoTable",
  ],
  ["images_are_immutable", "registry", "ImageTagMutability: IMMUTABLE", "", "Repository"],
  ["containers_are_closed", "ecs", '"65532:65532"', '"0:0"', "TaskDefinition"],
  ["services_roll_back_automatically", "ecs", "Rollback: true", "Rollback: false", "Service"],
  ["logs_expire", "cluster", "RetentionInDays: 1\n", "", "InsightsLogGroup"],
  ["roles_take_a_boundary", "cluster", "PermissionsBoundary: !If", "Path: !If", "TaskRole"],
];

withPython(
  `each of cfn-guard's rules finds what is planted${lack ? ` (${lack})` : ""}`,
  async () => {
    const rules = await Bun.file(join(ROOT, GUARD_RULES)).text();
    const named = [...rules.matchAll(/^rule (\w+)/gm)].map(([, name = ""]) => name);
    expect(GUARDED.map(([rule]) => rule)).toEqual(named);
    const folder = await mkdtemp(join(tmpdir(), "todos-guarded-"));
    try {
      for (const [rule, file, from, to] of GUARDED) {
        const text = await Bun.file(join(ROOT, "deploy", `${file}.yaml`)).text();
        expect(text).toContain(from);
        await Bun.write(join(folder, `${rule}.yaml`), text.replaceAll(from, to));
      }
      const { findings } = await guardOn(PLACE, await templatesIn(folder));
      const said = (rule: string, resource: string) =>
        findings.some((line) => line.startsWith(`cfn-guard: ${rule}: ${resource}: `));
      expect(GUARDED.filter(([rule, , , , resource]) => !said(rule, resource)).map(([rule]) => rule)).toEqual(
        [],
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  },
  DEADLINE_MS,
);

test("every accepted finding of checkov has its reason", async () => {
  const settings = await Bun.file(join(ROOT, "deploy/rules/checkov.yaml")).text();
  const skipped = settings.split("\n").filter((line) => /^ {2}- CKV/.test(line));
  expect(skipped.length).toBeGreaterThan(0);
  expect(skipped.filter((line) => !/ # \w.{20,}/.test(line))).toEqual([]);
});
