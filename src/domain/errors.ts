/** Errors that a user of the service can cause; any other error is a bug. */
export const ERROR_CODES = [
  "malformed-request",
  "unauthenticated",
  "second-factor-required",
  "forbidden",
  "not-found",
  "method-not-allowed",
  "not-acceptable",
  "request-timeout",
  "conflict",
  "idempotency-in-progress",
  "too-many-checklists",
  "out-of-order",
  "precondition-failed",
  "content-too-large",
  "misdirected-request",
  "unsupported-media-type",
  "validation-failed",
  "idempotency-key-reused",
  "precondition-required",
  "too-many-requests",
  "overloaded",
  "read-only",
  "store-unavailable",
  "provider-unavailable",
  "store-damaged",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** One thing wrong with one member of the input; `pointer` is a JSON Pointer (RFC 6901) into it. */
export interface Violation {
  readonly pointer: string;
  readonly detail: string;
}

export interface ErrorFacts {
  readonly violations?: readonly Violation[];
  /** Seconds after which trying again makes sense. */
  readonly retryAfterS?: number;
  /** True if it is unknown whether the write happened. */
  readonly undecided?: boolean;
  readonly cause?: unknown;
}

/** The one error type for what a user can cause. `message` is written for that user. */
export class TodosError extends Error {
  override readonly name = "TodosError";
  readonly violations: readonly Violation[];
  readonly retryAfterS: number | undefined;
  readonly undecided: boolean;

  constructor(
    readonly code: ErrorCode,
    message: string,
    facts: ErrorFacts = {},
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.violations = facts.violations ?? [];
    this.retryAfterS = facts.retryAfterS;
    this.undecided = facts.undecided ?? false;
  }
}

/** @throws TodosError always, `validation-failed` */
export function refuse(violations: readonly Violation[]): never {
  const many = violations.length > 1 ? ` (and ${violations.length - 1} more)` : "";
  throw new TodosError("validation-failed", `${violations[0]?.detail ?? "is not allowed"}${many}`, {
    violations,
  });
}
