import type { StackPlan } from "../../domain/deployment/changes.ts";
import { type CostLine, monthlyCosts, monthlyTotal } from "../../domain/deployment/cost.ts";
import {
  FIRST_MIGRATION_USUAL_MS,
  MIGRATION_USUAL_MS,
  stackUsualMs,
  TASK_USUAL_MS,
} from "../../domain/deployment/durations.ts";
import type { NetworkFacts } from "../../domain/deployment/network-facts.ts";
import { changesAnything, dataLosses, lossSentence } from "../../domain/deployment/plan.ts";
import type { DeploymentSettings } from "../../domain/deployment/settings.ts";
import { behaviourOf } from "../../domain/deployment/stack-status.ts";
import { STACK_KINDS, STACKS, type StackKind, type StackOutputs } from "../../domain/deployment/stacks.ts";
import {
  creations,
  effectiveResources,
  type Parameters,
  type TemplateResource,
} from "../../domain/deployment/template.ts";
import { adoptions } from "./adopt.ts";
import { discard, discardLeftovers, propose } from "./change-set.ts";
import type { Engine } from "./engine.ts";
import { DeployError } from "./errors.ts";
import { inForce } from "./in-force.ts";
import type { StackState } from "./ports.ts";
import type { StackStates } from "./preflight.ts";

const ZONES = 2;

export interface PlanInputs {
  readonly settings: DeploymentSettings;
  readonly network: NetworkFacts;
  readonly states: StackStates;
  readonly imageUri: string;
  /** When this deploy began, as in RFC 3339. */
  readonly at: string;
  /** Logical ids of resources that may be replaced or removed although they contain data. */
  readonly allowed: readonly string[];
}

/** By kind, so that each is at hand when its turn comes. */
export type DeploymentPlan = Readonly<Record<StackKind, StackPlan>>;

/**
 * The planned changes of each stack, property by property. Reports them, with cost and duration.
 * @throws DeployError `refused` if data would be lost; `stack` if CloudFormation refuses a change
 */
export async function makePlan(
  engine: Engine,
  inputs: PlanInputs,
  purpose: "deploy" | "diff",
): Promise<DeploymentPlan> {
  const plans: StackPlan[] = [];
  for (const kind of STACK_KINDS) plans.push(await planStack(kind, engine, inputs, purpose));
  const costs = costsOf(engine, inputs);
  engine.run.reporter.report({
    event: "plan",
    stacks: plans,
    costs,
    monthlyUsd: monthlyTotal(costs),
    usualMs: usualMsOf(plans),
  });
  const losses = dataLosses(plans, inputs.allowed);
  if (losses.length > 0) {
    const names = losses.map(({ logicalId }) => `--allow-replace ${logicalId}`).join(" ");
    throw new DeployError(
      "refused",
      `this would lose data:\n${losses.map((loss) => `  ${lossSentence(loss)}`).join("\n")}`,
      `nothing was changed; if you have a copy and want this, add ${names}`,
    );
  }
  return Object.fromEntries(plans.map((plan) => [plan.kind, plan])) as unknown as DeploymentPlan;
}

async function planStack(
  kind: StackKind,
  engine: Engine,
  inputs: PlanInputs,
  purpose: "deploy" | "diff",
): Promise<StackPlan> {
  const { run, stacks, templates } = engine;
  const stack = run.names.stack(kind);
  const state = inputs.states.get(stack);
  const parameters = parametersFor(kind, engine, inputs, expectedOutputs(engine, inputs));
  const template = templates[kind];
  if (state === undefined || behaviourOf(state.status) !== "update") {
    const adopted = await adoptions(template, parameters, engine);
    const changes = creations(template, parameters).map((change) =>
      adopted.some(({ logicalId }) => logicalId === change.logicalId)
        ? { ...change, action: "import" as const }
        : change,
    );
    return { kind, stack, action: adopted.length > 0 ? "adopt" : "create", basis: "template", changes };
  }
  if (purpose === "deploy") await discardLeftovers(stack, stacks, run);
  const { tags } = inputs.settings;
  const proposed = await propose(
    { stack, type: "UPDATE", template, parameters, tags, previous: state },
    purpose,
    engine,
  );
  if (proposed === undefined) return { kind, stack, action: "none", basis: "change set", changes: [] };
  await discard(stack, proposed.name, engine);
  return { kind, stack, action: "update", basis: "change set", changes: proposed.changes };
}

