/**
 * A store, or a file that should be one, can't be used as asked, and an operator can put it right.
 * `message` is for that operator: what happened, why, and what to do. Commands print it and end with 1.
 */
export class StoreOpenError extends Error {
  override readonly name = "StoreOpenError";

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}
