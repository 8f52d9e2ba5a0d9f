import { errors, types } from "cassandra-driver";
import { TodosError } from "../../domain/errors.ts";
import type { Rules } from "./flavour.ts";

const { consistencies, responseErrorCodes: codes } = types;

/** Native protocol v4; the driver has no name for it. */
const FUNCTION_FAILURE = 0x1400;

/** Codes that mean that a node has not started, but may do so later. */
const REFUSED = new Set<number>([codes.unavailableException, codes.overloaded, codes.isBootstrapping]);
/** Codes that mean that a node will never do it: the statement is wrong, or not allowed. */
const FAULTS = new Set<number>([
  codes.protocolError,
  codes.badCredentials,
  codes.truncateError,
  FUNCTION_FAILURE,
  codes.syntaxError,
  codes.unauthorized,
  codes.invalid,
  codes.configError,
  codes.alreadyExists,
  codes.unprepared,
]);

/** What a failed statement means. */
export type Failure =
  /** It was not executed. */
  | "refused"
  /** It is unknown whether it was executed. */
  | "undecided"
  /** It can never be executed: a bug of ours. */
  | "fault";

/**
 * Every other code may come after the write, above all the server error 0x0000, which Amazon Keyspaces returns
 * while a partition is split: the outcome is unknown. Source: native_protocol_v5.spec, section 9.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof errors.NoHostAvailableError) return noHostFailure(error, failureOf);
  if (error instanceof errors.BusyConnectionError) return "refused";
  if (error instanceof errors.OperationTimedOutError) return "undecided";
  if (error instanceof errors.ResponseError) {
    if (REFUSED.has(error.code)) return "refused";
    return FAULTS.has(error.code) ? "fault" : "undecided";
  }
  // A connection that broke with a request on it.
  return isSocketError(error) ? "undecided" : "fault";
}

/**
 * What a failed lightweight transaction means. Too few nodes at its start means that nothing was done; too few
 * at its end, when the decision is written, means that it may have been decided. An overloaded node may report
 * that at both, and does not say at which.
 */
export function failureOfTransaction(error: unknown): Failure {
  if (error instanceof errors.NoHostAvailableError) return noHostFailure(error, failureOfTransaction);
  if (!(error instanceof errors.ResponseError)) return failureOf(error);
  if (error.code === codes.overloaded) return "undecided";
  if (error.code !== codes.unavailableException) return failureOf(error);
  const { consistencies: at } = error as { consistencies?: unknown };
  return at === consistencies.localSerial || at === consistencies.serial ? "refused" : "undecided";
}

/** Codes that mean that a service without nodes is over its capacity. */
const THROTTLING = new Set<number>([codes.readTimeout, codes.writeTimeout, codes.overloaded]);

/** Whether the store's capacity was exceeded; only some services report that by timeouts. */
export function isThrottling(error: unknown, { throttlesByTimeout }: Rules): boolean {
  return throttlesByTimeout && error instanceof errors.ResponseError && THROTTLING.has(error.code);
}

/** The request may have reached one of the earlier nodes. */
function noHostFailure(error: errors.NoHostAvailableError, of: (inner: unknown) => Failure): Failure {
  const inner: readonly unknown[] = Object.values(error.innerErrors ?? {});
  return inner.some((each) => of(each) === "undecided") ? "undecided" : "refused";
}

function isSocketError(error: unknown): boolean {
  return (
    error instanceof Error &&
    ("code" in error ? typeof error.code === "string" : /socket|connection/i.test(error.message))
  );
}

/** A statement failed because of the store's capacity, not its nodes. */
export class ThrottledError extends Error {
  override readonly name = "ThrottledError";
}

/** The error for a client if the store could not do it. */
export function unavailable(cause: unknown, known: "not done" | "unknown"): TodosError {
  const throttled = isThrottled(cause);
  const why = throttled
    ? "The store is throttled: requests exceed its capacity"
    : "Too few of the store's nodes can be reached";
  const message =
    known === "not done"
      ? `${why}; nothing was changed.`
      : `${throttled ? `${why}, and it` : "The store"} did not report in time whether the change was made. Read before you repeat it.`;
  return new TodosError("store-unavailable", message, {
    cause,
    retryAfterS: 2,
    undecided: known === "unknown",
  });
}

function isThrottled(cause: unknown): boolean {
  return cause instanceof ThrottledError || (cause instanceof Error && isThrottled(cause.cause));
}
