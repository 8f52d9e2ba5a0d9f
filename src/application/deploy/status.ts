import { type CostLine, monthlyTotal } from "../../domain/deployment/cost.ts";
import type { DeploymentSettings } from "../../domain/deployment/settings.ts";
import { STACK_KINDS } from "../../domain/deployment/stacks.ts";
import type { Engine } from "./engine.ts";
import { digestOf, goodDigests } from "./outcome.ts";
import { costsOf, outputsOf } from "./planning.ts";
import type { ServiceState, StackState, TaskState } from "./ports.ts";
import { stackStates } from "./preflight.ts";
import { notDeployed } from "./rollback.ts";

export interface EnvironmentStatus {
  readonly environment: string;
  readonly region: string;
  readonly account: string;
  readonly stacks: readonly { readonly stack: string; readonly status: string; readonly reason?: string }[];
  readonly digest: string | undefined;
  /** ImageMaker that a rollback can return to, the last good one first. */
  readonly goodDigests: readonly string[];
  readonly url: string | undefined;
  readonly service: ServiceState | undefined;
  readonly tasks: readonly TaskState[];
  readonly endpoints: readonly { readonly name: string; readonly id: string; readonly status: string }[];
  readonly costs: readonly CostLine[];
  readonly monthlyUsd: number;
  /** Whether everything is as it should be. */
  readonly healthy: boolean;
}

/** The resources of an environment and their health. @throws DeployError `missing` if there are none */
export async function status(engine: Engine, settings: DeploymentSettings): Promise<EnvironmentStatus> {
  const { account, registry, run, services, stacks, tasks } = engine;
  const identity = await account.identity();
  const states = await stackStates(engine);
  const there = [...states.values()].filter((state): state is StackState => state !== undefined);
  if (there.length === 0) throw notDeployed(run.names.environment);
  const outputs = outputsOf(engine, states);
  const cluster = outputs.cluster?.ClusterName;
  const name = run.names.service;
  const service = cluster === undefined ? undefined : await services.service(cluster, name);
  const arns =
    cluster === undefined || service === undefined
      ? []
      : await tasks.list(cluster, { service: name, status: "RUNNING" });
  const running = cluster === undefined || arns.length === 0 ? [] : await tasks.describe(cluster, arns);
  const imageUri = states.get(run.names.stack("ecs"))?.parameters.ImageUri ?? "";
  const resources = await stacks.resources(run.names.stack("network"));
  const costs = costsOf(engine, { settings, network: {}, states, imageUri });
  const digest = digestOf(imageUri);
  return {
    environment: run.names.environment,
    region: account.region,
    account: identity.account,
    stacks: STACK_KINDS.map((kind) => stackLine(run.names.stack(kind), states.get(run.names.stack(kind)))),
    digest,
    goodDigests: goodDigests(await registry.images(run.names.repository)),
    url: outputs.ecs?.PrivateUrl,
    service,
    tasks: running,
    endpoints: resources
      .filter(({ type }) => type === "AWS::EC2::VPCEndpoint")
      .map(({ logicalId, physicalId, status: state }) => ({
        name: logicalId,
        id: physicalId,
        status: state,
      })),
    costs,
    monthlyUsd: monthlyTotal(costs),
    healthy: there.length === STACK_KINDS.length && isHealthy(there, service, running, digest),
  };
}

function stackLine(stack: string, state: StackState | undefined) {
  return {
    stack,
    status: state?.status ?? "NONE",
    ...(state?.reason !== undefined && { reason: state.reason }),
  };
}

function isHealthy(
  states: readonly StackState[],
  service: ServiceState | undefined,
  tasks: readonly TaskState[],
  digest: string | undefined,
): boolean {
  const settled = states.every(({ status: each }) =>
    /^(?:CREATE|UPDATE|IMPORT|UPDATE_ROLLBACK)_COMPLETE$/.test(each),
  );
  const complete = service?.deployments.length === 1 && service.deployments[0]?.rollout === "COMPLETED";
  const running = service !== undefined && tasks.length > 0 && service.running >= service.desired;
  const ours = tasks.every(({ imageDigest, health }) => imageDigest === digest && health !== "UNHEALTHY");
  return settled && complete && running && ours;
}
