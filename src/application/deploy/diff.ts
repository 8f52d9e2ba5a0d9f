import { changesAnything } from "../../domain/deployment/plan.ts";
import { type DeployOptions, planInputs } from "./deploy.ts";
import type { Engine } from "./engine.ts";
import { makePlan } from "./planning.ts";
import { preflight } from "./preflight.ts";

/**
 * What a deploy would change, as a plan. Change sets are created for it and deleted; nothing else is touched.
 * @returns whether anything would change
 */
export async function diff(engine: Engine, options: DeployOptions): Promise<boolean> {
  const { settings } = options;
  const { identity, network } = await preflight(engine, settings);
  const { digest, bytes } = await engine.images.build(settings.architecture);
  engine.run.reporter.report({ event: "image", digest, bytes, architecture: settings.architecture });
  const work = { image: { digest }, network, account: identity.account };
  const plan = await makePlan(engine, await planInputs(engine, options, work), "diff");
  return changesAnything(Object.values(plan));
}
