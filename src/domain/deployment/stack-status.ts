/**
 * Every status that a CloudFormation stack can have.
 * Source: AWS CloudFormation API Reference, data type Stack, member StackStatus.
 */
export const STACK_STATUSES = [
  "CREATE_COMPLETE",
  "CREATE_FAILED",
  "CREATE_IN_PROGRESS",
  "DELETE_COMPLETE",
  "DELETE_FAILED",
  "DELETE_IN_PROGRESS",
  "IMPORT_COMPLETE",
  "IMPORT_IN_PROGRESS",
  "IMPORT_ROLLBACK_COMPLETE",
  "IMPORT_ROLLBACK_FAILED",
  "IMPORT_ROLLBACK_IN_PROGRESS",
  "REVIEW_IN_PROGRESS",
  "ROLLBACK_COMPLETE",
  "ROLLBACK_FAILED",
  "ROLLBACK_IN_PROGRESS",
  "UPDATE_COMPLETE",
  "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
  "UPDATE_FAILED",
  "UPDATE_IN_PROGRESS",
  "UPDATE_ROLLBACK_COMPLETE",
  "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
  "UPDATE_ROLLBACK_FAILED",
  "UPDATE_ROLLBACK_IN_PROGRESS",
] as const;
export type StackStatus = (typeof STACK_STATUSES)[number];

/**
 * What a deploy does with a stack that it finds:
 * `create`: it does not exist; `take over`: only a change set was ever made for it, which is replaced;
 * `update`: it can be changed; `join`: an operation is in progress, wait for its end and check again;
 * `clean`: it was never completed, or its deletion got stuck: delete what is left, show why, and create;
 * `continue rollback`: nothing else is possible until its rollback ends.
 */
export type StackBehaviour = "create" | "take over" | "update" | "join" | "clean" | "continue rollback";

/** How an operation that ended in this status went; `undefined`: it has not ended. */
export type StackOutcome = "good" | "rolled back" | "failed" | "gone" | undefined;

interface StatusRule {
  readonly behaviour: StackBehaviour;
  readonly outcome: StackOutcome;
}

/** One rule for each status: a status that CloudFormation adds does not compile until it has one. */
const RULES = {
  CREATE_COMPLETE: { behaviour: "update", outcome: "good" },
  CREATE_FAILED: { behaviour: "clean", outcome: "failed" },
  CREATE_IN_PROGRESS: { behaviour: "join", outcome: undefined },
  DELETE_COMPLETE: { behaviour: "create", outcome: "gone" },
  DELETE_FAILED: { behaviour: "clean", outcome: "failed" },
  DELETE_IN_PROGRESS: { behaviour: "join", outcome: undefined },
  IMPORT_COMPLETE: { behaviour: "update", outcome: "good" },
  IMPORT_IN_PROGRESS: { behaviour: "join", outcome: undefined },
  // We use imports only to create stacks, never to extend them: without the import nothing of the stack
  // is left.
  IMPORT_ROLLBACK_COMPLETE: { behaviour: "clean", outcome: "rolled back" },
  IMPORT_ROLLBACK_FAILED: { behaviour: "clean", outcome: "failed" },
  IMPORT_ROLLBACK_IN_PROGRESS: { behaviour: "join", outcome: undefined },
  REVIEW_IN_PROGRESS: { behaviour: "take over", outcome: "gone" },
  ROLLBACK_COMPLETE: { behaviour: "clean", outcome: "rolled back" },
  ROLLBACK_FAILED: { behaviour: "clean", outcome: "failed" },
  ROLLBACK_IN_PROGRESS: { behaviour: "join", outcome: undefined },
  UPDATE_COMPLETE: { behaviour: "update", outcome: "good" },
  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: { behaviour: "join", outcome: undefined },
  // Only if rollback was switched off; such a stack takes another update.
  UPDATE_FAILED: { behaviour: "update", outcome: "failed" },
  UPDATE_IN_PROGRESS: { behaviour: "join", outcome: undefined },
  UPDATE_ROLLBACK_COMPLETE: { behaviour: "update", outcome: "rolled back" },
  UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: { behaviour: "join", outcome: undefined },
  UPDATE_ROLLBACK_FAILED: { behaviour: "continue rollback", outcome: "failed" },
  UPDATE_ROLLBACK_IN_PROGRESS: { behaviour: "join", outcome: undefined },
} as const satisfies Readonly<Record<StackStatus, StatusRule>>;

/** @param status undefined: there is no such stack */
export function behaviourOf(status: StackStatus | undefined): StackBehaviour {
  return status === undefined ? "create" : RULES[status].behaviour;
}

export function outcomeOf(status: StackStatus): StackOutcome {
  return RULES[status].outcome;
}

/** @throws RangeError for a status that did not exist when this was written */
export function stackStatus(text: string | undefined): StackStatus {
  const found = STACK_STATUSES.find((status) => status === text);
  if (found === undefined) throw new RangeError(`CloudFormation returned an unknown stack status: ${text}`);
  return found;
}
