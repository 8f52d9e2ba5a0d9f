import type { DeploymentSettings } from "../../domain/deployment/settings.ts";
import { rollOut } from "./deploy.ts";
import type { Engine } from "./engine.ts";
import { DeployError, TO_ANOTHER_IMAGE } from "./errors.ts";
import { Lease } from "./lease.ts";
import { digestOf, goodDigests } from "./outcome.ts";
import type { Architecture } from "./ports.ts";
import type { Deployed } from "./rollout.ts";

export interface RollbackOptions {
  readonly settings: DeploymentSettings;
  readonly wait: boolean;
  /** The image to return to; absent: the last good one that is not running now. */
  readonly digest?: string;
}

/**
 * Returns to the last successfully deployed image, which is still in the registry: nothing is built or pushed, and no
 * migration runs, because a release works with the schema of the next. Tasks get the architecture of the image.
 * @throws DeployError `missing`
 */
export async function rollback(
  engine: Engine,
  { settings, wait, digest }: RollbackOptions,
): Promise<Deployed> {
  const { account, registry, run, stacks } = engine;
  const identity = await account.identity();
  const state = await stacks.describe(run.names.stack("ecs"));
  if (state === undefined) throw notDeployed(run.names.environment);
  return Lease.during({ ...engine, who: identity.arn, doing: "rollback", wait }, async () => {
    const current = digestOf(state.parameters.ImageUri ?? "");
    const good = goodDigests(await registry.images(run.names.repository)).filter((each) => each !== current);
    const target = digest ?? good[0];
    if (target === undefined || (digest !== undefined && !good.includes(digest))) throw nothingGood(digest);
    run.reporter.report({
      event: "note",
      text: `returning from ${current ?? "an unknown image"} to ${target}`,
    });
    // The running image may have another architecture.
    const asked = { ...settings, architecture: await architectureFor(target, settings.architecture, engine) };
    const work = { image: { digest: target }, network: {}, account: identity.account };
    return rollOut(engine, { settings: asked, allowed: [], wait }, work);
  });
}

/** A rollback is urgent, and images rarely change their architecture: one that can't be read stops nothing. */
async function architectureFor(
  digest: string,
  deployed: Architecture,
  { registry, run }: Engine,
): Promise<Architecture> {
  try {
    return (await registry.architectureOf(run.names.repository, digest)) ?? deployed;
  } catch (error) {
    if (!(error instanceof DeployError)) throw error;
    const text = `the image's architecture is unknown, so tasks keep theirs, ${deployed}: ${error.message}`;
    run.reporter.report({ event: "note", text });
    return deployed;
  }
}

export function notDeployed(environment: string): DeployError {
  return new DeployError(
    "missing",
    `nothing is deployed in the environment ${environment}`,
    "deploy it with todos deploy; if it should exist, check --env, --region and --profile",
  );
}

function nothingGood(digest: string | undefined): DeployError {
  return new DeployError(
    "missing",
    digest === undefined
      ? "the registry has no other image that was deployed successfully"
      : `${digest} was never deployed successfully, or is no longer in the registry`,
    TO_ANOTHER_IMAGE,
  );
}
