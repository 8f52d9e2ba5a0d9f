import { errors, types } from "cassandra-driver";
import { TodosError } from "../../domain/errors.ts";
import type { Rules } from "./flavour.ts";

const { consistencies, responseErrorCodes: codes } = types;

/** Native protocol v4; the driver has no name for it. */
const FUNCTION_FAILURE = 0x1400;

/** Codes with which a node says that it has not begun, and that it may do so another time. */
const REFUSED = new Set<number>([codes.unavailableException, codes.overloaded, codes.isBootstrapping]);
/** Codes with which a node says that it will never do that: the statement is wrong, or not allowed. */
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

/** What a failed statement tells. */
export type Failure =
  /** It was not carried out. */
  | "refused"
  /** Nobody knows whether it was carried out. */
  | "undecided"
  /** It can't be carried out at all: a fault of ours. */
  | "fault";

/**
 * Every other code may come after the write, above all the server error 0x0000, which Amazon Keyspaces gives while
 * a partition is split: nobody knows. Source: native_protocol_v5.spec, section 9.
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
 * What a failed lightweight transaction tells. Too few nodes at the start of one means that nothing was
 * done; too few at its end, when the decision is to be written, that it may have been decided. A node that has
 * too much to do may say so at both, and does not say at which.
 */
export function failureOfTransaction(error: unknown): Failure {
  if (error instanceof errors.NoHostAvailableError) return noHostFailure(error, failureOfTransaction);
  if (!(error instanceof errors.ResponseError)) return failureOf(error);
  if (error.code === codes.overloaded) return "undecided";
  if (error.code !== codes.unavailableException) return failureOf(error);
  const { consistencies: at } = error as { consistencies?: unknown };
  return at === consistencies.localSerial || at === consistencies.serial ? "refused" : "undecided";
}

/** Codes by which a service without nodes tells that it is asked for too much. */
const THROTTLING = new Set<number>([codes.readTimeout, codes.writeTimeout, codes.overloaded]);

/** Whether it is the store's capacity that was not enough; only some services tell that by timeouts. */
export function isThrottling(error: unknown, { throttlesByTimeout }: Rules): boolean {
  return throttlesByTimeout && error instanceof errors.ResponseError && THROTTLING.has(error.code);
}

/** The request may have reached one of the nodes tried before the last was given up. */
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

/** A statement failed for want of the store's capacity, and not of its nodes. */
export class ThrottledError extends Error {
  override readonly name = "ThrottledError";
}

/** What a client is told where the store could not do it. */
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
