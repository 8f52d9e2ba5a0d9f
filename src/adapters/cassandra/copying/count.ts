import type { RowCount } from "../../../application/copy/ports.ts";
import { failureOf } from "../failures.ts";
import type { Session } from "../session.ts";

/** A count of everything at once would take longer than a node waits. */
const RANGES = 64n;
const TOKEN_MIN = -(2n ** 63n);
const RANGE_TOKENS = 2n ** 64n / RANGES;
/** Longest wait for one range, ms. */
const RANGE_TIMEOUT_MS = 15_000;

/**
 * Approximate number of rows, including those of deleted lists.
 * @param has whether there is a table of tasks
 * @returns undefined if a node gives up
 */
export async function counted(session: Session, has = { tasks: true }): Promise<RowCount | undefined> {
  try {
    const tasks = has.tasks ? await rowsOf(session, "todo", "checklist_id") : 0;
    return { checklists: await rowsOf(session, "checklist", "id"), tasks };
  } catch (error) {
    // It only predicts how long a copy may take; a service without COUNT answers with an error.
    if (failureOf(error) === "fault" && !(error instanceof Error && "code" in error)) throw error;
    return undefined;
  }
}

async function rowsOf({ client }: Session, table: string, key: string): Promise<number> {
  let rows = 0;
  for (let range = 0n; range < RANGES; range++) {
    const above = TOKEN_MIN + range * RANGE_TOKENS;
    const upTo = range === RANGES - 1n ? 2n ** 63n - 1n : above + RANGE_TOKENS;
    // Written out: tokens are wider than JavaScript's numbers.
    const cql = `SELECT COUNT(*) AS rows FROM ${table} WHERE token(${key}) > ${above} AND token(${key}) <= ${upTo}`;
    const result = await client.execute(cql, [], { prepare: false, readTimeout: RANGE_TIMEOUT_MS });
    rows += Number(result.first()?.rows ?? 0);
  }
  return rows;
}
