import type { ResourceChange, StackPlan } from "../../domain/deployment/changes.ts";
import { stackUsualMs } from "../../domain/deployment/durations.ts";
import { unconfirmedChanges } from "../../domain/deployment/plan.ts";
import { behaviourOf, outcomeOf } from "../../domain/deployment/stack-status.ts";
import { STACKS } from "../../domain/deployment/stacks.ts";
import { type Parameters, reducedTo, type Template } from "../../domain/deployment/template.ts";
import { adoptions } from "./adopt.ts";
import { discard, type Proposed, propose } from "./change-set.ts";
import { DeployError, Interrupted } from "./errors.ts";
import { type Followed, type FollowParts, failureText, followStack } from "./follow.ts";
import type { ImportedResource, Keyspaces, Logs, StackEvent, StackState, Stacks } from "./ports.ts";
import type { Run } from "./run.ts";

/** Rounds that bring a stack from one state to the next; each does something, and none is repeated. */
const ROUNDS_MAX = 12;
const STALE_LOOKS_MAX = 10;

export interface ApplyParts {
  readonly stacks: Stacks;
  readonly keyspaces: Keyspaces;
  readonly logs: Logs;
  readonly run: Run;
}

export interface StackWork {
  readonly plan: StackPlan;
  readonly template: Template;
  readonly parameters: Parameters;
  readonly tags: Readonly<Record<string, string>>;
  /** Whether a failed creation may be tried again: not if the same image would fail again. */
  readonly retryable?: (followed: Followed) => boolean;
  watch?(events: readonly StackEvent[]): Promise<void>;
  /** The watched stack is deleted and created again. */
  watchAgain?(): void;
}

/**
 * Brings one stack to what the plan says, from any state.
 * @returns its state, with its outputs
 * @throws DeployError `stack` if that is impossible; Interrupted if the user wants to stop
 */
export async function applyStack(work: StackWork, parts: ApplyParts): Promise<StackState> {
  const { stacks, run } = parts;
  const { stack } = work.plan;
  let createdAgain = false;
  let continued = false;
  let beaten: string | undefined;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const state = await stacks.describe(stack);
    const behaviour = behaviourOf(state?.status);
    if (behaviour === "join" && state)
      await settleStack(state, STACKS[work.plan.kind].deadlineMs, parts, work.watch);
    else if (behaviour === "clean" && state) {
      if (createdAgain) throw stackFailed(stack, state.status, beaten ?? state.reason ?? "");
      createdAgain = true;
      await clean(state, work, parts);
    } else if (behaviour === "continue rollback" && state) {
      if (continued) throw stuck(stack, state);
      continued = true;
      await continueRollback(state, STACKS[work.plan.kind].deadlineMs, parts);
    } else {
      const change = await nextChange(state, work, parts);
      if (change === undefined) return settled(state, stack);
      const followed = await carryOut(change, state, work, parts);
      const outcome = outcomeOf(followed.status);
      if (outcome === "good" && change.type !== "IMPORT") return describeAs(followed, stack, parts);
      // After an import, an update applies the whole template.
      if (outcome === "good") continue;
      beaten = failureText(followed.failures);
      const again = change.type === "CREATE" && !createdAgain && (work.retryable?.(followed) ?? true);
      if (!again) throw stackFailed(stack, followed.status, beaten);
      tell(run, stack, followed.status, `creation failed: ${beaten}; cleaning up and trying once more`);
      work.watchAgain?.();
    }
  }
  throw new DeployError(
    "stack",
    `${stack} keeps being changed by someone else`,
    "find out who is changing it (CloudTrail records every call), then run todos deploy again",
  );
}

/** The stack with the outputs of its change: for a while CloudFormation may still describe the old state. */
async function describeAs(
  { status }: Followed,
  stack: string,
  { stacks, run }: ApplyParts,
): Promise<StackState> {
  for (let look = 0; look < STALE_LOOKS_MAX; look++) {
    const state = await stacks.describe(stack);
    if (state?.status === status) return state;
    await run.pause();
  }
  return settled(await stacks.describe(stack), stack);
}

interface Change extends Proposed {
  readonly type: "CREATE" | "UPDATE" | "IMPORT";
}

