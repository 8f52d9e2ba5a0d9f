import type { Written } from "../../application/ports.ts";
import { TodosError, type Violation } from "../../domain/errors.ts";
import { type Guard, guardHolds } from "../../domain/version.ts";
import { unavailable } from "./failures.ts";
import { BASELINE_VERSION, EARLIER_WRITE_IDS_MAX, newWriteId, type Stored } from "./rows.ts";
import type { Row } from "./session.ts";

/** How one kind of row is read and replaced. */
export interface Target<T, R> {
  /** @param settled see what every lightweight transaction that has begun comes to */
  read(settled: boolean): Promise<Stored<T> | undefined>;
  /** The row's next state, or why it can't be. */
  next(current: T): T | Violation | undefined;
  /** One try, conditional on the row being as `current` tells. Undefined: nobody knows. */
  attempt(current: Stored<T>, next: T | undefined, writeId: string): Promise<Row | undefined>;
  result(next: T | undefined): R;
}

/** One try that has been sent. */
interface Try<T> {
  readonly before: Stored<T>;
  readonly next: T | undefined;
  readonly writeId: string;
  /** No answer: nobody knows what became of it. */
  readonly undecided: boolean;
}

/**
 * Writes a row on the condition that it is still what was read, again and again until it is, or until
 * the guard no longer holds. Of several writers of one version exactly one gets through.
 * @param latest time of `performance.now()` after which nothing is sent any more
 * @throws TodosError store-unavailable past that, or where nobody knows whether it was written
 */
export async function writeConditionally<T extends { readonly version: number }, R>(
  target: Target<T, R>,
  guard: Guard,
  latest: number,
): Promise<Written<R>> {
  let settled = false;
  let undecided = false;
  let last: Try<T> | undefined;
  while (performance.now() < latest) {
    const current: Stored<T> | undefined = await (undecided
      ? settledBy(() => target.read(true))
      : target.read(settled));
    const fate = last && fateOf(last, current);
    if (last && fate === "applied") return { outcome: "written", row: target.result(last.next) };
    if (fate === "unknown") throw unavailable(undefined, "unknown");
    if (!current) return { outcome: "missing" };
    if (!guardHolds(guard, current.value.version)) {
      // Before a client is told that it came too late, what it saw has to be certain.
      if (settled) return { outcome: "stale", version: current.value.version };
      settled = true;
      continue;
    }
    const next = target.next(current.value);
    if (next && "pointer" in next) return { outcome: "refused", violation: next };
    const writeId = newWriteId();
    const answer = await target.attempt(current, next, writeId);
    if (answer?.["[applied]"] === true) return { outcome: "written", row: target.result(next) };
    last = { before: current, next, writeId, undecided: answer === undefined };
    undecided ||= last.undecided;
    settled = true;
  }
  throw unavailable(undefined, undecided ? "unknown" : "not done");
}

/** Reads what became of an undecided write; where even that is not possible, nobody knows. */
export async function settledBy<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof TodosError && error.code === "store-unavailable")
      throw unavailable(error, "unknown");
    throw error;
  }
}

/**
 * What became of a try, by the row as it is now. The read has settled it: either it shows, or it can't
 * happen any more once another write has been done to the row. Unknown where later writes have covered its traces.
 */
function fateOf<T>(sent: Try<T>, now: Stored<T> | undefined): "applied" | "not applied" | "unknown" {
  if (now && (now.writeId === sent.writeId || now.earlierWriteIds.includes(sent.writeId))) return "applied";
  if (!sent.undecided) return "not applied";
  if (!now) return sent.next === undefined ? "applied" : "unknown";
  const writesSince = (now.version ?? BASELINE_VERSION) - (sent.before.version ?? BASELINE_VERSION);
  return writesSince > EARLIER_WRITE_IDS_MAX && sent.next !== undefined ? "unknown" : "not applied";
}
