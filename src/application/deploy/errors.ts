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

/** The user interrupted, and said how to continue; at a question, to leave. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";

  constructor(readonly wish: "detach" | "roll back" | "leave") {
    super(`interrupted: ${wish}`);
  }
}
