import { settledBy } from "./conditional.ts";
import { unavailable } from "./failures.ts";
import type { Row } from "./session.ts";

/**
 * Inserts a row whose id nobody else can have, by a lightweight transaction. One that timed out is settled
 * by reading; one that found the row there was settled by an earlier attempt of the same request.
 * @param attempt one try; undefined: nobody knows
 * @param find the row, with every transaction under way settled
 * @param latest time of `performance.now()` after which nothing is sent any more
 * @returns the row that was found, of an earlier attempt or of one of ours that timed out
 */
export async function insertedOnce(
  attempt: () => Promise<Row | undefined>,
  find: () => Promise<Row | undefined>,
  latest: number,
): Promise<Row | undefined> {
  let undecided = false;
  while (performance.now() < latest) {
    const answer = await (undecided ? settledBy(attempt) : attempt());
    if (answer) return answer["[applied]"] === true ? undefined : answer;
    undecided = true;
    const found = await settledBy(find);
    if (found) return found;
  }
  throw unavailable(undefined, undecided ? "unknown" : "not done");
}
