import { TodosError } from "../domain/errors.ts";
import { rewritten, type Trashed } from "../domain/trash.ts";
import { type Guard, guardHolds } from "../domain/version.ts";
import {
  type Answer,
  type Awaitable,
  type Clock,
  type Created,
  type Grant,
  IDEMPOTENCY_KEPT_MS,
  type IdempotencyRequest,
  type Ids,
  type PlannedRestoration,
  type Receipt,
  type RestorationReceipt,
  type Restored,
} from "./ports.ts";
import type { Keys } from "./store.ts";
import { notFound, rowWritten } from "./written.ts";

/** A request that clients may retry with the same key, and how to answer it once the row is there. */
export interface Keyed<T> extends IdempotencyRequest {
  answerFor(row: T): Answer;
}

/** The answer that the first request with a key got. */
interface Replay {
  readonly outcome: "replayed";
  readonly answer: Answer;
}

/** A new row, or the first answer. */
export type Creation<T> = { readonly outcome: "created"; readonly row: T } | Replay;
/** A row from the trash, or the first answer. */
export type Restoration<T> = { readonly outcome: "restored"; readonly row: T } | Replay;

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

/** One row in the trash. */
interface Restorer<T> {
  find(): Awaitable<Trashed<T> | undefined>;
  restore(guard: Guard, receipt?: RestorationReceipt): Promise<Restored<T>>;
  /** For people. */
  readonly what: string;
}

interface Deps {
  readonly store: Keys;
  readonly ids: Ids;
  readonly clock: Clock;
}

/**
 * Creates a row, at most once per key. The answer is rendered before the write, so that a store can
 * record row and answer together.
 */
export async function create<T>(deps: Deps, maker: Maker<T>, keyed?: Keyed<T>): Promise<Creation<T>> {
  if (!keyed) {
    const built = maker.build(deps.ids.next(), deps.clock.now());
    const row = built instanceof Promise ? await built : built;
    return settle(await maker.insert(row), row, maker);
  }
  return underKey(deps, keyed, async (grant) => {
    const row = await maker.build(grant.id, grant.at);
    const receipt = receiptFor(keyed, keyed.answerFor(row), grant);
    return async () => settle(await maker.insert(row, receipt), row, maker);
  });
}

/** Restores a row from the trash, at most once per key. Its answer is known before: only the version changes. */
export async function restore<T extends { readonly version: number }>(
  deps: Deps,
  trash: Restorer<T>,
  guard: Guard,
  keyed?: Keyed<T>,
): Promise<Restoration<T>> {
  if (!keyed) return restored(await trash.restore(guard), trash.what);
  return underKey(deps, keyed, async (grant) => {
    const { forVersion, answer } = grant.planned ?? (await plannedRestoration(trash, guard, keyed));
    const receipt = { ...receiptFor(keyed, answer, grant), id: grant.id, forVersion };
    return async () => {
      const end = await trash.restore({ anyOf: [forVersion] }, receipt);
      // It has been restored since it was read, and is in the trash again at best.
      if (end.outcome === "stale") throw notFound(trash.what);
      return restored(end, trash.what);
    };
  });
}

/** @throws TodosError not-found, precondition-failed */
async function plannedRestoration<T extends { readonly version: number }>(
  { find, what }: Restorer<T>,
  guard: Guard,
  keyed: Keyed<T>,
): Promise<PlannedRestoration> {
  const entry = await find();
  if (!entry) throw notFound(what);
  const { version } = entry.row;
  if (!guardHolds(guard, version)) rowWritten({ outcome: "stale", version }, what);
  return { forVersion: version, answer: keyed.answerFor(rewritten(entry.row)) };
}

function restored<T>(end: Restored<T>, what: string): Restoration<T> {
  if (end.outcome === "answered") return { outcome: "replayed", answer: end.answer };
  if (end.outcome === "other-body") throw otherBody();
  return { outcome: "restored", row: rowWritten(end, what) };
}

/**
 * Does something at most once per key. The key is freed if certainly nothing was done; otherwise it stays taken with its
 * id, so that a retry can't do it a second time.
 * @param prepare until it has resolved, nothing is done; what it resolves with does it
 */
async function underKey<R>(
  { store, ids, clock }: Deps,
  keyed: IdempotencyRequest,
  prepare: (grant: Grant) => Promise<() => Promise<R>>,
): Promise<R | Replay> {
  const claim = await store.claimKey(keyed, ids.next(), clock.now());
  if (claim.outcome === "answered") return { outcome: "replayed", answer: claim.answer };
  if (claim.outcome === "other-body") throw otherBody();
  if (claim.outcome === "in-progress") throw inProgress(claim.retryAfterMs);
  let sent = false;
  try {
    const send = await prepare(claim);
    sent = true;
    return await send();
  } catch (error) {
    if (!sent || madeNothing(error)) await release(store, keyed, claim.owner);
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

function receiptFor(
  { scope, key, fingerprint }: IdempotencyRequest,
  answer: Answer,
  { at, owner, made = false }: Grant,
): Receipt {
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
