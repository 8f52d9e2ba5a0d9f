import { type Fields, recordsOf, textOf, textsOf } from "./fields.ts";
import type { Physical, World } from "./world.ts";

/** Returns why EC2 can't create a VPC endpoint at present, in EC2's words, or undefined if it can. */
export function obstacleToEndpoint(properties: Fields, world: World): string | undefined {
  const isInterface = textOf(properties, "VpcEndpointType") === "Interface";
  return isInterface
    ? (privateDnsObstacle(properties, world) ?? subnetObstacle(properties, world))
    : routeObstacle(properties, world);
}

/** https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html */
function privateDnsObstacle(properties: Fields, world: World): string | undefined {
  if (textOf(properties, "PrivateDnsEnabled") !== "true") return undefined;
  const vpc = world.find("AWS::EC2::VPC", textOf(properties, "VpcId"));
  const isOn = (name: string) => vpc !== undefined && textOf(vpc.properties, name) === "true";
  if (!isOn("EnableDnsSupport") || !isOn("EnableDnsHostnames"))
    return `Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for ${vpc?.id}`;
  const taken = others(properties, world).some(
    (one) => textOf(one.properties, "PrivateDnsEnabled") === "true",
  );
  const zone = privateNameOf(textOf(properties, "ServiceName") ?? "");
  const isZoneTaken = world
    .all("AWS::Route53::HostedZone")
    .some((one) => one.properties.Name === zone && vpcsOf(one).includes(vpc?.id ?? ""));
  return taken || isZoneTaken
    ? `private-dns-enabled cannot be set because there is already a conflicting DNS domain for ${textOf(properties, "ServiceName")} in the VPC ${vpc?.id}`
    : undefined;
}

/** Turns `com.amazonaws.eu-west-1.ecr.api` into `api.ecr.eu-west-1.amazonaws.com`. */
function privateNameOf(serviceName: string): string {
  const [, , region = "", ...service] = serviceName.split(".");
  return [...service.reverse(), region, "amazonaws.com"].join(".");
}

/** The networks that can use a private hosted zone. */
export function vpcsOf({ properties }: Physical): string[] {
  return recordsOf(properties, "VPCs").map((vpc) => textOf(vpc, "VPCId") ?? "");
}

/**
 * Allows one subnet in each zone, all in the VPC:
 * https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
 */
function subnetObstacle(properties: Fields, world: World): string | undefined {
  const zones = new Set<string>();
  for (const id of textsOf(properties, "SubnetIds")) {
    const subnet = world.find("AWS::EC2::Subnet", id);
    if (subnet === undefined || subnet.properties.VpcId !== properties.VpcId)
      return `The subnet ID '${id}' does not exist in ${textOf(properties, "VpcId")}`;
    const zone = textOf(subnet.properties, "AvailabilityZone") ?? "";
    if (zones.has(zone)) return `Found another VPC endpoint subnet in the availability zone of ${id}.`;
    zones.add(zone);
  }
  return undefined;
}

/**
 * A table can have only one route to a service:
 * https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
 */
function routeObstacle(properties: Fields, world: World): string | undefined {
  const tables = textsOf(properties, "RouteTableIds").filter((id) => id !== "");
  const taken = others(properties, world).flatMap((one) => textsOf(one.properties, "RouteTableIds"));
  const twice = tables.find((id) => taken.includes(id));
  return twice === undefined
    ? undefined
    : `route table ${twice} already has a route with destination-prefix-list-id pl-6da54004`;
}

function others({ VpcId, ServiceName }: Fields, world: World): Physical[] {
  return world
    .all("AWS::EC2::VPCEndpoint")
    .filter(({ properties }) => properties.VpcId === VpcId && properties.ServiceName === ServiceName);
}
