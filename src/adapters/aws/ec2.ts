import {
  DescribeAvailabilityZonesCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcEndpointServicesCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  EC2Client,
  type RouteTable,
  type VpcEndpoint,
} from "@aws-sdk/client-ec2";
import type { ExistingEndpoint, ExistingNetwork } from "../../application/deploy/ports.ts";
import type { AwsConnection } from "./connection.ts";
import { isAws } from "./errors.ts";

const STACK_TAG = "aws:cloudformation:stack-name";

/** What EC2 says of zones and networks. */
export class Ec2Network {
  private readonly send: EC2Client["send"];

  constructor(aws: AwsConnection) {
    this.send = aws.sender(new EC2Client({ ...aws.config }));
  }

  async zones(): Promise<readonly string[]> {
    const { AvailabilityZones } = await this.send(
      new DescribeAvailabilityZonesCommand({
        // Local zones and wavelength zones have no Fargate.
        Filters: [
          { Name: "zone-type", Values: ["availability-zone"] },
          { Name: "state", Values: ["available"] },
        ],
      }),
    );
    return (AvailabilityZones ?? []).flatMap(({ ZoneName }) => ZoneName ?? []).sort();
  }

  async endpointServices(names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const { ServiceDetails } = await this.send(
      new DescribeVpcEndpointServicesCommand({ Filters: [{ Name: "service-name", Values: [...names] }] }),
    );
    return new Map(
      (ServiceDetails ?? []).map(({ ServiceName, AvailabilityZones }) => [
        ServiceName ?? "",
        AvailabilityZones ?? [],
      ]),
    );
  }

  async vpcCount(): Promise<number> {
    let count = 0;
    let token: string | undefined;
    do {
      const answer = await this.send(
        new DescribeVpcsCommand(token === undefined ? {} : { NextToken: token }),
      );
      count += (answer.Vpcs ?? []).length;
      token = answer.NextToken;
    } while (token !== undefined);
    return count;
  }

  async existing(vpc: string, subnets: readonly string[]): Promise<ExistingNetwork | undefined> {
    const found = await this.vpc(vpc);
    if (found === undefined) return undefined;
    const ofVpc = [{ Name: "vpc-id", Values: [vpc] }];
    const named = [{ Name: "subnet-id", Values: [...subnets] }];
    const { Subnets = [] } = await this.send(new DescribeSubnetsCommand({ Filters: named }));
    const { RouteTables = [] } = await this.send(new DescribeRouteTablesCommand({ Filters: ofVpc }));
    const { VpcEndpoints = [] } = await this.send(new DescribeVpcEndpointsCommand({ Filters: ofVpc }));
    return {
      ...(found.cidr !== undefined && { cidr: found.cidr }),
      dnsSupport: await this.attribute(vpc, "enableDnsSupport"),
      dnsHostnames: await this.attribute(vpc, "enableDnsHostnames"),
      subnets: Subnets.map(({ SubnetId = "", VpcId = "", AvailabilityZone = "" }) => ({
        id: SubnetId,
        vpc: VpcId,
        zone: AvailabilityZone,
      })),
      routeTables: routeTablesOf(subnets, RouteTables),
      endpoints: VpcEndpoints.filter(({ State }) => /^(?:available|pending)$/i.test(State ?? "")).map(
        endpoint,
      ),
    };
  }

  /** EC2 tells one attribute a call. */
  private async attribute(
    vpc: string,
    attribute: "enableDnsSupport" | "enableDnsHostnames",
  ): Promise<boolean> {
    const answer = await this.send(new DescribeVpcAttributeCommand({ VpcId: vpc, Attribute: attribute }));
    const { Value } =
      (attribute === "enableDnsSupport" ? answer.EnableDnsSupport : answer.EnableDnsHostnames) ?? {};
    return Value === true;
  }

  private async vpc(id: string): Promise<{ readonly cidr: string | undefined } | undefined> {
    try {
      const { Vpcs } = await this.send(new DescribeVpcsCommand({ VpcIds: [id] }));
      const [found] = Vpcs ?? [];
      return found && { cidr: found.CidrBlock };
    } catch (error) {
      if (isAws(error, ["InvalidVpcID.NotFound", "InvalidVpcID.Malformed", "InvalidVpcId.Malformed"]))
        return undefined;
      throw error;
    }
  }
}

/** Each subnet's own route table, or the VPC's main one. */
function routeTablesOf(subnets: readonly string[], tables: readonly RouteTable[]): string[] {
  const main = tables.find(({ Associations }) => Associations?.some(({ Main }) => Main));
  const ids = subnets.map((subnet) => {
    const own = tables.find(({ Associations }) => Associations?.some(({ SubnetId }) => SubnetId === subnet));
    return (own ?? main)?.RouteTableId;
  });
  return [...new Set(ids.filter((id): id is string => id !== undefined))];
}

function endpoint(found: VpcEndpoint): ExistingEndpoint {
  const stack = found.Tags?.find(({ Key }) => Key === STACK_TAG)?.Value;
  return {
    id: found.VpcEndpointId ?? "",
    service: found.ServiceName ?? "",
    privateDns: found.PrivateDnsEnabled === true,
    routeTables: found.RouteTableIds ?? [],
    ...(stack !== undefined && { stack }),
  };
}
