import {
  CONNECT_ENDPOINT,
  ENDPOINT_NAMES,
  ENDPOINT_PARAMETERS,
  type EndpointName,
  type NetworkFacts,
  needsEndpoint,
  privateNameOf,
  SECRETS_ENDPOINT,
} from "../../domain/deployment/network-facts.ts";
import type { DeploymentSettings } from "../../domain/deployment/settings.ts";
import type { Engine } from "./engine.ts";
import { DeployError } from "./errors.ts";
import type { Finding } from "./events.ts";
import type { ExistingEndpoint, ExistingNetwork, StackState } from "./ports.ts";

/** VPCs in a region. Source: Service Quotas, Amazon VPC. */
const VPC_QUOTA = { service: "vpc", code: "L-F678F1CE" };
const ZONES_MIN = 2;
const ALL_ENDPOINTS: readonly EndpointName[] = [...ENDPOINT_NAMES, CONNECT_ENDPOINT, SECRETS_ENDPOINT];

/** A finding, and the network stack's parameters from it. */
export interface Found extends Finding {
  readonly network?: NetworkFacts;
}

export async function newNetwork({ account }: Engine): Promise<Found[]> {
  const services = new Map(ENDPOINT_NAMES.map((name) => [name, serviceName(account.region, name)]));
  const offered = await account.endpointServices([...services.values()]);
  const missing = [...services.values()].filter((service) => !offered.has(service));
  if (missing.length > 0) {
    return [
      {
        level: "problem",
        what: `${account.region} has no endpoints for ${missing.join(", ")}, so tasks in a private network could not reach these services`,
        next: "deploy to another region with --region",
      },
    ];
  }
  const zones = (await account.zones()).filter((zone) =>
    [...offered].every(([service, served]) => service.endsWith(".s3") || served.includes(zone)),
  );
  const [first, second] = zones;
  const found = await vpcQuota({ account });
  if (first === undefined || second === undefined) {
    const what = `${account.region} has ${zones.length} of the ${ZONES_MIN} required zones with all endpoints`;
    return [...found, { level: "problem", what, next: "deploy to another region with --region" }];
  }
  return [
    ...found,
    { level: "fine", what: `zones ${first} and ${second}`, network: { zones: [first, second] } },
  ];
}

async function vpcQuota({ account }: Pick<Engine, "account">): Promise<Found[]> {
  const limit = await account.quota(VPC_QUOTA.service, VPC_QUOTA.code);
  const count = await account.vpcCount();
  if (limit === undefined || count < limit) return [];
  return [
    {
      level: "problem",
      what: `the region has ${count} VPCs, but its quota is ${limit}`,
      next: "request an increase in Service Quotas, or use an existing VPC with --vpc and --subnets",
    },
  ];
}

type Given = NonNullable<DeploymentSettings["network"]>;

/**
 * Whether tasks can run in an existing network, and which parts of it are used unchanged.
 * @param deployed the network stack, if there is one
 */
export async function givenNetwork(
  engine: Engine,
  given: Given,
  deployed: StackState | undefined,
): Promise<Found[]> {
  const { unchecked, found } = await checkedNetwork(engine, given, deployed);
  return [...unchecked, ...found];
}

interface Checked {
  /** What could not be found out. */
  readonly unchecked: readonly Found[];
  readonly found: readonly Found[];
}

async function checkedNetwork(
  engine: Engine,
  given: Given,
  deployed: StackState | undefined,
): Promise<Checked> {
  const { account, run } = engine;
  const moved = deployed && otherNetwork(given, deployed);
  if (moved) return { unchecked: [], found: [moved] };
  const existing = await account.existingNetwork(given.vpc, given.subnets);
  if (existing === undefined) {
    const what = `there is no VPC ${given.vpc} in ${account.region}`;
    return { unchecked: [], found: [{ level: "problem", what, next: "check --vpc and --region" }] };
  }
  const { names, unchecked } = await zonesOf(given.vpc, engine);
  const wanted = endpointsOf(existing, account.region, run.names.stack("network"), names);
  const problems = [
    ...dnsProblems(given, existing),
    ...subnetProblems(given, existing),
    ...(await zoneProblems(engine, existing, wanted)),
    ...(unchecked.length > 0 ? undecided(given, wanted, deployed) : []),
  ];
  return { unchecked, found: problems.length > 0 ? problems : usable(given, existing, wanted) };
}