/** Parameters of a stack by what is known now. */
export function parametersFor(
  kind: StackKind,
  { run }: { readonly run: Pick<Engine["run"], "names"> },
  { settings, network, imageUri, states, at }: CostInputs & Partial<Pick<PlanInputs, "at">>,
  outputs: StackOutputs,
): Parameters {
  const { names } = run;
  const before = states.get(names.stack(kind))?.parameters;
  const facts = { names, settings, network, outputs, imageUri };
  return STACKS[kind].parameters({ ...facts, ...(before && { before }), ...(at !== undefined && { at }) });
}

/** Outputs of the existing stacks. */
export function outputsOf({ run }: Pick<Engine, "run">, states: StackStates): StackOutputs {
  const found = STACK_KINDS.map((kind) => [kind, states.get(run.names.stack(kind))?.outputs] as const);
  return Object.fromEntries(found.filter(([, outputs]) => outputs !== undefined));
}

/** Outputs as the later stacks will see them, as far as known: our own network keeps its outputs. */
function expectedOutputs(engine: Engine, { states, settings }: PlanInputs): StackOutputs {
  const outputs = outputsOf(engine, states);
  if (settings.network === undefined || outputs.network === undefined) return outputs;
  return { ...outputs, network: { ...outputs.network, SubnetIds: settings.network.subnets.join(",") } };
}

function usualMsOf(plans: readonly StackPlan[]): number {
  if (!changesAnything(plans)) return 0;
  const stacks = plans.reduce((sum, { changes }) => sum + stackUsualMs(changes.map(({ type }) => type)), 0);
  // In addition: the push, the migration, the smoke test.
  return stacks + 2 * TASK_USUAL_MS + migrationUsualMs(plans);
}

/** A keyspace that is made in the same deploy has everything before it. */
export function migrationUsualMs(plans: readonly StackPlan[]): number {
  const isFirst = plans.some(({ kind, action }) => kind === "keyspaces" && action === "create");
  return isFirst ? FIRST_MIGRATION_USUAL_MS : MIGRATION_USUAL_MS;
}

interface CostParts {
  readonly run: Pick<Engine["run"], "names">;
  readonly templates: Pick<Engine["templates"], "network" | "ecs">;
}

type CostInputs = Omit<PlanInputs, "allowed" | "at">;

/** What runs after the deploy, a month. */
export function costsOf(engine: CostParts, inputs: CostInputs): CostLine[] {
  const { run, templates } = engine;
  const { settings, states } = inputs;
  const value = (name: string, asked: string | undefined) =>
    Number(inForce(engine, states, "ecs", name, asked));
  const resources = (kind: "network" | "ecs") => {
    const state: StackState | undefined = states.get(run.names.stack(kind));
    const known = {
      ...state?.parameters,
      ...defined(parametersFor(kind, engine, inputs, {})),
    };
    return effectiveResources(templates[kind], known);
  };
  const interfaces = resources("network").filter(
    ({ type, properties }) => type === "AWS::EC2::VPCEndpoint" && properties.VpcEndpointType === "Interface",
  );
  const ofService = resources("ecs");
  const count = (wanted: string) => ofService.filter(({ type }) => type === wanted).length;
  return monthlyCosts({
    architecture: settings.architecture,
    taskCpu: value("TaskCpu", settings.taskCpu),
    taskMemory: value("TaskMemory", settings.taskMemory),
    tasks: value("MinTasks", settings.minTasks),
    zones: ZONES,
    interfaceEndpoints: interfaces.length,
    alarmMetrics: ofService.reduce((sum, resource) => sum + alarmMetricsOf(resource), 0),
    scalingPolicies: count("AWS::ApplicationAutoScaling::ScalingPolicy"),
    metricFilters: count("AWS::Logs::MetricFilter"),
  });
}

/** An alarm on an expression uses each metric in it. */
function alarmMetricsOf({ type, properties }: TemplateResource): number {
  if (type !== "AWS::CloudWatch::Alarm") return 0;
  const { Metrics } = properties;
  return Array.isArray(Metrics) ? Metrics.filter((each) => "MetricStat" in each).length : 1;
}

function defined(parameters: Parameters): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
