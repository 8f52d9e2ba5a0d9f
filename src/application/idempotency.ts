import { TodosError } from "../domain/errors.ts";
import {
  type Answer,
  type Awaitable,
  type Clock,
  type Created,
  type Grant,
  IDEMPOTENCY_KEPT_MS,
  type IdempotencyRequest,
  type Ids,
  type Receipt,
} from "./ports.ts";
import type { Keys } from "./store.ts";

/** A creation that clients may retry with the same key, and how to answer it once the row exists. */
export interface Keyed<T> extends IdempotencyRequest {
  answerFor(row: T): Answer;
}

/** A new row, or the answer that the first request with this key got. */
export type Creation<T> =
  | { readonly outcome: "created"; readonly row: T }
  | { readonly outcome: "replayed"; readonly answer: Answer };

interface Maker<T> {
  /**
   * Builds the row from an id and a time, milliseconds since the Unix epoch. With a key, an earlier request may have
   * created it already: it must be the same row then.
   * @throws TodosError
   */
  build(id: string, at: number): Awaitable<T>;
  insert(row: T, receipt?: Receipt): Promise<Created>;
  /** Thrown if the row's parent does not exist. */
  missing(): TodosError;
}

interface Deps {
  readonly store: Keys;
  readonly ids: Ids;
  readonly clock: Clock;
}

/**
 * Creates a row, at most once per key. The answer is rendered before the write, so that a store can
 * record row and answer together. The key is freed if certainly nothing was created; otherwise it stays
 * taken with its id, so that a retry can't create a second row.
 */
export async function create<T>(deps: Deps, maker: Maker<T>, keyed?: Keyed<T>): Promise<Creation<T>> {
  if (!keyed) {
    const built = maker.build(deps.ids.next(), deps.clock.now());
    const row = built instanceof Promise ? await built : built;
    return settle(await maker.insert(row), row, maker);
  }
  const claim = await deps.store.claimKey(keyed, deps.ids.next(), deps.clock.now());
  if (claim.outcome === "answered") return { outcome: "replayed", answer: claim.answer };
  if (claim.outcome === "other-body") throw otherBody();
  if (claim.outcome === "in-progress") throw inProgress(claim.retryAfterMs);
  let sent = false;
  try {
    const row = await maker.build(claim.id, claim.at);
    const receipt = receiptFor(keyed, row, claim);
    sent = true;
    return settle(await maker.insert(row, receipt), row, maker);
  } catch (error) {
    if (!sent || madeNothing(error)) await release(deps.store, keyed, claim.owner);
    throw error;
  }
}

/** After an unexpected error, what the store has done is unknown. */
function madeNothing(error: unknown): boolean {
  return error instanceof TodosError && !error.undecided;
}

/** The client gets the request's own error; a key that can't be freed is taken over when its lease ends. */
async function release(store: Keys, request: IdempotencyRequest, owner: string): Promise<void> {
  try {
    await store.releaseKey(request, owner);
  } catch (error) {
    if (!(error instanceof TodosError)) throw error;
  }
}

function receiptFor<T>(keyed: Keyed<T>, row: T, { at, owner, made = false }: Grant): Receipt {
  const { scope, key, fingerprint } = keyed;
  const answer = keyed.answerFor(row);
  return { scope, key, fingerprint, answer, expiresAt: at + IDEMPOTENCY_KEPT_MS, owner, made };
}

function settle<T>(created: Created, row: T, maker: Maker<T>): Creation<T> {
  switch (created.outcome) {
    case "created":
      return { outcome: "created", row };
    case "answered":
      return { outcome: "replayed", answer: created.answer };
    case "other-body":
      throw otherBody();
    case "missing":
      throw maker.missing();
  }
}

function otherBody(): TodosError {
  return new TodosError(
    "idempotency-key-reused",
    "This Idempotency-Key was used before with a different body. Use a new key for a new request.",
  );
}

function inProgress(retryAfterMs: number): TodosError {
  return new TodosError(
    "idempotency-in-progress",
    "A request with this Idempotency-Key is still in progress. Try again shortly.",
    { retryAfterS: Math.max(1, Math.ceil(retryAfterMs / 1_000)) },
  );
}
