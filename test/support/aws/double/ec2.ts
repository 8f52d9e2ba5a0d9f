import type { Task } from "./ecs/tasks.ts";
import { AwsError } from "./errors.ts";
import { type Fields, listOf, numberOf, page, recordsOf, textOf, textsOf } from "./fields.ts";
import type { Actions } from "./service.ts";
import type { Physical, World } from "./world.ts";

const PAGE_MAX = 1_000;
/** The zones in which a service has endpoints, by service. A test sets it to leave out zones. */
export type EndpointZones = ReadonlyMap<string, readonly string[]>;

export interface Ec2Parts {
  readonly world: World;
  readonly activeTasks: () => readonly Task[];
  readonly endpointZones: EndpointZones;
}

/** EC2's structures as sent on the wire, built from the existing resources. */
export function ec2Actions({ world, activeTasks, endpointZones }: Ec2Parts): Actions {
  const zones = ["a", "b", "c"].map((letter) => `${world.region}${letter}`);
  /** Builds a describe action over one type of resource. */
  const describing =
    (
      set: string,
      type: string,
      one: {
        readonly ids: string;
        readonly missing: string;
        readonly answer: (physical: Physical) => Fields;
      },
    ) =>
    (input: Fields) => {
      const ids = textsOf(input, one.ids);
      const unknown = ids.find((id) => world.find(type, id) === undefined);
      if (unknown !== undefined) throw new AwsError(one.missing, `The ID '${unknown}' does not exist`);
      const all = world.all(type).filter((physical) => ids.length === 0 || ids.includes(physical.id));
      const answers = all.map(one.answer).filter((answer) => passes(answer, input));
      const { items, nextToken } = page(
        answers,
        textOf(input, "NextToken"),
        numberOf(input, "MaxResults") ?? PAGE_MAX,
      );
      return { [set]: items, nextToken };
    };
  return {
    DescribeAvailabilityZones: () => ({
      availabilityZoneInfo: zones.map((zoneName, index) => ({
        ...{ zoneName, regionName: world.region, zoneState: "available", zoneType: "availability-zone" },
        ...{ zoneId: `euw1-az${index + 1}`, optInStatus: "opt-in-not-required" },
      })),
    }),
    DescribeVpcEndpointServices: (input) => {
      const names = textsOf(input, "ServiceName");
      const services = ["ecr.api", "ecr.dkr", "logs", "cassandra", "s3", "ssmmessages", "secretsmanager"].map(
        (service) => `com.amazonaws.${world.region}.${service}`,
      );
      const unknown = names.find((name) => !services.includes(name));
      if (unknown !== undefined)
        throw new AwsError("InvalidServiceName", `The Vpc Endpoint Service '${unknown}' does not exist`);
      const found = services.filter((name) => names.length === 0 || names.includes(name));
      return {
        serviceNameSet: found,
        serviceDetailSet: found.map((serviceName) => ({
          serviceName,
          serviceType: [{ serviceType: serviceName.endsWith(".s3") ? "Gateway" : "Interface" }],
          availabilityZoneSet: endpointZones.get(serviceName) ?? zones,
          owner: "amazon",
        })),
      };
    },
    DescribeVpcs: describing("vpcSet", "AWS::EC2::VPC", {
      ...{ ids: "VpcId", missing: "InvalidVpcID.NotFound" },
      answer: (vpc) => ({
        ...{ vpcId: vpc.id, cidrBlock: vpc.properties.CidrBlock, state: "available", isDefault: false },
        ...{ ownerId: world.accountId, tagSet: tagSetOf(vpc) },
      }),
    }),
    DescribeVpcAttribute: (input) => {
      const vpc = world.find("AWS::EC2::VPC", textOf(input, "VpcId"));
      if (vpc === undefined) throw new AwsError("InvalidVpcID.NotFound", "The vpc ID does not exist");
      const attribute = textOf(input, "Attribute") ?? "";
      const property = attribute === "enableDnsSupport" ? "EnableDnsSupport" : "EnableDnsHostnames";
      const value = textOf(vpc.properties, property) ?? String(property === "EnableDnsSupport");
      return { vpcId: vpc.id, [attribute]: { value } };
    },
    DescribeSubnets: describing("subnetSet", "AWS::EC2::Subnet", {
      ...{ ids: "SubnetId", missing: "InvalidSubnetID.NotFound" },
      answer: (subnet) => ({
        subnetId: subnet.id,
        vpcId: subnet.properties.VpcId,
        cidrBlock: subnet.properties.CidrBlock,
        availabilityZone: subnet.properties.AvailabilityZone,
        state: "available",
        availableIpAddressCount: 250,
        tagSet: tagSetOf(subnet),
      }),
    }),
    DescribeVpcEndpoints: describing("vpcEndpointSet", "AWS::EC2::VPCEndpoint", {
      ...{ ids: "VpcEndpointId", missing: "InvalidVpcEndpointId.NotFound" },
      answer: (endpoint) => ({
        vpcEndpointId: endpoint.id,
        vpcId: endpoint.properties.VpcId,
        serviceName: endpoint.properties.ServiceName,
        vpcEndpointType: textOf(endpoint.properties, "VpcEndpointType") ?? "Gateway",
        state: "available",
        privateDnsEnabled: textOf(endpoint.properties, "PrivateDnsEnabled") === "true",
        subnetIdSet: listOf(endpoint.properties, "SubnetIds"),
        routeTableIdSet: listOf(endpoint.properties, "RouteTableIds"),
        groupSet: listOf(endpoint.properties, "SecurityGroupIds").map((groupId) => ({ groupId })),
        tagSet: tagSetOf(endpoint),
      }),
    }),
    DescribeRouteTables: describing("routeTableSet", "AWS::EC2::RouteTable", {
      ...{ ids: "RouteTableId", missing: "InvalidRouteTableID.NotFound" },
      answer: (table) => ({
        routeTableId: table.id,
        vpcId: table.properties.VpcId,
        associationSet: associationsOf(world, table),
        routeSet: [{ destinationCidrBlock: "10.0.0.0/16", gatewayId: "local", state: "active" }],
        tagSet: tagSetOf(table),
      }),
    }),
    DescribeSecurityGroups: describing("securityGroupInfo", "AWS::EC2::SecurityGroup", {
      ...{ ids: "GroupId", missing: "InvalidGroup.NotFound" },
      answer: (group) => ({
        groupId: group.id,
        groupName: textOf(group.properties, "GroupName") ?? group.id,
        groupDescription: group.properties.GroupDescription,
        vpcId: group.properties.VpcId,
      }),
    }),
    DescribeNetworkInterfaces: (input) => {
      const ids = textsOf(input, "NetworkInterfaceId");
      const all = activeTasks().map((task) => ({
        networkInterfaceId: task.eni,
        subnetId: task.subnet,
        status: "in-use",
        interfaceType: "interface",
        privateIpAddress: task.address,
        description: `arn:aws:ecs:${world.region}:${world.accountId}:attachment/${task.attachmentId}`,
        groupSet: task.securityGroups.map((groupId) => ({ groupId })),
      }));
      const found = all.filter(
        (one) => (ids.length === 0 || ids.includes(one.networkInterfaceId)) && passes(one, input),
      );
      return { networkInterfaceSet: found };
    },
  };
}