/** The next change set; undefined: the stack is up to date. */
async function nextChange(
  state: StackState | undefined,
  work: StackWork,
  parts: ApplyParts,
): Promise<Change | undefined> {
  const { plan, template, parameters, tags } = work;
  const exists = state !== undefined && behaviourOf(state.status) === "update";
  const found = exists ? [] : await adoptions(template, parameters, parts);
  const importing: readonly ImportedResource[] = found;
  const type = exists ? "UPDATE" : importing.length > 0 ? "IMPORT" : "CREATE";
  const proposed = await propose(
    {
      stack: plan.stack,
      type,
      template: type === "IMPORT" ? onlyOf(template, importing) : template,
      parameters,
      tags,
      ...(exists && state && { previous: state }),
      ...(type === "IMPORT" && { importing }),
    },
    `deploy-${type.toLowerCase()}`,
    parts,
  );
  if (proposed === undefined) return undefined;
  await confirmAgain(plan, proposed, type, parts);
  return { ...proposed, type };
}

function onlyOf(template: Template, importing: readonly ImportedResource[]): Template {
  const logicalIds = importing.map(({ logicalId }) => logicalId);
  return { ...template, text: reducedTo(template, logicalIds) };
}

/** A change set that does more than what was confirmed is shown and must be confirmed again. */
async function confirmAgain(
  plan: StackPlan,
  { changes, name }: Proposed,
  type: Change["type"],
  { run, stacks }: ApplyParts,
): Promise<void> {
  const extra = type === "IMPORT" ? [] : unconfirmedChanges(plan, changes);
  if (extra.length === 0) return;
  run.reporter.report({
    event: "note",
    text: `${plan.stack}: CloudFormation would make changes that the plan did not show:\n${extra.map(changeLine).join("\n")}`,
  });
  // --yes does not answer this: it agreed to the plan only.
  const answer = await run.parts.questions.confirm(`Apply these changes to ${plan.stack} as well?`);
  if (answer === true) return;
  await discard(plan.stack, name, { stacks, run });
  throw new DeployError(
    "refused",
    `the change to ${plan.stack} does more than the confirmed plan, so it was not applied`,
    "review it with todos diff, then run todos deploy again",
  );
}

function changeLine({ action, logicalId, type, replacement }: ResourceChange): string {
  return `  ${action} ${logicalId} (${type})${replacement === "no" ? "" : `, replacement: ${replacement}`}`;
}

async function carryOut(
  change: Change,
  state: StackState | undefined,
  work: StackWork,
  { stacks, run }: ApplyParts,
): Promise<Followed> {
  const { stack, kind } = work.plan;
  const usualMs = stackUsualMs(change.changes.map(({ type }) => type));
  // A deleted stack of this name has its own events, found only by its id.
  const before = await stacks.describe(stack);
  const after = before && (await stacks.events(before.id, undefined)).at(-1)?.id;
  run.check();
  await stacks.execute(stack, change.name, run.token(`${stack} ${change.name}`));
  tell(run, stack, before?.status ?? "NONE", changeWords[change.type], usualMs);
  const parts = {
    stacks,
    run,
    stack,
    id: before?.id ?? state?.id ?? stack,
    after,
    deadlineMs: STACKS[kind].deadlineMs,
    ...(work.watch && { watch: work.watch }),
  };
  try {
    const followed = await followStack(parts);
    tell(run, stack, followed.status, endText(followed));
    return followed;
  } catch (error) {
    if (error instanceof Interrupted && error.wish === "roll back") await rollBack(change.type, parts);
    throw error;
  }
}

/** The failure was shown with its reason when it happened. */
function endText({ status, failures: [first] }: Followed): string {
  const outcome = outcomeOf(status);
  if (outcome === "good") return "done";
  const end = outcome === "rolled back" ? "rolled back" : `ended as ${status}`;
  return first ? `${end}, because ${first.logicalId} (${first.type}) failed` : end;
}

const changeWords = {
  CREATE: "creating",
  UPDATE: "updating",
  IMPORT: "adopting what exists",
};

/** Undoes the operation in progress, and waits for the end. */
async function rollBack(type: Change["type"], parts: FollowParts): Promise<void> {
  const { stacks, run, stack, id } = parts;
  run.ignoreInterrupts();
  const text = type === "CREATE" ? "deleting it again" : "rolling back";
  if (type === "UPDATE") await stacks.cancelUpdate(id, run.token(`cancel ${stack}`));
  if (type === "CREATE") await stacks.delete(id, run.token(`undo ${stack}`));
  tell(run, stack, "NONE", text);
  const kept = new Set<string>();
  const watch = async (events: readonly StackEvent[]): Promise<void> => {
    for (const { status, logicalId } of events) if (status === "DELETE_SKIPPED") kept.add(logicalId);
  };
  const { status } = await followStack({ ...parts, watch });
  tell(run, stack, status, kept.size === 0 ? "restored to its previous state" : keptText([...kept]));
}

