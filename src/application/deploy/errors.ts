/** Why a deployment command could not do what it was asked. */
export type DeployErrorCode =
  | "credentials"
  | "region"
  | "denied"
  | "throttled"
  | "unreachable"
  | "refused"
  | "verify"
  | "image"
  | "stack"
  | "task"
  | "service"
  | "smoke"
  | "locked"
  | "session"
  | "port"
  | "deadline"
  | "missing"
  | "declined";

/** `message` says what happened and why; `advice` says what to do next. */
export class DeployError extends Error {
  override readonly name = "DeployError";

  constructor(
    readonly code: DeployErrorCode,
    message: string,
    readonly advice: string,
    facts: { readonly cause?: unknown } = {},
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
  }
}

/** An older binary's deploy runs its `migrate`, which refuses a newer schema; a rollback runs none. */
export const TO_ANOTHER_IMAGE =
  "todos rollback --to DIGEST returns to an image that todos status lists, and runs no migration; todos deploy --binary FILE deploys another binary, and fails if the schema has migrations that this binary does not know";

/** The user interrupted, and said how to continue; at a question, to leave. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";

  constructor(readonly wish: "detach" | "roll back" | "leave") {
    super(`interrupted: ${wish}`);
  }
}
