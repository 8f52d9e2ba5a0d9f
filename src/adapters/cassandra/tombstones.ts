import { errors, types } from "cassandra-driver";
import { TodosError } from "../../domain/errors.ts";

/** A node gave up on reading past too many deleted rows (`tombstone_failure_threshold`). Another attempt fails too. */
export class TombstonesError extends TodosError {
  constructor(cause: unknown) {
    super(
      "store-unavailable",
      "The store gave up reading past recently deleted rows; nothing was changed. Try again in a moment.",
      { cause, retryAfterS: 2 },
    );
  }
}

/** The driver's protocol does not say why a read failed; on a healthy node this is the only reason. */
export function mayBeOfTombstones(error: unknown): boolean {
  return error instanceof errors.ResponseError && error.code === types.responseErrorCodes.readFailure;
}

/** A node read past more of them than its warning threshold (`tombstone_warn_threshold`). */
export function warnsOfTombstones(warnings: readonly string[] | undefined): boolean {
  return warnings?.some((warning) => /tombstone/i.test(warning)) ?? false;
}
