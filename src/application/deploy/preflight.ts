import type { NetworkFacts } from "../../domain/deployment/network-facts.ts";
import { deployerPolicy } from "../../domain/deployment/policy.ts";
import type { DeploymentSettings } from "../../domain/deployment/settings.ts";
import { behaviourOf } from "../../domain/deployment/stack-status.ts";
import { STACK_KINDS, STACKS } from "../../domain/deployment/stacks.ts";
import { effectiveResources, literal } from "../../domain/deployment/template.ts";
import { counted } from "../../lib/words.ts";
import { hasGroup, isInsightsGroup } from "./adopt.ts";
import type { Engine } from "./engine.ts";
import { DeployError } from "./errors.ts";
import type { Identity, StackState } from "./ports.ts";
import { type Found, givenNetwork, keptNetwork, newNetwork } from "./preflight-network.ts";
import { settingsProblems } from "./preflight-settings.ts";

const DENIED_SHOWN_MAX = 10;

export type StackStates = ReadonlyMap<string, StackState | undefined>;

export interface Preflight {
  readonly identity: Identity;
  readonly network: NetworkFacts;
  readonly states: StackStates;
}

/**
 * Finds everything that would stop a deploy, before anything is changed.
 * @throws DeployError `verify` if there is a problem; `credentials`, `denied`, `unreachable` at once
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
      `found ${counted(problems.length, "problem")}; nothing was changed`,
      "fix the problems above, then run the same command again",
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
    ...(await informed("permissions were", () => permissions(engine, identity))),
  ];
  const deployed = isNew ? undefined : networkState;
  if (settings.network) found.push(...(await givenNetwork(engine, settings.network, deployed)));
  else if (deployed) found.push(...(await keptNetwork(engine, deployed)));
  else found.push(...(await newNetwork(engine)));
  found.push(
    ...(await settingsProblems(engine, settings, states)),
    ...(await takenNames(engine, settings, states)),
    ...(await retainedData(engine, states)),
    ...(await informed("trails of CloudTrail were", () => trail(engine))),
  );
  return found;
}

/** An informative check never ends a run: if AWS does not answer, that is reported. */
async function informed(what: string, look: () => Promise<Found[]>): Promise<Found[]> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof DeployError)) throw error;
    return [{ level: "note", what: `${what} not checked: ${error.message}` }];
  }
}

async function permissions({ account }: Engine, identity: Identity): Promise<Found[]> {
  const { arn } = identity;
  if (arn.endsWith(":root")) {
    return [
      {
        level: "note",
        what: "these are credentials of the root user",
        next: "deploy with a role; docs/deploy.md has the policy for it",
      },
    ];
  }
  const [, partition = "aws"] = arn.split(":");
  const policy = deployerPolicy({ account: identity.account, region: account.region, partition });
  const denied = await account.deniedActions(arn, policy.Statement);
  if (denied.length === 0) return [{ level: "fine", what: "all permissions are granted" }];
  const shown = denied.slice(0, DENIED_SHOWN_MAX).join(", ");
  const more = denied.length > DENIED_SHOWN_MAX ? ` and ${denied.length - DENIED_SHOWN_MAX} more` : "";
  return [
    {
      level: "problem",
      what: `${arn} is not allowed to call ${shown}${more}`,
      next: 'attach the policy in docs/deploy.md, "The policy a deployer needs"',
    },
  ];
}

/** Names that a missing stack would give to things that already exist. */
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
      what: `the repository ${run.names.repository} already exists, and ${run.names.stack("registry")} did not create it`,
      next: "delete it and its images, or deploy under another name with --env",
    });
  }
  for (const kind of ["network", "cluster"] as const) {
    if (!absent(run.names.stack(kind))) continue;
    const parameters = STACKS[kind].parameters({
      names: run.names,
      settings,
      network: {},
      outputs: {},
      imageUri: undefined,
    });
    for (const { type, properties } of effectiveResources(templates[kind], parameters)) {
      const name =
        type === "AWS::Logs::LogGroup" && literal(properties.LogGroupName, templates[kind], parameters);
      if (!name || !(await hasGroup(logs, name))) continue;
      found.push(takenGroup(name, run.names.stack(kind)));
    }
  }
  return found;
}

function takenGroup(name: string, stack: string): Found {
  if (isInsightsGroup(name)) {
    return {
      level: "note",
      what: `the log group ${name} is left over from Container Insights; it will be adopted`,
    };
  }
  return {
    level: "problem",
    what: `the log group ${name} already exists, and ${stack} did not create it`,
    next: "delete it and its logs, or deploy under another name with --env",
  };
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
      what: `the keyspace ${keyspace} already exists with ${held}; it will be adopted with all its data`,
    },
  ];
}

async function trail({ account }: Engine): Promise<Found[]> {
  if (!(await account.recordsKeyspaces())) return [];
  return [
    {
      level: "note",
      what: "a CloudTrail trail records Keyspaces data events: every statement costs a little more and is logged",
    },
  ];
}
