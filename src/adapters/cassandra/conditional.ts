import type { Written } from "../../application/ports.ts";
import { type ErrorCode, TodosError, type Violation } from "../../domain/errors.ts";
import { type Guard, guardHolds } from "../../domain/version.ts";
import { unavailable } from "./failures.ts";
import type { Rounds } from "./rounds.ts";
import { BASELINE_VERSION, EARLIER_WRITE_IDS_MAX, newWriteId, type Stored } from "./rows.ts";
import type { Row } from "./session.ts";

/** How one kind of row is read and replaced. */
export interface Target<T, R> {
  /** @param settled see what every lightweight transaction that has begun comes to */
  read(settled: boolean): Promise<Stored<T> | undefined>;
  /** The row's next state, or why it can't be. */
  next(current: T): T | Violation | undefined;
  /** One try, conditional on the row being as `current` tells. Undefined: nobody knows. */
  attempt(current: Stored<T>, next: T | undefined, sending: Sending): Promise<Row | undefined>;
  result(next: T | undefined): R;
}

/** What is new with each try. */
export interface Sending {
  readonly writeId: string;
  /** It follows an earlier try of the same write. */
  readonly again: boolean;
}

/** A try that has been sent and not answered: nobody knows what became of it. */
interface Undecided<T> {
  readonly before: Stored<T>;
  readonly next: T | undefined;
  readonly writeId: string;
}

/** A statement was not carried out, and said so. */
const NOT_NOW = new Set<ErrorCode>(["store-unavailable", "overloaded"]);

/**
 * Writes a row on the condition that it is still what was read, again and again until it is, or until
 * the guard no longer holds. Of several writers of one version exactly one gets through.
 * @throws TodosError store-unavailable where there is no time left, or nobody knows whether it was written;
 *   overloaded where others were faster each time
 */
export async function writeConditionally<T extends { readonly version: number }, R>(
  target: Target<T, R>,
  guard: Guard,
  rounds: Rounds,
): Promise<Written<R>> {
  let settled = false;
  // All of them: where reads do not settle what is under way, an early one may come true after later ones were sent.
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
      // Before a client is told that it came too late, what it saw has to be certain.
      if (settled) return { outcome: "stale", version: found.value.version };
      settled = true;
      continue;
    }
    const next = target.next(found.value);
    if (next && "pointer" in next) return { outcome: "refused", violation: next };
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

/** Finds out about an undecided write, by a read or another try; where even that is not possible, nobody knows. */
export async function settledBy<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof TodosError && NOT_NOW.has(error.code)) throw unavailable(error, "unknown");
    throw error;
  }
}

/**
 * What became of a try, by the row as it is now: either it shows, or it can't happen any more once another
 * write has been done to the row. Unknown where later writes have covered its traces.
 */
function fateOf<T>(
  { before, next, writeId }: Undecided<T>,
  now: Stored<T> | undefined,
  guard: Guard,
): "applied" | "not applied" | "unknown" {
  // A deletion leaves no trace but that the row is gone. Where that is all that was asked, it is so.
  if (!now) return next === undefined && asksNothing(guard) ? "applied" : "unknown";
  if (now.writeId === writeId || now.earlierWriteIds.includes(writeId)) return "applied";
  // A row that is there was not deleted; one that is marked keeps its version.
  if (next === undefined && !now.removed) return "not applied";
  const writesSince =
    (now.version ?? BASELINE_VERSION) - (before.version ?? BASELINE_VERSION) + (now.removed ? 1 : 0);
  return writesSince > EARLIER_WRITE_IDS_MAX ? "unknown" : "not applied";
}

function asksNothing({ anyOf, noneOf }: Guard): boolean {
  return anyOf === undefined && noneOf === undefined;
}
