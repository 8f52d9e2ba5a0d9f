import {
  DescribeAvailabilityZonesCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointServicesCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  EC2Client,
  type RouteTable,
  type VpcEndpoint,
} from "@aws-sdk/client-ec2";
import type { ExistingNetwork } from "../../application/deploy/ports.ts";
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

  async existing(vpc: string, subnets: readonly string[]): Promise<ExistingNetwork> {
    const found = await this.vpc(vpc);
    if (found === undefined) {
      return { found: false, missingSubnets: subnets, zones: [], routeTables: [], endpoints: [] };
    }
    const ofVpc = [{ Name: "vpc-id", Values: [vpc] }];
    const { Subnets = [] } = await this.send(new DescribeSubnetsCommand({ Filters: ofVpc }));
    const { RouteTables = [] } = await this.send(new DescribeRouteTablesCommand({ Filters: ofVpc }));
    const { VpcEndpoints = [] } = await this.send(new DescribeVpcEndpointsCommand({ Filters: ofVpc }));
    const named = Subnets.filter(({ SubnetId }) => subnets.includes(SubnetId ?? ""));
    return {
      found: true,
      ...(found.cidr !== undefined && { cidr: found.cidr }),
      missingSubnets: subnets.filter((id) => !named.some(({ SubnetId }) => SubnetId === id)),
      zones: [...new Set(named.flatMap(({ AvailabilityZone }) => AvailabilityZone ?? []))],
      routeTables: routeTablesOf(subnets, RouteTables),
      endpoints: VpcEndpoints.filter(({ State }) => !/^delet/i.test(State ?? "")).map(endpoint),
    };
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

function endpoint({ ServiceName, Tags }: VpcEndpoint): ExistingNetwork["endpoints"][number] {
  const stack = Tags?.find(({ Key }) => Key === STACK_TAG)?.Value;
  return { service: ServiceName ?? "", ...(stack !== undefined && { stack }) };
}
