import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pythonLack } from "../../scripts/checks/python.ts";
import { lint, templatesIn } from "../../scripts/checks/templates/lint.ts";
import { ROOT } from "../support/binary.ts";

/** The tools are installed by the first that needs them. */
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
    /^todos: there is no way to the internet: Service/m,
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

test("every finding of checkov that is left as it is has its reason", async () => {
  const settings = await Bun.file(join(ROOT, "deploy/rules/checkov.yaml")).text();
  const skipped = settings.split("\n").filter((line) => /^ {2}- CKV/.test(line));
  expect(skipped.length).toBeGreaterThan(0);
  expect(skipped.filter((line) => !/ # \w.{20,}/.test(line))).toEqual([]);
});
