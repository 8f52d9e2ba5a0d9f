import type { ResourceChange } from "../../domain/deployment/changes.ts";
import { DeployError } from "./errors.ts";
import type { ChangeSetRequest, Refusal, Stacks } from "./ports.ts";
import { minutes, type Run } from "./run.ts";

/** How long CloudFormation may work on a change set, ms. */
const CHANGE_SET_DEADLINE_MS = 10 * 60_000;
/** Most are computed within a few seconds, and a plan waits for five of them. */
const LOOK_MS = 2_000;
const NAME_PREFIX = "todos-";

/** A change set that is ready, or `undefined` if nothing would change. */
export interface Proposed {
  readonly name: string;
  readonly changes: readonly ResourceChange[];
}

/**
 * Creates a change set and waits until CloudFormation has computed it. Deletes one that changes nothing.
 * @throws DeployError `stack` if CloudFormation refuses it
 */
export async function propose(
  request: Omit<ChangeSetRequest, "name" | "description">,
  purpose: string,
  { stacks, run }: { readonly stacks: Stacks; readonly run: Run },
): Promise<Proposed | undefined> {
  const { deployer } = run.parts;
  const name = `${NAME_PREFIX}${purpose}-${run.nextNumber()}-${deployer.id}`;
  const description = `made by todos ${purpose}, run ${deployer.id}`;
  // "name taken": the answer of an earlier try was lost; the name holds this run's own id.
  await stacks.propose({ ...request, name, description });
  const deadline = run.now() + CHANGE_SET_DEADLINE_MS;
  for (let seen = false; ; ) {
    const found = await stacks.changeSet(request.stack, name);
    if (seen && found === undefined) throw takenAway(request.stack);
    seen ||= found !== undefined;
    switch (found?.state) {
      case "ready":
        return { name, changes: found.changes };
      case "empty":
        await discard(request.stack, name, { stacks, run });
        return undefined;
      case undefined:
      case "making":
        break;
      default: {
        // Read before the change set is discarded, because they are deleted with it.
        const refusals = await stacks.refusals(request.stack, name);
        await discard(request.stack, name, { stacks, run });
        throw rejected(request.stack, found?.reason ?? found?.state, refusals);
      }
    }
    if (run.now() > deadline) throw notPrepared(request.stack);
    await run.pause(LOOK_MS);
  }
}

function rejected(stack: string, reason = "", refusals: readonly Refusal[] = []): DeployError {
  const why = refusals
    .map(({ logicalId, type, reason: text }) => `\n  ${logicalId} (${type}): ${text}`)
    .join("");
  return new DeployError(
    "stack",
    `CloudFormation rejected the change to ${stack}:${why || ` ${reason}`}`,
    "fix what it names, then run todos deploy again; this stack was not changed",
  );
}

function notPrepared(stack: string): DeployError {
  return new DeployError(
    "deadline",
    `CloudFormation did not prepare the change to ${stack} within ${minutes(CHANGE_SET_DEADLINE_MS)}`,
    "run todos deploy again; if it keeps failing, check the AWS Health Dashboard",
  );
}

function takenAway(stack: string): DeployError {
  return new DeployError(
    "locked",
    `another deployer has just started to change ${stack}`,
    "wait for it to finish (todos status shows its progress), then run the same command again",
  );
}

/**
 * Deletes a change set once CloudFormation has computed it; before that it can't be deleted.
 * @throws DeployError `deadline`; Interrupted
 */
export async function discard(
  stack: string,
  name: string,
  { stacks, run }: { readonly stacks: Stacks; readonly run: Run },
): Promise<void> {
  const deadline = run.now() + CHANGE_SET_DEADLINE_MS;
  while ((await stacks.discard(stack, name)) === "being made") {
    if (run.now() > deadline) throw notPrepared(stack);
    await run.pause(LOOK_MS);
  }
}

/** Deletes the change sets that killed runs of ours left on a stack. */
export async function discardLeftovers(stack: string, stacks: Stacks, run: Run): Promise<void> {
  for (const { name } of await stacks.changeSets(stack)) {
    if (name.startsWith(NAME_PREFIX) && !name.endsWith(run.parts.deployer.id))
      await discard(stack, name, { stacks, run });
  }
}
