/**
 * A store, or a file that should be one, can't be used, and an operator can fix that.
 * `message` is for that operator: what happened, why, and what to do. Commands print it and exit with 1.
 */
export class StoreOpenError extends Error {
  override readonly name = "StoreOpenError";

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}
