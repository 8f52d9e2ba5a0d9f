import { settledBy } from "./conditional.ts";
import type { Rounds } from "./rounds.ts";
import type { Row } from "./session.ts";

/**
 * Inserts a row with a unique id, by a lightweight transaction. One that timed out is settled by reading; one that
 * finds the row was settled by an earlier attempt of the same request.
 * @param attempt one attempt, perhaps repeated; undefined: the outcome is unknown
 * @param find the row, with every transaction in progress settled
 * @returns the row that was found, of an earlier attempt or of one of ours that timed out
 */
export async function insertedOnce(
  attempt: (again: boolean) => Promise<Row | undefined>,
  find: () => Promise<Row | undefined>,
  rounds: Rounds,
): Promise<Row | undefined> {
  let undecided = false;
  while ((await rounds.begin()) && rounds.mayTry(undecided)) {
    const answer = await (undecided ? settledBy(() => attempt(rounds.again)) : attempt(rounds.again));
    if (answer) return answer["[applied]"] === true ? undefined : answer;
    undecided = true;
    const found = await settledBy(find);
    if (found) return found;
  }
  throw rounds.end(undecided);
}
