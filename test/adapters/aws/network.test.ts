import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from "@aws-sdk/client-cloudformation";
import {
  DescribeEgressOnlyInternetGatewaysCommand,
  DescribeFlowLogsCommand,
  DescribeInternetGatewaysCommand,
  DescribeNatGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointsCommand,
  EC2Client,
  type VpcEndpoint,
} from "@aws-sdk/client-ec2";
import { pythonLack } from "../../../scripts/checks/python.ts";
import { TEMPLATES } from "../../../src/adapters/aws/templates.ts";
import { type Moto, REGION, startMoto } from "../../support/aws/moto.ts";

/** The first test that needs the emulator installs it. */
const START_DEADLINE_MS = 600_000;
const ZONES = [`${REGION}a`, `${REGION}b`];

const lack = pythonLack();
const withMoto = lack === undefined || process.env.CI === "true";

let moto: Moto;
let cloudFormation: CloudFormationClient;
let ec2: EC2Client;

beforeAll(async () => {
  if (!withMoto) return;
  moto = await startMoto();
  cloudFormation = new CloudFormationClient(moto.client);
  ec2 = new EC2Client(moto.client);
}, START_DEADLINE_MS);
afterAll(async () => {
  cloudFormation?.destroy();
  ec2?.destroy();
  await moto?.[Symbol.asyncDispose]();
});

/** Makes an environment's network stack with moto, which wants zones by name. @returns its outputs */
async function created(environment: string, parameters: Readonly<Record<string, string>> = {}) {
  const suffix = environment === "default" ? "" : `-${environment}`;
  const name = `TodosNetworkStack${suffix}`;
  const given = { EnvironmentSuffix: suffix, ZoneA: ZONES[0], ZoneB: ZONES[1], ...parameters };
  await cloudFormation.send(
    new CreateStackCommand({
      StackName: name,
      TemplateBody: TEMPLATES.network,
      Capabilities: ["CAPABILITY_IAM"],
      Parameters: Object.entries(given).map(([ParameterKey, ParameterValue = ""]) => ({
        ParameterKey,
        ParameterValue,
      })),
    }),
  );
  const { Stacks: [stack] = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: name }));
  expect(stack?.StackStatus).toBe("CREATE_COMPLETE");
  const outputs = Object.fromEntries(
    (stack?.Outputs ?? []).map((each) => [each.OutputKey, each.OutputValue]),
  );
  return {
    vpc: outputs.VpcId ?? "",
    subnets: (outputs.SubnetIds ?? "").split(","),
    group: outputs.ServiceSecurityGroupId ?? "",
  };
}

function inside(vpc: string) {
  return { Filters: [{ Name: "vpc-id", Values: [vpc] }] };
}

async function endpointsIn(vpc: string): Promise<ReadonlyMap<string, VpcEndpoint>> {
  const { VpcEndpoints: found = [] } = await ec2.send(new DescribeVpcEndpointsCommand(inside(vpc)));
  return new Map(
    found.map((each) => [each.ServiceName?.replace(`com.amazonaws.${REGION}.`, "") ?? "", each]),
  );
}

async function portsOpenIn(group: string): Promise<string[]> {
  const { SecurityGroups: [found] = [] } = await ec2.send(
    new DescribeSecurityGroupsCommand({ GroupIds: [group] }),
  );
  return (found?.IpPermissions ?? []).flatMap(({ FromPort: port, UserIdGroupPairs, IpRanges }) => [
    ...(UserIdGroupPairs ?? []).map((pair) => `${port} from ${pair.GroupId}`),
    ...(IpRanges ?? []).map((range) => `${port} from ${range.CidrIp}`),
  ]);
}

