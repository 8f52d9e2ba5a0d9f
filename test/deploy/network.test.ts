import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { deploy } from "../../src/application/deploy/deploy.ts";
import { destroy } from "../../src/application/deploy/destroy.ts";
import { verify } from "../../src/application/deploy/verify.ts";
import { deployerPolicy } from "../../src/domain/deployment/policy.ts";
import type { DeploymentSettings } from "../../src/domain/deployment/settings.ts";
import { todos } from "../commands/todos-process.ts";
import type { Fields } from "../support/aws/double/fields.ts";
import { type Aws, startAws } from "../support/aws/double/start.ts";
import { engineWith, failureOf, JOURNEY_TIMEOUT_MS, OPTIONS } from "./engines.ts";
import { SETTINGS, type TestEngine } from "./support.ts";

setDefaultTimeout(JOURNEY_TIMEOUT_MS);

const ALL = ["cassandra", "ecr.api", "ecr.dkr", "logs", "s3", "ssmmessages"];
const NEEDED = ALL.filter((name) => name !== "ssmmessages");
const DNS = { EnableDnsSupport: true, EnableDnsHostnames: true };

interface Neighbourhood {
  readonly vpc: string;
  readonly subnets: readonly string[];
  readonly tables: readonly string[];
}

/** Adds someone else's VPC, with one subnet in each of these zones and a route table for each subnet. */
function neighbourhood(aws: Aws, zones: readonly string[] = ["a", "b"], dns: Fields = DNS): Neighbourhood {
  const vpc = aws.plant.stray("AWS::EC2::VPC", { CidrBlock: "10.9.0.0/16", ...dns });
  const subnets = zones.map((letter, index) =>
    aws.plant.stray("AWS::EC2::Subnet", {
      VpcId: vpc,
      CidrBlock: `10.9.${index}.0/24`,
      AvailabilityZone: `${aws.region}${letter}`,
    }),
  );
  const tables = subnets.map((SubnetId) => {
    const RouteTableId = aws.plant.stray("AWS::EC2::RouteTable", { VpcId: vpc });
    aws.plant.stray("AWS::EC2::SubnetRouteTableAssociation", { SubnetId, RouteTableId });
    return RouteTableId;
  });
  return { vpc, subnets, tables };
}

/** Adds an endpoint that others in that network use. */
function endpoint(
  aws: Aws,
  { vpc, subnets, tables }: Neighbourhood,
  name: string,
  more: Fields = {},
): string {
  const kind =
    name === "s3"
      ? { VpcEndpointType: "Gateway", RouteTableIds: tables }
      : { VpcEndpointType: "Interface", PrivateDnsEnabled: true, SubnetIds: subnets };
  const ServiceName = `com.amazonaws.${aws.region}.${name}`;
  return aws.plant.stray("AWS::EC2::VPCEndpoint", { VpcId: vpc, ServiceName, ...kind, ...more });
}

function settingsFor(
  { vpc, subnets }: Neighbourhood,
  more: Partial<DeploymentSettings> = {},
): DeploymentSettings {
  return { ...SETTINGS, network: { vpc, subnets }, ...more };
}

/** Returns the names of the endpoints that the network stack has to create. */
function madeEndpoints(aws: Aws): string[] {
  return aws
    .resources()
    .flatMap((line) =>
      line.includes("TodosNetworkStack") && line.includes("AWS::EC2::VPCEndpoint") ? line : [],
    )
    .map((line) => /com\.amazonaws\.[a-z0-9-]+\.([a-z0-9.]+)/.exec(line)?.[1] ?? line)
    .sort();
}

function findings(engine: TestEngine, level: "problem" | "note"): string {
  return engine
    .of("finding")
    .filter((finding) => finding.level === level)
    .map(({ what, next }) => `${what}: ${next}`)
    .join("\n");
}

async function problemsOf(aws: Aws, settings: DeploymentSettings): Promise<string> {
  const engine = engineWith(aws, "one");
  expect((await failureOf(verify(engine, settings))).message).toContain("nothing was changed");
  expect(aws.calls.filter(({ isMutating }) => isMutating)).toEqual([]);
  return findings(engine, "problem");
}

