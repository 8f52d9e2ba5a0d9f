import { vpcsOf } from "./endpoint-obstacles.ts";
import { type Fields, page, textOf } from "./fields.ts";
import type { Actions } from "./service.ts";
import type { World } from "./world.ts";

const PAGE_MAX = 100;

/** https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZonesByVPC.html */
export function route53Actions(world: World): Actions {
  return {
    ListHostedZonesByVPC: (input) => {
      const vpc = textOf(input, "vpcid") ?? "";
      const zones = [...ofPeople(world, vpc), ...ofEndpoints(world, vpc)];
      const { items, nextToken } = page(zones, textOf(input, "nexttoken"), PAGE_MAX);
      return { HostedZoneSummaries: items, MaxItems: PAGE_MAX, NextToken: nextToken };
    },
  };
}

function ofPeople(world: World, vpc: string): Fields[] {
  return world
    .all("AWS::Route53::HostedZone")
    .filter((zone) => vpcsOf(zone).includes(vpc))
    .map((zone) => ({
      HostedZoneId: zone.id,
      Name: `${textOf(zone.properties, "Name")}.`,
      Owner: { OwningAccount: world.accountId },
    }));
}

/** The zones that private DNS of endpoints creates. AWS owns them. */
function ofEndpoints(world: World, vpc: string): Fields[] {
  return world
    .all("AWS::EC2::VPCEndpoint")
    .filter(
      ({ properties }) => properties.VpcId === vpc && textOf(properties, "PrivateDnsEnabled") === "true",
    )
    .map(({ id, properties }) => ({
      HostedZoneId: `Z${id.slice(-17).toUpperCase()}`,
      Name: `${textOf(properties, "ServiceName")?.split(".").slice(3).reverse().join(".")}.${world.region}.amazonaws.com.`,
      Owner: { OwningService: "vpce.amazonaws.com" },
    }));
}
