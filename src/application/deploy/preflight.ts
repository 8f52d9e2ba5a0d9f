import { STACK_KINDS } from "../../domain/deployment/names.ts";
import { deployerPolicy } from "../../domain/deployment/policy.ts";
import {
  CONNECT_ENDPOINT,
  type DeploymentSettings,
  ENDPOINT_NAMES,
  type EndpointName,
  type NetworkFacts,
  stackParameters,
} from "../../domain/deployment/settings.ts";
import { behaviourOf } from "../../domain/deployment/stack-status.ts";
import { effectiveResources, literal } from "../../domain/deployment/template.ts";
import type { Engine } from "./engine.ts";
import { DeployError } from "./errors.ts";
import type { Finding } from "./events.ts";
import type { ExistingNetwork, Identity, StackState } from "./ports.ts";

/** VPCs in a region. Source: Service Quotas, Amazon VPC. */
const VPC_QUOTA = { service: "vpc", code: "L-F678F1CE" };
/** Virtual CPUs of Fargate on demand. Source: Service Quotas, AWS Fargate. */
const FARGATE_QUOTA = { service: "fargate", code: "L-3032A538" };
const CPU_UNITS = 1_024;
const ZONES_MIN = 2;
const DENIED_SHOWN_MAX = 10;

export type StackStates = ReadonlyMap<string, StackState | undefined>;

export interface Preflight {
  readonly identity: Identity;
  readonly network: NetworkFacts;
  readonly states: StackStates;
}

interface Found extends Finding {
  readonly network?: NetworkFacts;
}

/**
 * Finds everything that would stop a deploy, before anything is touched.
 * @throws DeployError `verify` where there is a problem; `credentials`, `denied`, `unreachable` at once
 */
export async function preflight(engine: Engine, settings: DeploymentSettings): Promise<Preflight> {
  const identity = await engine.account.identity();
  const states = await stackStates(engine);
  const found = await lookAround(engine, settings, identity, states);
  for (const { level, what, next } of found) {
    engine.run.reporter.report({ event: "finding", level, what, ...(next !== undefined && { next }) });
  }
  const problems = found.filter(({ level }) => level === "problem");
  if (problems.length > 0) {
    throw new DeployError(
      "verify",
      `${problems.length === 1 ? "a problem stands" : `${problems.length} problems stand`} in the way; nothing was touched`,
      "mend what is named above, then run the same command again",
    );
  }
  return { identity, states, network: Object.assign({}, ...found.map(({ network }) => network ?? {})) };
}

export async function stackStates({ run, stacks }: Pick<Engine, "run" | "stacks">): Promise<StackStates> {
  const states = new Map<string, StackState | undefined>();
  for (const kind of STACK_KINDS) {
    const name = run.names.stack(kind);
    states.set(name, await stacks.describe(name));
  }
  return states;
}

async function lookAround(
  engine: Engine,
  settings: DeploymentSettings,
  identity: Identity,
  states: StackStates,
): Promise<Found[]> {
  const { account, run } = engine;
  const networkState = states.get(run.names.stack("network"));
  const isNew =
    behaviourOf(networkState?.status) !== "update" && behaviourOf(networkState?.status) !== "join";
  const found: Found[] = [
    { level: "fine", what: `account ${identity.account}, region ${account.region}, as ${identity.arn}` },
    ...(await permissions(engine, identity)),
  ];
  if (isNew && settings.network) found.push(...(await givenNetwork(engine, settings.network)));
  else if (isNew) found.push(...(await newNetwork(engine)));
  found.push(
    ...(await fargateQuota(engine, settings)),
    ...(await takenNames(engine, settings, states)),
    ...(await retainedData(engine, states)),
    ...(await trail(engine)),
  );
  return found;
}

async function permissions({ account }: Engine, identity: Identity): Promise<Found[]> {
  const { arn } = identity;
  if (arn.endsWith(":root")) {
    return [
      {
        level: "note",
        what: "these are the root user's credentials",
        next: "use a role for deploys; docs/deploy.md has its policy",
      },
    ];
  }
  const [, partition = "aws"] = arn.split(":");
  const policy = deployerPolicy({ account: identity.account, region: account.region, partition });
  const denied = await account.deniedActions(arn, policy.Statement);
  if (denied === undefined) {
    return [
      {
        level: "note",
        what: "whether all permissions are there is unknown: these credentials may not ask (iam:SimulatePrincipalPolicy)",
      },
    ];
  }
  if (denied.length === 0) return [{ level: "fine", what: "all permissions are there" }];
  const shown = denied.slice(0, DENIED_SHOWN_MAX).join(", ");
  const more = denied.length > DENIED_SHOWN_MAX ? ` and ${denied.length - DENIED_SHOWN_MAX} more` : "";
  return [
    {
      level: "problem",
      what: `${arn} may not: ${shown}${more}`,
      next: 'give it the policy of docs/deploy.md, "The policy a deployer needs"',
    },
  ];
}

async function newNetwork({ account }: Engine): Promise<Found[]> {
  const services = new Map(ENDPOINT_NAMES.map((name) => [name, serviceName(account.region, name)]));
  const offered = await account.endpointServices([...services.values()]);
  const missing = [...services.values()].filter((service) => !offered.has(service));
  if (missing.length > 0) {
    return [
      {
        level: "problem",
        what: `${account.region} has no endpoints for ${missing.join(", ")}, and without them nothing in a private network reaches these services`,
        next: "deploy into another region, with --region",
      },
    ];
  }
  const zones = (await account.zones()).filter((zone) =>
    [...offered].every(([service, served]) => service.endsWith(".s3") || served.includes(zone)),
  );
  const [first, second] = zones;
  const found = await vpcQuota({ account });
  if (first === undefined || second === undefined) {
    const what = `${account.region} has ${zones.length} of the ${ZONES_MIN} zones that offer all endpoints`;
    return [...found, { level: "problem", what, next: "deploy into another region, with --region" }];
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
      what: `the region has ${count} VPCs, and its quota is ${limit}`,
      next: "ask for more in Service Quotas, or name an existing VPC with --vpc and --subnets",
    },
  ];
}