/** Resources with data stay when their stack is deleted, even one that was never complete. */
function keptText(kept: readonly string[]): string {
  return `deleted, except what holds data: ${kept.join(", ")} stay, and the next todos deploy adopts them`;
}

/**
 * Brings a stack that is in progress, or stuck in its rollback, to a state in which it can be changed.
 * @throws DeployError `stack` if its rollback must not be continued
 */
export async function settleStack(
  state: StackState,
  deadlineMs: number,
  parts: Pick<ApplyParts, "stacks" | "run">,
  watch?: StackWork["watch"],
): Promise<void> {
  const behaviour = behaviourOf(state.status);
  if (behaviour === "continue rollback") return continueRollback(state, deadlineMs, parts);
  tell(parts.run, state.stack, state.status, "an operation is already in progress; waiting for it");
  const { stack, id } = state;
  const joined = { ...parts, stack, id, after: undefined, deadlineMs, ...(watch && { watch }) };
  const followed = await followStack(joined);
  tell(parts.run, stack, followed.status, endText(followed));
}

/** Deletes what a failed creation left behind, and shows why it failed. */
async function clean(state: StackState, { plan }: StackWork, { stacks, run }: ApplyParts): Promise<void> {
  const history = await stacks.events(state.id, undefined);
  const root = history.find(
    ({ status, reason, ofStack }) => !ofStack && status.endsWith("_FAILED") && reason,
  );
  const why = root ? `${root.logicalId} (${root.type}): ${root.reason}` : (state.reason ?? "no reason given");
  tell(run, plan.stack, state.status, `an earlier attempt failed: ${why}; deleting its leftovers`);
  await deleteStack(state, plan.kind, { stacks, run });
}

/** @throws DeployError `stack` if a part of it can't be deleted */
export async function deleteStack(
  state: StackState,
  kind: StackPlan["kind"],
  { stacks, run }: Pick<ApplyParts, "stacks" | "run">,
): Promise<void> {
  const after = (await stacks.events(state.id, undefined)).at(-1)?.id;
  await stacks.delete(state.id, run.token(`delete ${state.id} ${after}`));
  const { status, failures } = await followStack({
    stacks,
    run,
    stack: state.stack,
    id: state.id,
    after,
    deadlineMs: STACKS[kind].deadlineMs,
  });
  if (outcomeOf(status) === "gone") return tell(run, state.stack, status, "deleted");
  throw new DeployError(
    "stack",
    `${state.stack} could not be deleted: ${failureText(failures)}`,
    "delete what it names by hand (usually something that still uses it), then run the same command again",
  );
}

async function continueRollback(
  state: StackState,
  deadlineMs: number,
  { stacks, run }: Pick<ApplyParts, "stacks" | "run">,
): Promise<void> {
  const { stack, id } = state;
  tell(
    run,
    stack,
    state.status,
    `an update failed, and so did its rollback: ${state.reason ?? "no reason given"}`,
  );
  const question = `${stack} cannot be changed until its rollback is complete. Continue the rollback?`;
  if ((await run.confirm(question)) !== true) throw stuck(stack, state);
  const after = (await stacks.events(id, undefined)).at(-1)?.id;
  await stacks.continueRollback(id, run.token(`continue ${after}`));
  const { status } = await followStack({ stacks, run, stack, id, after, deadlineMs });
  tell(run, stack, status, outcomeOf(status) === "rolled back" ? "rolled back" : "the rollback failed again");
}

function settled(state: StackState | undefined, stack: string): StackState {
  if (state) return state;
  throw new DeployError(
    "stack",
    `${stack} does not exist, and no change would create it`,
    "this is a bug in todos; please report it",
  );
}

function stackFailed(stack: string, status: string, why: string): DeployError {
  const rolledBack = status.includes("ROLLBACK") ? "; CloudFormation rolled it back" : "";
  return new DeployError(
    "stack",
    `${stack} ended as ${status}: ${why}${rolledBack}`,
    "fix the cause, then run todos deploy again: it continues from there",
  );
}

function stuck(stack: string, { status, reason }: StackState): DeployError {
  return new DeployError(
    "stack",
    `${stack} is ${status}${reason ? `: ${reason}` : ""}`,
    "fix what made the rollback fail (todos status shows it), then run todos deploy again and continue the rollback",
  );
}

function tell(
  run: Run,
  stack: string,
  status: StackState["status"] | "NONE",
  text: string,
  usualMs?: number,
): void {
  run.reporter.report({ event: "stack", stack, status, text, ...(usualMs !== undefined && { usualMs }) });
}