describe("a deploy into an existing network", () => {
  test.each([
    ["no endpoints", [], NEEDED],
    ["some of them", ["s3", "logs", "ecr.api"], ["cassandra", "ecr.dkr"]],
    ["all of them", ALL, []],
  ])("with %s → creates the missing ones, and none twice", async (_, there, made) => {
    await using aws = await startAws();
    const place = neighbourhood(aws);
    for (const name of there) endpoint(aws, place, name);
    const engine = engineWith(aws, "one");
    const { outputs } = await deploy(engine, { ...OPTIONS, settings: settingsFor(place) });
    expect(madeEndpoints(aws)).toEqual(made);
    expect(outputs.network).toMatchObject({ VpcId: place.vpc, SubnetIds: place.subnets.join(",") });
    for (const name of there) expect(findings(engine, "note")).toContain(name);

    const again = engineWith(aws, "two");
    await deploy(again, { ...OPTIONS, settings: settingsFor(place) });
    expect(again.of("plan")[0]?.stacks.find(({ kind }) => kind === "network")?.action).toBe("none");
  });

  test("a second deploy without flags stays there; destroy does not touch the owner's network", async () => {
    await using aws = await startAws();
    const place = neighbourhood(aws);
    endpoint(aws, place, "logs");
    const before = aws.resources();
    await deploy(engineWith(aws, "one"), { ...OPTIONS, settings: settingsFor(place) });
    const second = engineWith(aws, "two");
    const { outputs } = await deploy(second, OPTIONS);
    expect(second.of("plan")[0]?.stacks.find(({ kind }) => kind === "network")?.action).toBe("none");
    expect(outputs.network?.VpcId).toBe(place.vpc);
    await verify(engineWith(aws, "two"), SETTINGS);
    await destroy(engineWith(aws, "none"), { deleteData: true, wait: false });
    expect(aws.resources()).toEqual(before);
  });

  test("other subnets of that network → endpoints and tasks move there", async () => {
    await using aws = await startAws();
    const place = neighbourhood(aws, ["a", "b", "c"]);
    const [a = "", b = "", c = ""] = place.subnets;
    const into = (...subnets: string[]) => ({ ...OPTIONS, settings: settingsFor({ ...place, subnets }) });
    await deploy(engineWith(aws, "one"), into(a, b));
    const { outputs } = await deploy(engineWith(aws, "one"), into(a, c));
    expect(outputs.network?.SubnetIds).toBe(`${a},${c}`);
    const engine = engineWith(aws, "one");
    const stack = await engine.stacks.describe("TodosNetworkStack");
    const [first, , third] = place.tables;
    expect(stack?.parameters.ExistingRouteTableIds).toBe(`${first},${third}`);
    expect((await engine.stacks.describe("TodosEcsStack"))?.parameters.SubnetIds).toBe(`${a},${c}`);
  });

  test("a migration that failed in one subnet is tried again in another", async () => {
    await using aws = await startAws();
    const place = neighbourhood(aws, ["a", "b", "c"]);
    const [a = "", b = "", c = ""] = place.subnets;
    const into = (...subnets: string[]) => ({ ...OPTIONS, settings: settingsFor({ ...place, subnets }) });
    aws.plant.task.script({ command: "migrate", times: 1 }, { kind: "exits", code: 1 });
    expect((await failureOf(deploy(engineWith(aws, "one"), into(a, b)))).message).toContain("migrate failed");
    const { tasks } = await deploy(engineWith(aws, "one"), into(a, c));
    expect(tasks).toHaveLength(2);
  });

  test("a neighbour's endpoint that was deleted is noticed, and created with the flags", async () => {
    await using aws = await startAws();
    const place = neighbourhood(aws);
    const id = endpoint(aws, place, "logs");
    const settings = settingsFor(place);
    await deploy(engineWith(aws, "one"), { ...OPTIONS, settings });
    aws.plant.removeStray("AWS::EC2::VPCEndpoint", id);
    const without = engineWith(aws, "one");
    await failureOf(deploy(without, OPTIONS));
    expect(findings(without, "problem")).toContain(
      `${place.vpc} no longer has endpoints that the tasks use: logs`,
    );
    await deploy(engineWith(aws, "one"), { ...OPTIONS, settings });
    expect(madeEndpoints(aws)).toEqual(NEEDED);
  });

  test("an endpoint without private DNS is useless to the tasks: ours is created next to it", async () => {
    await using aws = await startAws();
    const place = neighbourhood(aws);
    endpoint(aws, place, "cassandra", { PrivateDnsEnabled: false });
    await deploy(engineWith(aws, "one"), { ...OPTIONS, settings: settingsFor(place) });
    expect(madeEndpoints(aws)).toEqual(NEEDED);
  });

  test("if one of two route tables leads to S3, only the other one gets a route", async () => {
    await using aws = await startAws();
    const place = neighbourhood(aws);
    const [first = "", second = ""] = place.tables;
    endpoint(aws, place, "s3", { RouteTableIds: [first] });
    const engine = engineWith(aws, "one");
    await deploy(engine, { ...OPTIONS, settings: settingsFor(place) });
    expect(madeEndpoints(aws)).toEqual(NEEDED);
    const stack = await engine.stacks.describe("TodosNetworkStack");
    expect(stack?.parameters.ExistingRouteTableIds).toBe(second);
  });

  test("a neighbour's endpoint for --connect is also used, now or later", async () => {
    await using aws = await startAws();
    const place = neighbourhood(aws);
    endpoint(aws, place, "ssmmessages");
    await deploy(engineWith(aws, "one"), { ...OPTIONS, settings: settingsFor(place) });
    await deploy(engineWith(aws, "one"), { ...OPTIONS, settings: { ...SETTINGS, connect: true } });
    expect(madeEndpoints(aws)).toEqual(NEEDED);
  });

  test("where a private hosted zone has an endpoint's name, none is created; our own endpoints stay", async () => {
    await using aws = await startAws();
    const place = neighbourhood(aws);
    const zone = (name: string) =>
      aws.plant.stray("AWS::Route53::HostedZone", { Name: name, VPCs: [{ VPCId: place.vpc }] });
    zone(`logs.${aws.region}.amazonaws.com`);
    zone(`dkr.ecr.${aws.region}.amazonaws.com`);
    zone("example.internal");
    const engine = engineWith(aws, "one");
    await deploy(engine, { ...OPTIONS, settings: settingsFor(place) });
    expect(madeEndpoints(aws)).toEqual(["cassandra", "ecr.api", "s3"]);
    expect(findings(engine, "note")).toContain(
      `private hosted zones of ${place.vpc} lead to endpoints that will be used as they are: ecr.dkr, logs`,
    );
    await deploy(engineWith(aws, "two"), { ...OPTIONS, settings: settingsFor(place) });
    expect(madeEndpoints(aws)).toEqual(["cassandra", "ecr.api", "s3"]);
    // Without the zones, these could also be deleted endpoints.
    for (const settings of [SETTINGS, settingsFor(place)]) {
      aws.plant.call.unavailable({ action: "ListHostedZonesByVPC" });
      const unsure = engineWith(aws, "one");
      await failureOf(deploy(unsure, { ...OPTIONS, settings }));
      expect(findings(unsure, "problem")).toContain("has no endpoints that the tasks use: ecr.dkr, logs;");
    }
    await deploy(engineWith(aws, "one"), OPTIONS);
    expect(madeEndpoints(aws)).toEqual(["cassandra", "ecr.api", "s3"]);
  });

  test("a neighbour's deleted endpoint is noticed without hosted zones, too; an existing one is enough", async () => {
    await using aws = await startAws();
    const place = neighbourhood(aws);
    const id = endpoint(aws, place, "logs");
    await deploy(engineWith(aws, "one"), { ...OPTIONS, settings: settingsFor(place) });
    const unavailable = () => aws.plant.call.unavailable({ action: "ListHostedZonesByVPC" });
    const unchecked = `private hosted zones of ${place.vpc} were not checked: AWS refuses`;
    unavailable();
    const again = engineWith(aws, "one");
    await deploy(again, OPTIONS);
    expect(findings(again, "note")).toContain(unchecked);
    aws.plant.removeStray("AWS::EC2::VPCEndpoint", id);
    unavailable();
    const without = engineWith(aws, "one");
    await failureOf(deploy(without, OPTIONS));
    expect(findings(without, "problem")).toContain(`${place.vpc} has no endpoints that the tasks use: logs;`);
    expect(findings(without, "note")).toContain(unchecked);
  });

  test("hosted zones that may not be listed don't stop a deploy", async () => {
    await using aws = await startAws();
    const place = neighbourhood(aws);
    aws.plant.account.denied.add("route53:ListHostedZonesByVPC");
    const engine = engineWith(aws, "one");
    await failureOf(deploy(engine, { ...OPTIONS, settings: settingsFor(place) }));
    expect(findings(engine, "note")).toContain(
      `private hosted zones of ${place.vpc} were not checked: AWS does not allow ListHostedZonesByVPC`,
    );
    expect(findings(engine, "problem")).toMatch(
      /^\S+ is not allowed to call route53:ListHostedZonesByVPC:[^\n]*$/,
    );
  });

  test("calls nothing that the deployer's policy does not allow", async () => {
    await using aws = await startAws();
    const place = neighbourhood(aws);
    await deploy(engineWith(aws, "one"), { ...OPTIONS, settings: settingsFor(place) });
    const scope = { account: aws.accountId, region: aws.region, partition: "aws" };
    const allowed = deployerPolicy(scope).Statement.flatMap(({ Action }) => Action);
    const called = [...new Set(aws.calls.map(({ iamAction }) => iamAction))];
    expect(called).toContain("ec2:DescribeVpcAttribute");
    expect(called.filter((action) => !allowed.includes(action))).toEqual([]);
  });

  test("two environments share a network and the endpoints of the first", async () => {
    await using aws = await startAws();
    const place = neighbourhood(aws);
    await deploy(engineWith(aws, "one"), { ...OPTIONS, settings: settingsFor(place) });
    const staging = engineWith(aws, "one", { environment: "staging" });
    await deploy(staging, { ...OPTIONS, settings: settingsFor(place) });
    expect(findings(staging, "note")).toContain("cassandra");
    expect(aws.resources().filter((line) => line.includes("AWS::EC2::VPCEndpoint"))).toHaveLength(
      NEEDED.length,
    );
  });
});

