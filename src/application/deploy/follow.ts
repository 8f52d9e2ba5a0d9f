import { resourceUsualMs } from "../../domain/deployment/durations.ts";
import { outcomeOf, type StackStatus, stackStatus } from "../../domain/deployment/stack-status.ts";
import { DeployError } from "./errors.ts";
import type { StackEvent, Stacks } from "./ports.ts";
import { minutes, type Run } from "./run.ts";

/**
 * After this many checks without an event the status is trusted: 30 s, longer than CloudFormation answers from old
 * copies.
 */
const QUIET_LOOKS_MAX = 6;
/** CloudFormation limits calls: without events the status is read only now and then. */
const LOOKS_BETWEEN_STATUSES = 3;

export interface Followed {
  readonly status: StackStatus;
  /** The first failure, for people; the cause of all later ones. */
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly logicalId: string;
  readonly type: string;
  readonly reason: string;
}

export interface FollowParts {
  readonly stacks: Stacks;
  readonly run: Run;
  /** Name of the stack, for people. */
  readonly stack: string;
  /** Its id: a deleted stack is found only by it. */
  readonly id: string;
  /** The newest event before the operation began; undefined: all events belong to it. */
  readonly after: string | undefined;
  readonly deadlineMs: number;
  /** Called at every check: the tasks of a service fail long before its stack does. */
  watch?(events: readonly StackEvent[]): Promise<void>;
}

/**
 * Shows a stack's events as they come until its operation has ended. Its end is an event of the stack itself: the
 * status alone may be the old one, because CloudFormation answers from copies.
 * @throws DeployError `deadline`; Interrupted
 */
export async function followStack(parts: FollowParts): Promise<Followed> {
  const { stacks, run, stack, id } = parts;
  const begun = new Map<string, number>();
  const failures: Failure[] = [];
  const deadline = run.now() + parts.deadlineMs;
  let last = parts.after;
  let quietLooks = 0;
  for (;;) {
    const events = await stacks.events(id, last);
    for (const event of events) {
      show(event, stack, begun, run);
      if (event.status.endsWith("_FAILED") && event.reason !== undefined && !isEcho(event)) {
        failures.push({ logicalId: event.logicalId, type: event.type, reason: event.reason });
      }
    }
    last = events.at(-1)?.id ?? last;
    await parts.watch?.(events);
    quietLooks = events.length === 0 ? quietLooks + 1 : 0;
    const ofStack = events.findLast((event) => event.ofStack);
    const end = ofStack && hasEnded(ofStack.status) ? ofStack : await endWithoutEvent(parts, quietLooks);
    if (end) return { status: stackStatus(end.status), failures };
    if (run.now() > deadline) throw pastDeadline(stack, parts.deadlineMs);
    await run.pause();
  }
}

function hasEnded(status: string): boolean {
  return outcomeOf(stackStatus(status)) !== undefined;
}

/**
 * A deleted stack has no events under its name any more, and a deployer that joins late
 * missed the last one. A status that has ended may be from before the operation, though, for a while.
 */
async function endWithoutEvent(
  { stacks, id, after }: FollowParts,
  quietLooks: number,
): Promise<{ readonly status: string } | undefined> {
  if (quietLooks === 0 || quietLooks % LOOKS_BETWEEN_STATUSES !== 0) return undefined;
  const state = await stacks.describe(id);
  if (state === undefined) return { status: "DELETE_COMPLETE" };
  const settled = after === undefined || quietLooks > QUIET_LOOKS_MAX;
  return settled && hasEnded(state.status) ? state : undefined;
}

/** CloudFormation also marks as failed what it cancelled because something else failed. */
function isEcho({ reason, ofStack }: StackEvent): boolean {
  return ofStack || /^Resource (?:creation|update) cancelled/i.test(reason ?? "");
}

function show(event: StackEvent, stack: string, begun: Map<string, number>, run: Run): void {
  if (event.ofStack) return;
  const { logicalId, type, status, reason, at } = event;
  if (!begun.has(logicalId)) begun.set(logicalId, at);
  run.reporter.report({
    event: "resource",
    stack,
    logicalId,
    type,
    status,
    ...(reason !== undefined && { reason }),
    at,
    elapsedMs: at - (begun.get(logicalId) ?? at),
    usualMs: resourceUsualMs(type),
  });
}

function pastDeadline(stack: string, deadlineMs: number): DeployError {
  return new DeployError(
    "deadline",
    `${stack} was not done within ${minutes(deadlineMs)}; CloudFormation continues`,
    "todos status shows its progress; todos deploy waits for it and continues",
  );
}

export function failureText(failures: readonly Failure[]): string {
  const [first] = failures;
  return first ? `${first.logicalId} (${first.type}): ${first.reason}` : "CloudFormation gave no reason";
}