const label = "on moto, an emulator that makes the network's parts and checks no traffic";
describe.skipIf(!withMoto)(`${label}${lack ? ` (${lack})` : ""}`, () => {
  test("the network has two private subnets in two zones, and no route to the internet", async () => {
    const { vpc, subnets } = await created("default");
    const { Subnets: made = [] } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: subnets }));
    expect(made.map(({ AvailabilityZone: zone }) => zone).sort()).toEqual(ZONES);
    expect(made.map(({ CidrBlock: range }) => range).sort()).toEqual(["10.0.1.0/24", "10.0.2.0/24"]);
    expect(made.map(({ MapPublicIpOnLaunch: isPublic }) => isPublic)).toEqual([false, false]);

    const { RouteTables: tables = [] } = await ec2.send(new DescribeRouteTablesCommand(inside(vpc)));
    const routes = tables.flatMap(({ Routes = [] }) => Routes);
    expect(routes.length).toBeGreaterThan(1);
    const outward = routes.filter(
      (route) => route.GatewayId !== "local" && !route.GatewayId?.startsWith("vpce-"),
    );
    expect(outward).toEqual([]);
    expect(routes.filter((route) => /^(?:0\.0\.0\.0|::)\/0$/.test(route.DestinationCidrBlock ?? ""))).toEqual(
      [],
    );

    const { InternetGateways } = await ec2.send(new DescribeInternetGatewaysCommand({}));
    const { NatGateways } = await ec2.send(new DescribeNatGatewaysCommand({}));
    const { EgressOnlyInternetGateways } = await ec2.send(new DescribeEgressOnlyInternetGatewaysCommand({}));
    expect([InternetGateways, NatGateways, EgressOnlyInternetGateways].flat().filter(Boolean)).toEqual([]);
  });

  test("a task finds its image, its log and Keyspaces by their usual names, from both subnets", async () => {
    const { vpc, subnets } = await created("one-two");
    const endpoints = await endpointsIn(vpc);
    expect([...endpoints.keys()].sort()).toEqual(["cassandra", "ecr.api", "ecr.dkr", "logs", "s3"]);
    for (const name of ["cassandra", "ecr.api", "ecr.dkr", "logs"]) {
      const { PrivateDnsEnabled, SubnetIds, VpcEndpointType } = endpoints.get(name) ?? {};
      expect([PrivateDnsEnabled, VpcEndpointType]).toEqual([true, "Interface"]);
      expect(SubnetIds?.toSorted()).toEqual(subnets.toSorted());
    }
    const policyOf = (name: string) => String(endpoints.get(name)?.PolicyDocument);
    expect(policyOf("s3")).toContain(`arn:aws:s3:::prod-${REGION}-starport-layer-bucket/*`);
    expect(policyOf("ecr.dkr")).toContain(":repository/todos-one-two'");
    expect(policyOf("logs")).toContain(":log-group:/ecs/todos-one-two:*'");
    expect(policyOf("cassandra")).toContain(":/keyspace/todos_one_two/table/*'");
  });

  test("the route to S3 for layers is in the subnets' route table", async () => {
    const { vpc } = await created("layers");
    const [table] = (await endpointsIn(vpc)).get("s3")?.RouteTableIds ?? [];
    const { RouteTables: tables = [] } = await ec2.send(new DescribeRouteTablesCommand(inside(vpc)));
    const own = tables.find(({ RouteTableId: id }) => id === table);
    expect(own?.Routes?.some(({ DestinationPrefixListId: list }) => list !== undefined)).toBe(true);
  });

  test("endpoints are open to tasks only, on the ports of the APIs and of Keyspaces", async () => {
    const { vpc, group } = await created("groups");
    const endpoint = (await endpointsIn(vpc)).get("cassandra");
    const open = await portsOpenIn(endpoint?.Groups?.[0]?.GroupId ?? "");
    expect(open.sort()).toEqual([`443 from ${group}`, `9142 from ${group}`]);
  });

  test("the service is open to its own group, and to the named sources", async () => {
    const { group } = await created("closed");
    expect(await portsOpenIn(group)).toEqual([`8181 from ${group}`]);
    const opened = await created("opened", { AllowFromCidrA: "10.9.0.0/16", AllowFromGroupD: group });
    expect((await portsOpenIn(opened.group)).sort()).toEqual(
      [`8181 from 10.9.0.0/16`, `8181 from ${group}`, `8181 from ${opened.group}`].sort(),
    );
  });

  test("an existing network gets only the missing endpoints, and its other users keep their access to AWS", async () => {
    const { vpc, subnets, group } = await created("theirs", {
      MakeEcrApiEndpoint: "false",
      MakeLogsEndpoint: "false",
      MakeS3Endpoint: "false",
    });
    const before = await endpointsIn(vpc);
    expect([...before.keys()].sort()).toEqual(["cassandra", "ecr.dkr"]);
    const { RouteTables: [table] = [] } = await ec2.send(new DescribeRouteTablesCommand(inside(vpc)));
    const ours = await created("in-theirs", {
      ExistingVpcId: vpc,
      ExistingVpcCidr: "10.0.0.0/16",
      ExistingSubnetIds: subnets.join(","),
      ExistingRouteTableIds: table?.RouteTableId ?? "",
      MakeCassandraEndpoint: "false",
      MakeEcrDkrEndpoint: "false",
      Connect: "true",
    });
    expect([ours.vpc, ours.subnets]).toEqual([vpc, subnets]);
    expect(ours.group).not.toBe(group);
    const after = await endpointsIn(vpc);
    const made = [...after.keys()].filter((name) => !before.has(name)).sort();
    expect(made).toEqual(["ecr.api", "logs", "s3", "ssmmessages"]);
    expect(String(after.get("logs")?.PolicyDocument)).toContain("'logs:*'");
    const open = await portsOpenIn(after.get("logs")?.Groups?.[0]?.GroupId ?? "");
    expect(open).toContain("443 from 10.0.0.0/16");
  });

  test("connections of a network we create are logged", async () => {
    const own = await created("logged");
    const logged = await ec2.send(
      new DescribeFlowLogsCommand({ Filter: [{ Name: "resource-id", Values: [own.vpc] }] }),
    );
    expect(logged.FlowLogs?.map(({ LogGroupName: name, TrafficType: traffic }) => [name, traffic])).toEqual([
      ["/vpc/todos-logged", "ALL"],
    ]);
  });
});

describe.skipIf(!withMoto)("where moto differs from AWS; a test that fails here is good news", () => {
  test("a stack does not associate subnets with their route table", async () => {
    const { vpc } = await created("associations");
    const { RouteTables: tables = [] } = await ec2.send(new DescribeRouteTablesCommand(inside(vpc)));
    const subnets = tables.flatMap(({ Associations = [] }) =>
      Associations.flatMap((each) => each.SubnetId ?? []),
    );
    expect(subnets).toEqual([]);
  });

  test("a security group's egress rules are not read from the template", async () => {
    const { vpc } = await created("egress");
    const endpoint = (await endpointsIn(vpc)).get("logs");
    const { SecurityGroups: [found] = [] } = await ec2.send(
      new DescribeSecurityGroupsCommand({ GroupIds: [endpoint?.Groups?.[0]?.GroupId ?? ""] }),
    );
    expect(found?.IpPermissionsEgress?.map(({ IpProtocol: protocol }) => protocol)).toEqual(["-1"]);
  });
});
