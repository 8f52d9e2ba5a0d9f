import { settledBy } from "./conditional.ts";
import { unavailable } from "./failures.ts";
import type { Row } from "./session.ts";

/**
 * Inserts a row whose id nobody else can have, by a lightweight transaction. One that timed out is settled
 * by reading; one that found the row there was settled by an earlier attempt of the same request.
 * @param attempt one try; undefined: nobody knows
 * @param exists whether the row is there, with every transaction under way settled
 * @param latest time of `performance.now()` after which nothing is sent any more
 * @returns whether this call made it
 */
export async function insertedOnce(
  attempt: () => Promise<Row | undefined>,
  exists: () => Promise<boolean>,
  latest: number,
): Promise<boolean> {
  let undecided = false;
  while (performance.now() < latest) {
    const answer = await (undecided ? settledBy(attempt) : attempt());
    if (answer) return answer["[applied]"] === true;
    undecided = true;
    if (await settledBy(exists)) return true;
  }
  throw unavailable(undefined, undecided ? "unknown" : "not done");
}
