import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { templateOf } from "../../scripts/checks/templates/parse.ts";
import { ROOT } from "../support/binary.ts";

const page = await Bun.file(join(ROOT, "docs/deploy.md")).text();
/** All commands, with continued lines joined. */
const typed = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text = ""]) =>
  text.replaceAll("\\\n", " "),
);
const script = typed.join("\n");

interface Deployment {
  readonly stack: string;
  readonly file: string;
  readonly given: readonly string[];
  readonly capable: boolean;
}

/** The `aws cloudformation deploy` commands. */
function deployments(): Deployment[] {
  return [...script.matchAll(/aws cloudformation deploy .*/g)].map(([line]) => ({
    stack: /--stack-name (\S+)/.exec(line)?.[1] ?? "",
    file: /--template-file (\S+)/.exec(line)?.[1] ?? "",
    given: [...line.matchAll(/\s([A-Z][A-Za-z]+)=/g)].map(([, name = ""]) => name),
    capable: line.includes("--capabilities CAPABILITY_IAM"),
  }));
}

async function templateIn(file: string) {
  return templateOf(await Bun.file(join(ROOT, file)).text());
}

describe("the steps by hand", () => {
  test("all five stacks are deployed, each from its template", () => {
    const pairs = new Set(deployments().map(({ stack, file }) => `${stack} ${file}`));
    expect([...pairs].sort()).toEqual([
      "TodosClusterStack deploy/cluster.yaml",
      "TodosEcsStack deploy/ecs.yaml",
      "TodosKeyspacesStack deploy/keyspaces.yaml",
      "TodosNetworkStack deploy/network.yaml",
      "TodosRegistryStack deploy/registry.yaml",
    ]);
  });

  test("every given parameter exists, and every one without a default is given", async () => {
    for (const { file, given } of deployments()) {
      const { parameters } = await templateIn(file);
      const needed = Object.entries(parameters).filter(([, { Default: value }]) => value === undefined);
      expect(given.filter((name) => parameters[name] === undefined)).toEqual([]);
      expect(needed.map(([name]) => name).filter((name) => !given.includes(name))).toEqual([]);
    }
  });

  test("stacks with roles have the capability to create them, and others do not", async () => {
    for (const { file, capable } of deployments()) {
      const { resources } = await templateIn(file);
      expect([file, capable]).toEqual([file, resources.some(({ type }) => type === "AWS::IAM::Role")]);
    }
  });

  test("every requested output is one of that stack", async () => {
    const asked = [...script.matchAll(/\(output Todos(\w+)Stack (\w+)\)/g)];
    expect(asked.length).toBeGreaterThan(5);
    for (const [, stack = "", name = ""] of asked) {
      const { outputs } = await templateIn(`deploy/${stack.toLowerCase()}.yaml`);
      expect(Object.keys(outputs)).toContain(name);
    }
  });

  test("the import covers what the template retains, and without its outputs it is still a template", async () => {
    const text = await Bun.file(join(ROOT, "deploy/keyspaces.yaml")).text();
    const { resources, outputs } = templateOf(text.replace(/^Outputs:[\s\S]*/m, ""));
    expect(outputs).toEqual({});
    const imported = JSON.parse(/--resources-to-import '([^']+)'/.exec(script)?.[1] ?? "[]");
    expect(
      imported.map((each: Record<string, string>) => `${each.LogicalResourceId} ${each.ResourceType}`),
    ).toEqual(resources.map(({ id, type }) => `${id} ${type}`));
  });

  test("the shell can parse it", () => {
    const { exitCode, stderr } = Bun.spawnSync(["sh", "-n"], { stdin: Buffer.from(typed.join("\n")) });
    expect([exitCode, stderr.toString()]).toEqual([0, ""]);
  });
});

test("every alarm of the service's stack is explained", async () => {
  const { resources } = await templateIn("deploy/ecs.yaml");
  const alarms = resources.filter(({ type }) => type === "AWS::CloudWatch::Alarm");
  expect(alarms.length).toBeGreaterThan(0);
  for (const { properties } of alarms) {
    const name = JSON.stringify(properties.AlarmName).replace(/.*\}(-[a-z-]+).*/, "todos$1");
    expect(page).toContain(`\`${name}\``);
  }
});