/** An informative check ends no run; without an answer, no name leads elsewhere. */
async function zonesOf(
  vpc: string,
  { account }: Engine,
): Promise<{ readonly names: readonly string[]; readonly unchecked: readonly Found[] }> {
  try {
    return { names: await account.privateZones(vpc), unchecked: [] };
  } catch (error) {
    if (!(error instanceof DeployError)) throw error;
    const what = `private hosted zones of ${vpc} were not checked: ${error.message}`;
    return { names: [], unchecked: [{ level: "note", what }] };
  }
}

/**
 * Endpoints that others had, and that are not there now. Without the zones, nobody can say whether they were deleted,
 * or were never there because a zone has their name: then an endpoint of ours would conflict with it.
 */
function undecided({ vpc }: Given, { made }: WantedEndpoints, deployed: StackState | undefined): Found[] {
  const lost = deployed ? lostEndpoints(made, deployed) : [];
  if (lost.length === 0) return [];
  return [
    {
      level: "problem",
      what: `${vpc} has no endpoints that the tasks use: ${lost.join(", ")}; whether private hosted zones lead to others was not checked`,
      next: "run the same command again once route53:ListHostedZonesByVPC answers, or create the endpoints again if they were deleted",
    },
  ];
}

/** Whether the existing network of the environment has not changed. */
export async function keptNetwork(engine: Engine, deployed: StackState): Promise<Found[]> {
  const { ExistingVpcId: vpc, ExistingSubnetIds: subnets } = deployed.parameters;
  if (!vpc || !subnets) return [];
  const { unchecked, found } = await checkedNetwork(engine, { vpc, subnets: subnets.split(",") }, deployed);
  const lost = found.flatMap(({ network }) => lostEndpoints(madeOf(network), deployed));
  // Parts used unchanged were reported when the network was chosen.
  const problems = [...unchecked, ...found.filter(({ level }) => level === "problem")];
  if (lost.length === 0) return problems;
  return [
    ...problems,
    {
      level: "problem",
      what: `${vpc} no longer has endpoints that the tasks use: ${lost.join(", ")}`,
      next: `create them again, or let todos deploy create its own: --vpc ${vpc} --subnets ${subnets}`,
    },
  ];
}

function madeOf(network: NetworkFacts | undefined): EndpointName[] {
  return ALL_ENDPOINTS.filter((name) => network?.endpoints?.[name]);
}

/** Endpoints that would have to be created now, and were not created because others had them. */
function lostEndpoints(made: readonly EndpointName[], { parameters }: StackState): EndpointName[] {
  return made
    .filter((name) => parameters[ENDPOINT_PARAMETERS[name]] === "false")
    .filter((name) => needsEndpoint(name, parameters));
}

/** Tasks and endpoints depend on their network: it cannot be replaced under them. */
function otherNetwork({ vpc }: Given, { stack, parameters }: StackState): Found | undefined {
  const deployed = parameters.ExistingVpcId ?? "";
  if (deployed === vpc) return undefined;
  return {
    level: "problem",
    what: `${stack} is in ${deployed || "its own network"}; an environment cannot move to ${vpc}`,
    next: "omit --vpc and --subnets to stay there, or run todos destroy, which keeps the data, and deploy again",
  };
}

/** Source: VPC User Guide, "DNS attributes for your VPC"; AWS PrivateLink Guide, "Enable private DNS names". */
function dnsProblems({ vpc }: Given, { dnsSupport, dnsHostnames }: ExistingNetwork): Found[] {
  const off = [
    ...(dnsSupport ? [] : [["DNS resolution (enableDnsSupport)", "--enable-dns-support"]]),
    ...(dnsHostnames ? [] : [["DNS hostnames (enableDnsHostnames)", "--enable-dns-hostnames"]]),
  ];
  return off.map(([name, flag]) => ({
    level: "problem",
    what: `${name} is off in ${vpc}; without it, private names of endpoints and of the service do not resolve`,
    next: `turn it on: aws ec2 modify-vpc-attribute --vpc-id ${vpc} ${flag}`,
  }));
}

function subnetProblems({ vpc, subnets }: Given, existing: ExistingNetwork): Found[] {
  const next = "check --subnets";
  const strange = subnets.flatMap((id): Found[] => {
    const found = existing.subnets.find((subnet) => subnet.id === id);
    if (found === undefined) return [{ level: "problem", what: `there is no subnet ${id}`, next }];
    return found.vpc === vpc
      ? []
      : [{ level: "problem", what: `subnet ${id} belongs to ${found.vpc}, not to ${vpc}`, next }];
  });
  if (strange.length > 0) return strange;
  const zoneOf = (id: string) => existing.subnets.find((subnet) => subnet.id === id)?.zone;
  // An endpoint has one address a zone. Source: AWS PrivateLink Guide, "Subnets and Availability Zones".
  const shared = [...Map.groupBy(subnets, zoneOf)].filter(([, each]) => each.length > 1);
  return shared.map(([zone, each]) => ({
    level: "problem",
    what: `the subnets ${each.join(" and ")} are in the same zone, ${zone}`,
    next: "name one subnet in each of two zones with --subnets",
  }));
}

