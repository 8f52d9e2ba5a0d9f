import { TodosError } from "../domain/errors.ts";
import {
  type Answer,
  type Clock,
  type Created,
  type Grant,
  IDEMPOTENCY_KEPT_MS,
  type IdempotencyRequest,
  type IdempotencyStore,
  type Ids,
  type Receipt,
} from "./ports.ts";

/** A creation that may be asked for again with the same key, and how to answer it for the row made. */
export interface Keyed<T> extends IdempotencyRequest {
  answerFor(row: T): Answer;
}

/** A row made now, or what the first request with this key was answered. */
export type Creation<T> =
  | { readonly outcome: "created"; readonly row: T }
  | { readonly outcome: "replayed"; readonly answer: Answer };

interface Maker<T> {
  /** Builds the row from an id and a time, milliseconds since the Unix epoch. @throws TodosError */
  build(id: string, at: number): T;
  insert(row: T, receipt?: Receipt): Promise<Created>;
  /** Thrown where the row's parent does not exist. */
  missing(): TodosError;
}

interface Deps {
  readonly store: IdempotencyStore;
  readonly ids: Ids;
  readonly clock: Clock;
}

/**
 * Creates a row, at most once per key. The answer is rendered before the write, so that a store can
 * record row and answer together. A key is freed where it is certain that nothing was made; otherwise it stays
 * taken with its id, so that a retry can't make a second row.
 */
export async function create<T>(deps: Deps, maker: Maker<T>, keyed?: Keyed<T>): Promise<Creation<T>> {
  if (!keyed) {
    const row = maker.build(deps.ids.next(), deps.clock.now());
    return settle(await maker.insert(row), row, maker);
  }
  const claim = await deps.store.claimKey(keyed, deps.ids.next(), deps.clock.now());
  if (claim.outcome === "answered") return { outcome: "replayed", answer: claim.answer };
  if (claim.outcome === "other-body") throw otherBody();
  if (claim.outcome === "in-progress") throw inProgress(claim.retryAfterMs);
  let sent = false;
  try {
    const row = maker.build(claim.id, claim.at);
    const receipt = receiptFor(keyed, row, claim);
    sent = true;
    return settle(await maker.insert(row, receipt), row, maker);
  } catch (error) {
    if (!sent || madeNothing(error)) await release(deps.store, keyed, claim.owner);
    throw error;
  }
}

/** Of an error that is not one of ours nobody knows what the store had done before. */
function madeNothing(error: unknown): boolean {
  return error instanceof TodosError && !error.undecided;
}

/** What the request failed of is what the client is told; a key that can't be freed is taken over when its lease ends. */
async function release(store: IdempotencyStore, request: IdempotencyRequest, owner: string): Promise<void> {
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
    "This Idempotency-Key was used before with another body; use a new key for a new request.",
  );
}

function inProgress(retryAfterMs: number): TodosError {
  return new TodosError(
    "idempotency-in-progress",
    "A request with this Idempotency-Key is still being worked on; try again shortly.",
    { retryAfterS: Math.max(1, Math.ceil(retryAfterMs / 1_000)) },
  );
}
