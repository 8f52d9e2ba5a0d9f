import type { Written } from "../../application/ports.ts";
import { type ErrorCode, TodosError, type Violation } from "../../domain/errors.ts";
import { type Guard, guardHolds } from "../../domain/version.ts";
import { unavailable } from "./failures.ts";
import type { Rounds } from "./rounds.ts";
import { BASELINE_VERSION, EARLIER_WRITE_IDS_MAX, newWriteId, type Stored } from "./rows.ts";
import type { Row } from "./session.ts";

/** Ends the attempts without a write: something else has to be done first. */
export interface Stopped<S> {
  readonly stopped: S;
}

/** How one kind of row is read and replaced. */
export interface Target<T, R, S = never> {
  /** @param settled also see the result of every lightweight transaction that has begun */
  read(settled: boolean): Promise<Stored<T> | undefined>;
  /** The row's next state, or why it can't be. */
  next(current: T, stored: Stored<T>): T | Violation | Stopped<S> | undefined;
  /** One attempt, on the condition that the row is as in `current`. Undefined: the outcome is unknown. */
  attempt(current: Stored<T>, next: T | undefined, sending: Sending): Promise<Row | undefined>;
  result(next: T | undefined): R;
}

/** What is new with each attempt. */
export interface Sending {
  readonly writeId: string;
  /** It follows an earlier attempt of the same write. */
  readonly again: boolean;
}

/** An attempt that was sent and not answered: its outcome is unknown. */
interface Undecided<T> {
  readonly before: Stored<T>;
  readonly next: T | undefined;
  readonly writeId: string;
}

/** A statement was not executed, and the node said so. */
const NOT_NOW = new Set<ErrorCode>(["store-unavailable", "overloaded"]);

/**
 * Writes a row on the condition that it has not changed since it was read, and repeats that until it succeeds or the
 * guard no longer holds. Of several writers of one version exactly one succeeds.
 * @throws TodosError store-unavailable if there is no time left, or it is unknown whether it was written; overloaded if
 * other writers came first each time
 */
export async function writeConditionally<T extends { readonly version: number }, R, S = never>(
  target: Target<T, R, S>,
  guard: Guard,
  rounds: Rounds,
): Promise<Written<R> | S> {
  let settled = false;
  // All of them: if reads do not settle transactions in progress, an early one may be applied after later ones were
  // sent.
  const undecided: Undecided<T>[] = [];
  while (await rounds.begin()) {
    const found = await (undecided.length > 0 ? settledBy(() => target.read(true)) : target.read(settled));
    const applied = undecided.find((sent) => fateOf(sent, found, guard) === "applied");
    if (applied) return { outcome: "written", row: target.result(applied.next) };
    if (undecided.some((sent) => fateOf(sent, found, guard) === "unknown")) {
      throw unavailable(undefined, "unknown");
    }
    if (!found || found.removed) return { outcome: "missing" };
    if (!guardHolds(guard, found.value.version)) {
      // Before a client gets 412, the row's version must be certain.
      if (settled) return { outcome: "stale", version: found.value.version };
      settled = true;
      continue;
    }
    const next = target.next(found.value, found);
    if (next && "pointer" in next) return { outcome: "refused", violation: next };
    if (next && "stopped" in next) return next.stopped;
    if (!rounds.mayTry(undecided.length > 0)) break;
    const writeId = newWriteId();
    const attempt = () => target.attempt(found, next, { writeId, again: rounds.again });
    const answer = await (undecided.length > 0 ? settledBy(attempt) : attempt());
    if (answer?.["[applied]"] === true) return { outcome: "written", row: target.result(next) };
    if (!answer) undecided.push({ before: found, next, writeId });
    settled = true;
  }
  throw rounds.end(undecided.length > 0);
}

/** The next state of a change that must have one. */
export function required<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError("a change has no next state");
  return value;
}

/** Resolves an undecided write by a read or another attempt; if even that is not possible, the outcome is unknown. */
export async function settledBy<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof TodosError && NOT_NOW.has(error.code)) throw unavailable(error, "unknown");
    throw error;
  }
}

/**
 * The outcome of an attempt, from the current row: either it shows, or it can no longer happen once another write has
 * been made to the row. Unknown if too many later writes were made.
 */
function fateOf<T>(
  { before, next, writeId }: Undecided<T>,
  now: Stored<T> | undefined,
  guard: Guard,
): "applied" | "not applied" | "unknown" {
  // A deletion leaves no trace except that the row is gone. If that is all that was asked, it counts as done.
  if (!now) return next === undefined && asksNothing(guard) ? "applied" : "unknown";
  if (now.writeId === writeId || now.earlierWriteIds.includes(writeId)) return "applied";
  // A row that exists was not deleted; a marked one keeps its version.
  if (next === undefined && !now.removed) return "not applied";
  const writesSince =
    (now.version ?? BASELINE_VERSION) - (before.version ?? BASELINE_VERSION) + (now.removed ? 1 : 0);
  return writesSince > EARLIER_WRITE_IDS_MAX ? "unknown" : "not applied";
}

function asksNothing({ anyOf, noneOf }: Guard): boolean {
  return anyOf === undefined && noneOf === undefined;
}