describe("before anything is changed", () => {
  test("each disabled DNS attribute is reported with the command that turns it on", async () => {
    await using aws = await startAws();
    const place = neighbourhood(aws, ["a", "b"], { EnableDnsSupport: false });
    const problems = await problemsOf(aws, settingsFor(place));
    expect(problems).toContain(`enableDnsSupport) is off in ${place.vpc}`);
    expect(problems).toContain(`modify-vpc-attribute --vpc-id ${place.vpc} --enable-dns-support`);
    expect(problems).toContain(`modify-vpc-attribute --vpc-id ${place.vpc} --enable-dns-hostnames`);
  });

  test("the flags --vpc and --subnets name the network, on the real command line", async () => {
    await using aws = await startAws({ time: 30 });
    const place = neighbourhood(aws, ["a", "b"], { EnableDnsSupport: true });
    const words = ["--env", "staging", "--vpc", place.vpc, "--subnets", place.subnets.join(",")];
    const { code, stderr } = await todos(["deploy", "--yes", ...words], { env: aws.environment });
    expect(code).toBe(1);
    expect(stderr).toContain(`problem: DNS hostnames (enableDnsHostnames) is off in ${place.vpc}`);
    expect(stderr).toContain("found 1 problem; nothing was changed");
    expect(aws.calls.filter(({ isMutating }) => isMutating)).toEqual([]);
  });

  test("subnets of another VPC, missing subnets, and DNS are refused all at once", async () => {
    await using aws = await startAws();
    const place = neighbourhood(aws, ["a"], { EnableDnsSupport: true });
    const other = neighbourhood(aws, ["b"]);
    const subnets = [...place.subnets, ...other.subnets, "subnet-0"];
    const problems = await problemsOf(aws, settingsFor({ ...place, subnets }));
    expect(problems).toContain(`subnet ${other.subnets[0]} belongs to ${other.vpc}, not to ${place.vpc}`);
    expect(problems).toContain("there is no subnet subnet-0");
    expect(problems).toContain("enableDnsHostnames");
  });

  test.each([
    ["two in one zone", ["a", "a"]],
    ["three, two of them in one zone", ["a", "b", "b"]],
  ])("subnets are refused: %s", async (_, zones) => {
    await using aws = await startAws();
    expect(await problemsOf(aws, settingsFor(neighbourhood(aws, zones)))).toMatch(
      /the subnets subnet-\w+ and subnet-\w+ are in the same zone, eu-west-1[ab]: name one subnet in each of two zones/,
    );
  });

  test("one subnet named twice counts once", async () => {
    await using aws = await startAws();
    const place = neighbourhood(aws, ["a"]);
    const [only = ""] = place.subnets;
    expect(await problemsOf(aws, settingsFor({ ...place, subnets: [only, only] }))).toContain(
      "are in the same zone",
    );
  });

  test("a zone without an endpoint is refused, unless the network already has that endpoint", async () => {
    await using aws = await startAws();
    const place = neighbourhood(aws, ["a", "c"]);
    aws.plant.endpointZones.set("com.amazonaws.eu-west-1.cassandra", ["eu-west-1a", "eu-west-1b"]);
    expect(await problemsOf(aws, settingsFor(place))).toContain(
      `subnet ${place.subnets[1]} is in eu-west-1c, where there are no endpoints for com.amazonaws.eu-west-1.cassandra`,
    );
    endpoint(aws, place, "cassandra");
    await verify(engineWith(aws, "one"), settingsFor(place));
  });

  test("a VPC that does not exist is refused", async () => {
    await using aws = await startAws();
    const nowhere = { vpc: "vpc-0123456789abcdef0", subnets: ["subnet-1", "subnet-2"], tables: [] };
    expect(await problemsOf(aws, settingsFor(nowhere))).toContain("there is no VPC vpc-0123456789abcdef0");
  });

  test("an environment in one network is not moved to another", async () => {
    await using aws = await startAws();
    await deploy(engineWith(aws, "one"), OPTIONS);
    const before = aws.resources();
    const place = neighbourhood(aws);
    const engine = engineWith(aws, "two");
    await failureOf(deploy(engine, { ...OPTIONS, settings: settingsFor(place) }));
    expect(findings(engine, "problem")).toContain(
      `TodosNetworkStack is in its own network; an environment cannot move to ${place.vpc}: omit --vpc and --subnets`,
    );
    expect(aws.resources()).toEqual(expect.arrayContaining(before));
  });
});
