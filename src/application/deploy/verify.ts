import { unintendedDrift } from "../../domain/deployment/drift.ts";
import type { DeploymentSettings } from "../../domain/deployment/settings.ts";
import { outcomeOf } from "../../domain/deployment/stack-status.ts";
import { STACK_KINDS } from "../../domain/deployment/stacks.ts";
import { lastPartOf } from "../../lib/arn.ts";
import { counted } from "../../lib/words.ts";
import { accountsInForce } from "./accounts-in-force.ts";
import type { Engine } from "./engine.ts";
import { DeployError } from "./errors.ts";
import type { Finding } from "./events.ts";
import { digestOf } from "./outcome.ts";
import { outputsOf } from "./planning.ts";
import { preflight } from "./preflight.ts";
import { placeOf, servicePartsOf } from "./rollout.ts";
import { smokeTasks } from "./smoke.ts";
import { type EnvironmentStatus, status } from "./status.ts";

/**
 * Before a deploy: everything that would stop one. After it: what was changed outside the stacks, whether
 * every task runs the image that the stack names, and the smoke test of each.
 * @throws DeployError `verify`, `smoke`
 */
export async function verify(engine: Engine, settings: DeploymentSettings): Promise<void> {
  const { run } = engine;
  const { states } = await preflight(engine, settings);
  const state = states.get(run.names.stack("ecs"));
  if (state === undefined || outcomeOf(state.status) === "gone") {
    run.reporter.report({
      event: "finding",
      level: "fine",
      what: "ready for todos deploy",
    });
    return;
  }
  const found = [...(await drifts(engine)), ...(await service(engine, settings))];
  for (const finding of found) run.reporter.report({ event: "finding", ...finding });
  const outputs = outputsOf(engine, states);
  const parts = servicePartsOf(engine, outputs);
  const arns = await engine.tasks.list(parts.cluster, { service: parts.service, status: "RUNNING" });
  const tasks = await engine.tasks.describe(parts.cluster, arns);
  // Each verify checks again; an earlier one does not count.
  const smoked = {
    deployment: `verify ${run.parts.deployer.id}`,
    // What runs, and not what the next deploy would make of it.
    hasAccounts: accountsInForce(engine, states, {}),
  };
  await smokeTasks(tasks, smoked, placeOf(engine, outputs), engine);
  run.reporter.report({
    event: "finding",
    level: "fine",
    what: `${counted(tasks.length, "task")} passed the smoke test`,
  });
  const problems = found.filter(({ level }) => level === "problem");
  if (problems.length === 0) return;
  throw new DeployError(
    "verify",
    "the deployment has problems",
    "fix the problems above, then run todos verify again",
  );
}

async function drifts({ run, stacks }: Engine): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const kind of STACK_KINDS) {
    const stack = run.names.stack(kind);
    const drifted = await stacks.drifts(stack, (ms) => run.pause(ms));
    for (const { logicalId, type, state, differences } of drifted.flatMap(
      (each) => unintendedDrift(each) ?? [],
    )) {
      const how = differences
        .map(({ path, expected, actual }) => `${path} is ${actual}, not ${expected}`)
        .join("; ");
      found.push({
        level: "problem",
        what: `${logicalId} (${type}) of ${stack} was ${state} outside its stack${how === "" ? "" : `: ${how}`}`,
        next:
          state === "deleted"
            ? "create it again by hand, or delete the stack with todos destroy"
            : "undo the change by hand: todos deploy does not change it, because the stack's template has not changed",
      });
    }
  }
  return found.length > 0 ? found : [{ level: "fine", what: "nothing was changed outside the stacks" }];
}

async function service(engine: Engine, settings: DeploymentSettings): Promise<Finding[]> {
  const found = await status(engine, settings);
  const wrong = wrongTasks(found);
  if (wrong.length > 0) return wrong;
  if (found.healthy)
    return [{ level: "fine", what: `every task runs ${found.digest} and the deployment is complete` }];
  return [{ level: "problem", what: "the deployment is not complete", next: "todos status shows it" }];
}

function wrongTasks({ tasks, digest }: EnvironmentStatus): Finding[] {
  return tasks
    .filter(({ imageDigest }) => imageDigest !== digest)
    .map(({ arn, imageDigest }) => ({
      level: "problem" as const,
      what: `task ${lastPartOf(arn)} runs ${imageDigest ?? "an unknown image"}, but the stack says ${digestOf(`@${digest}`) ?? digest}`,
      next: "run todos deploy to replace it",
    }));
}
