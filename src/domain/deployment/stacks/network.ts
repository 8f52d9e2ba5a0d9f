import { ENDPOINT_PARAMETERS, type EndpointName } from "../network-facts.ts";
import type { Parameters } from "../template.ts";
import { secretParameters } from "./account-parameters.ts";
import { MINUTE_MS, type Stack, type StackInputs } from "./stack.ts";
import { connectParameter } from "./task-parameters.ts";

const SLOTS = ["A", "B", "C", "D"];

/** The VPC, or what is missing in an existing one: endpoints, security groups, flow logs. `deploy/network.yaml`. */
export const networkStack: Stack = {
  name: "TodosNetworkStack",
  predecessors: [],
  deadlineMs: 30 * MINUTE_MS,
  parameters: (inputs) => ({
    EnvironmentSuffix: inputs.names.suffix,
    Connect: connectParameter(inputs.settings),
    ...secretParameters(inputs.settings),
    ...existingNetwork(inputs),
  }),
};

function existingNetwork({ settings, network }: StackInputs): Parameters {
  const { zones, cidr, routeTables, endpoints = {} } = network;
  const made = Object.entries(endpoints).map(([name, make]) => [
    ENDPOINT_PARAMETERS[name as EndpointName],
    String(make),
  ]);
  return {
    ...(zones && { ZoneA: zones[0], ZoneB: zones[1] }),
    ...(settings.network && {
      ExistingVpcId: settings.network.vpc,
      ExistingSubnetIds: settings.network.subnets.join(","),
    }),
    ...(cidr !== undefined && { ExistingVpcCidr: cidr }),
    ...(routeTables && { ExistingRouteTableIds: routeTables.join(",") }),
    ...Object.fromEntries(made),
    ...(settings.allowFrom && allowedSources(settings.allowFrom)),
    PermissionsBoundaryArn: settings.permissionsBoundaryArn,
  };
}

/** Unused slots are emptied: what is no longer named is no longer allowed. */
function allowedSources(sources: readonly string[]): Parameters {
  const groups = sources.filter((source) => source.startsWith("sg-"));
  const cidrs = sources.filter((source) => !source.startsWith("sg-"));
  const slots = (name: string, values: readonly string[]) =>
    SLOTS.map((slot, index) => [`${name}${slot}`, values[index] ?? ""]);
  return Object.fromEntries([...slots("AllowFromCidr", cidrs), ...slots("AllowFromGroup", groups)]);
}