function tagSetOf({ properties, owner }: Physical): Fields[] {
  const own = recordsOf(properties, "Tags").map((tag) => ({ key: tag.Key, value: tag.Value }));
  if (owner === undefined) return own;
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html
  return [
    ...own,
    { key: "aws:cloudformation:stack-name", value: owner.stackName },
    { key: "aws:cloudformation:stack-id", value: owner.stackId },
    { key: "aws:cloudformation:logical-id", value: owner.logicalId },
  ];
}

function associationsOf(world: World, table: Physical): Fields[] {
  return world
    .all("AWS::EC2::SubnetRouteTableAssociation")
    .filter((one) => one.properties.RouteTableId === table.id)
    .map((one) => ({
      routeTableAssociationId: one.id,
      routeTableId: table.id,
      subnetId: one.properties.SubnetId,
      main: false,
      associationState: { state: "associated" },
    }));
}

/**
 * Applies filters by comparing the answer's value of the same name: `vpc-id`, `service-name`, `association.subnet-id`.
 */
function passes(answer: Fields, input: Fields): boolean {
  return recordsOf(input, "Filter").every((filter) => {
    const name = textOf(filter, "Name") ?? "";
    const wanted = textsOf(filter, "Value");
    return valuesUnder(answer, name).some((value) => wanted.includes(value));
  });
}

function valuesUnder(answer: Fields, name: string): string[] {
  if (name.startsWith("tag:")) {
    const tags = recordsOf(answer, "tagSet").filter((tag) => tag.key === name.slice("tag:".length));
    return tags.map((tag) => String(tag.value));
  }
  if (name === "group-id") return recordsOf(answer, "groupSet").map((group) => String(group.groupId));
  const [first = "", rest] = name.split(/\.(.*)/s);
  if (rest !== undefined)
    return recordsOf(answer, `${camel(first)}Set`).flatMap((one) => valuesUnder(one, rest));
  const value = ALIASES[name] === undefined ? answer[camel(name)] : answer[ALIASES[name]];
  return value === undefined ? [] : [String(value)];
}

const ALIASES: Readonly<Record<string, string>> = { "vpc-endpoint-state": "state", cidr: "cidrBlock" };

function camel(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