async function givenNetwork(
  { account, run }: Engine,
  { vpc, subnets }: NonNullable<DeploymentSettings["network"]>,
): Promise<Found[]> {
  const existing = await account.existingNetwork(vpc, subnets);
  if (!existing.found) {
    return [
      {
        level: "problem",
        what: `there is no VPC ${vpc} in ${account.region}`,
        next: "check --vpc and --region",
      },
    ];
  }
  const found: Found[] = [];
  if (existing.missingSubnets.length > 0) {
    found.push({
      level: "problem",
      what: `${vpc} has no subnets ${existing.missingSubnets.join(", ")}`,
      next: "check --subnets",
    });
  }
  if (new Set(existing.zones).size < ZONES_MIN && existing.missingSubnets.length === 0) {
    found.push({
      level: "problem",
      what: "the subnets are all in one zone",
      next: "name subnets in two zones with --subnets",
    });
  }
  const { made, kept } = endpointsOf(existing, account.region, run.names.stack("network"));
  if (kept.length > 0)
    found.push({ level: "note", what: `endpoints of ${vpc} that are used as they are: ${kept.join(", ")}` });
  const network: NetworkFacts = {
    ...(existing.cidr !== undefined && { cidr: existing.cidr }),
    routeTables: existing.routeTables,
    endpoints: made,
  };
  found.push({ level: "fine", what: `network ${vpc}, zones ${existing.zones.join(" and ")}`, network });
  return found;
}

/** Endpoints that are to be made: those that nobody else has made there. */
function endpointsOf(existing: ExistingNetwork, region: string, ownStack: string) {
  const names = [...ENDPOINT_NAMES, CONNECT_ENDPOINT] as const;
  const kept = names.filter((name) =>
    existing.endpoints.some(
      ({ service, stack }) => service === serviceName(region, name) && stack !== ownStack,
    ),
  );
  const made = Object.fromEntries(names.map((name) => [name, !kept.includes(name)]));
  return { kept, made: made as Record<EndpointName, boolean> };
}

function serviceName(region: string, name: EndpointName): string {
  return `com.amazonaws.${region}.${name}`;
}

async function fargateQuota({ account }: Engine, settings: DeploymentSettings): Promise<Found[]> {
  const limit = await account.quota(FARGATE_QUOTA.service, FARGATE_QUOTA.code);
  if (limit === undefined) return [];
  // A deployment runs as many new tasks as old ones, and one for migrations.
  const tasks = 2 * Number(settings.minTasks ?? 2) + 1;
  const needed = (tasks * Number(settings.taskCpu ?? 256)) / CPU_UNITS;
  if (needed <= limit) return [];
  return [
    {
      level: "problem",
      what: `a deployment needs ${needed} virtual CPUs of Fargate for a while, and the quota is ${limit}`,
      next: "ask for more in Service Quotas, or take smaller or fewer tasks with --cpu and --min-tasks",
    },
  ];
}

/** Names that a stack which is not there would give to things that are. */
async function takenNames(
  engine: Engine,
  settings: DeploymentSettings,
  states: StackStates,
): Promise<Found[]> {
  const { logs, registry, run, templates } = engine;
  const absent = (name: string) => behaviourOf(states.get(name)?.status) === "create";
  const found: Found[] = [];
  if (absent(run.names.stack("registry")) && (await registry.repository(run.names.repository))) {
    found.push({
      level: "problem",
      what: `a repository ${run.names.repository} is there already, and ${run.names.stack("registry")} did not make it`,
      next: "delete it (its images too) or deploy an environment of another name with --env",
    });
  }
  for (const kind of ["network", "cluster"] as const) {
    if (!absent(run.names.stack(kind))) continue;
    const parameters = stackParameters(kind, {
      names: run.names,
      settings,
      network: {},
      outputs: {},
      imageUri: undefined,
    });
    for (const { type, properties } of effectiveResources(templates[kind], parameters)) {
      const name =
        type === "AWS::Logs::LogGroup" && literal(properties.LogGroupName, templates[kind], parameters);
      if (!name || !(await logs.groups(name)).some((group) => group.name === name)) continue;
      found.push({
        level: "problem",
        what: `a log group ${name} is there already, and ${run.names.stack(kind)} did not make it`,
        next: "delete it (its logs too) or deploy an environment of another name with --env",
      });
    }
  }
  return found;
}

async function retainedData({ keyspaces, run }: Engine, states: StackStates): Promise<Found[]> {
  const state = states.get(run.names.stack("keyspaces"));
  if (behaviourOf(state?.status) === "update" || behaviourOf(state?.status) === "join") return [];
  const { keyspace } = run.names;
  if (!(await keyspaces.hasKeyspace(keyspace))) return [];
  const tables = await keyspaces.tables(keyspace);
  const held = tables.length === 0 ? "no tables" : `the tables ${tables.join(", ")}`;
  return [
    {
      level: "note",
      what: `a keyspace ${keyspace} with ${held} is there already; it is adopted with all its data`,
    },
  ];
}

async function trail({ account }: Engine): Promise<Found[]> {
  const recorded = await account.recordsKeyspaces();
  if (recorded !== true) return [];
  return [
    {
      level: "note",
      what: "a trail of CloudTrail records data events of Keyspaces: every statement costs a little more, and is written down",
    },
  ];
}
