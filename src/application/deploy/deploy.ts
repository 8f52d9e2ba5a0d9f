import type { NetworkFacts } from "../../domain/deployment/network-facts.ts";
import { changesAnything } from "../../domain/deployment/plan.ts";
import type { DeploymentSettings } from "../../domain/deployment/settings.ts";
import { behaviourOf } from "../../domain/deployment/stack-status.ts";
import { STACKS } from "../../domain/deployment/stacks.ts";
import { type StackWork, settleStack } from "./apply-stack.ts";
import type { Engine } from "./engine.ts";
import { DeployError, Interrupted } from "./errors.ts";
import { Lease } from "./lease.ts";
import { makePlan, outputsOf, type PlanInputs } from "./planning.ts";
import { preflight, type StackStates, stackStates } from "./preflight.ts";
import { type Deployed, type ImageSource, Rollout, servicePartsOf } from "./rollout.ts";
import { ServiceWatch } from "./service.ts";

export interface DeployOptions {
  readonly settings: DeploymentSettings;
  readonly allowed: readonly string[];
  /** Whether to wait for another deployer, or exit. */
  readonly wait: boolean;
}

/**
 * The eight steps. All state is in AWS: each step checks what exists, so the next run, from any machine, finishes one
 * that was killed anywhere.
 * @throws DeployError if it did not succeed; Interrupted if the user left
 */
export async function deploy(engine: Engine, options: DeployOptions): Promise<Deployed> {
  engine.run.step("verify");
  const { settings } = options;
  const { identity, network } = await preflight(engine, settings);
  const lease = { ...engine, who: identity.arn, doing: "deploy", wait: options.wait };
  return Lease.during(lease, async () => {
    engine.run.step("image");
    const local = await engine.images.build(settings.architecture);
    const { digest, bytes } = local;
    engine.run.reporter.report({ event: "image", digest, bytes, architecture: settings.architecture });
    return rollOut(engine, options, { image: { digest, local }, network, account: identity.account });
  });
}

export interface RolloutWork {
  readonly image: ImageSource;
  readonly network: NetworkFacts;
  readonly account: string;
}

/** Steps 3 to 8, for an image whose digest is known. The caller holds the lease. */
export async function rollOut(engine: Engine, options: DeployOptions, what: RolloutWork): Promise<Deployed> {
  engine.run.step("plan");
  const inputs = await planInputs(engine, options, what);
  const plan = await makePlan(engine, inputs, "deploy");
  const changed = changesAnything(Object.values(plan));
  if (changed) await confirm(engine);
  const rollout = new Rollout(engine, what.image, plan, inputs);
  try {
    return await rollout.carryOut();
  } catch (error) {
    if (error instanceof Interrupted && error.wish === "roll back") await rollout.undo();
    throw error;
  }
}

/** Operations in progress must end first: a stack that is being changed can't be planned. */
export async function planInputs(
  engine: Engine,
  { settings, allowed }: DeployOptions,
  { image: { digest }, network, account }: RolloutWork,
): Promise<PlanInputs> {
  const { run, stacks } = engine;
  let states = await stackStates(engine);
  for (const [stack, state] of states) {
    const behaviour = behaviourOf(state?.status);
    if (state && (behaviour === "join" || behaviour === "continue rollback")) {
      await settleStack(state, STACKS.ecs.deadlineMs, { stacks, run }, watchOf(stack, engine, states));
      states = await stackStates(engine);
    }
    if (behaviour === "take over")
      run.reporter.report({ event: "note", text: `${stack} exists only as a change set; replacing it` });
  }
  // The network stack keeps its parameters, unless a network is named again; facts about the region count
  // only until it exists.
  const isThere = behaviourOf(states.get(run.names.stack("network"))?.status) === "update";
  const registryUri = outputsOf(engine, states).registry?.RepositoryUri ?? expectedUri(engine, account);
  const facts = isThere && settings.network === undefined ? {} : network;
  const at = new Date(run.now()).toISOString();
  return { settings, allowed, network: facts, states, imageUri: `${registryUri}@${digest}`, at };
}

/** A service that another run left during its change is handled like our own. */
function watchOf(stack: string, engine: Engine, states: StackStates): StackWork["watch"] {
  const outputs = outputsOf(engine, states);
  if (stack !== engine.run.names.stack("ecs") || outputs.cluster?.ClusterName === undefined) return undefined;
  const watch = new ServiceWatch(servicePartsOf(engine, outputs));
  return (events) => watch.look(events);
}

/** The repository's future address; the plan is made before it exists. */
function expectedUri({ account: { region }, run }: Engine, account: string): string {
  return `${account}.dkr.ecr.${region}.amazonaws.com/${run.names.repository}`;
}

async function confirm(engine: Engine): Promise<void> {
  engine.run.step("confirm");
  const { run } = engine;
  const answer = await run.confirm(`Apply these changes to the environment ${run.names.environment}?`);
  if (answer === true) return;
  throw answer === undefined
    ? new DeployError(
        "declined",
        "the plan needs confirmation, but there is no terminal",
        "review it with todos diff, then deploy with --yes",
      )
    : new DeployError(
        "declined",
        "the plan was not confirmed; nothing was changed",
        "to see the plan again, run todos diff",
      );
}