/** New endpoints must be available in the zones of the subnets. */
async function zoneProblems(
  { account }: Engine,
  { subnets }: ExistingNetwork,
  { made }: WantedEndpoints,
): Promise<Found[]> {
  const services = made
    .filter((name) => name !== "s3" && needsEndpoint(name, {}))
    .map((name) => serviceName(account.region, name));
  if (services.length === 0) return [];
  const offered = await account.endpointServices(services);
  return subnets.flatMap(({ id, zone }): Found[] => {
    const missing = services.filter((service) => !offered.get(service)?.includes(zone));
    if (missing.length === 0) return [];
    const what = `subnet ${id} is in ${zone}, where there are no endpoints for ${missing.join(", ")}`;
    return [{ level: "problem", what, next: "name a subnet in another zone with --subnets" }];
  });
}

function usable({ vpc }: Given, existing: ExistingNetwork, wanted: WantedEndpoints): Found[] {
  const { made, kept, elsewhere, routeTables } = wanted;
  const network: NetworkFacts = {
    ...(existing.cidr !== undefined && { cidr: existing.cidr }),
    routeTables,
    endpoints: Object.fromEntries([
      ...made.map((name) => [name, true]),
      ...[...kept, ...elsewhere].map((name) => [name, false]),
    ]),
  };
  const zones = existing.subnets.map(({ zone }) => zone).join(" and ");
  const found: Found[] = [{ level: "fine", what: `network ${vpc}, zones ${zones}`, network }];
  const next = "their security groups and policies must allow the tasks on port 443, and 9142 for cassandra";
  const notes = [
    ...(kept.length > 0 ? [`existing endpoints of ${vpc} will be used as they are: ${kept.join(", ")}`] : []),
    ...(elsewhere.length > 0
      ? [
          `private hosted zones of ${vpc} lead to endpoints that will be used as they are: ${elsewhere.join(", ")}`,
        ]
      : []),
  ];
  return [...notes.map((what): Found => ({ level: "note", what, next })), ...found];
}

interface WantedEndpoints {
  readonly made: readonly EndpointName[];
  /** Existing ones that our tasks can use as well. */
  readonly kept: readonly EndpointName[];
  /** Those in whose place the VPC has a private hosted zone; private DNS of an endpoint there would conflict with it. */
  readonly elsewhere: readonly EndpointName[];
  /** Those that are to lead to S3. */
  readonly routeTables: readonly string[];
}

function endpointsOf(
  existing: ExistingNetwork,
  region: string,
  ownStack: string,
  zones: readonly string[],
): WantedEndpoints {
  const others = existing.endpoints.filter(({ stack }) => stack !== ownStack);
  const of = (name: EndpointName) => others.filter(({ service }) => service === serviceName(region, name));
  const byName = of("s3").some(({ privateDns }) => privateDns);
  const routeTables = existing.routeTables.filter((table) => !leadsTo(of("s3"), table));
  const kept = ALL_ENDPOINTS.filter((name) =>
    name === "s3" ? byName || routeTables.length === 0 : of(name).some(({ privateDns }) => privateDns),
  );
  // Where we have an endpoint, no zone of another's can have that name.
  const isOurs = (name: EndpointName) =>
    existing.endpoints.some(
      ({ service, stack }) => stack === ownStack && service === serviceName(region, name),
    );
  const elsewhere = ALL_ENDPOINTS.filter(
    (name) =>
      !kept.includes(name) &&
      !isOurs(name) &&
      zones.includes(privateNameOf(name, region) ?? "no private name"),
  );
  const made = ALL_ENDPOINTS.filter((name) => !kept.includes(name) && !elsewhere.includes(name));
  return { made, kept, elsewhere, routeTables: kept.includes("s3") ? existing.routeTables : routeTables };
}

function leadsTo(gateways: readonly ExistingEndpoint[], table: string): boolean {
  return gateways.some(({ routeTables }) => routeTables.includes(table));
}

function serviceName(region: string, name: EndpointName): string {
  return `com.amazonaws.${region}.${name}`;
}
