import type { Stored } from "./rows.ts";
import type { Param, Row, Session } from "./session.ts";

const ADOPT_TASK = "UPDATE todo SET updated_at = ? WHERE checklist_id = ? AND id = ? IF EXISTS";

/** A lightweight transaction on one row, whose text ends with the condition on the row's version. */
export interface RowStatement {
  readonly query: string;
  readonly values: readonly Param[];
  /**
   * Gives a row with nothing but its key a cell, and never creates a row: `… SET updated_at = ? WHERE … IF
   * EXISTS`.
   */
  readonly adopt: { readonly query: string; readonly key: readonly Param[] };
}

/**
 * One attempt, on the condition that the row is as in `current`. A condition on a missing version alone would also hold
 * for a missing row, and create an empty one: for a row without a version it names another cell.
 * @returns undefined if the outcome is unknown
 */
export async function attemptOn(
  session: Session,
  { version, witness }: Stored<unknown>,
  { query, values, adopt }: RowStatement,
  again: boolean,
): Promise<Row | undefined> {
  if (version !== null) return session.attempt(query, [...values, version], again);
  if (witness) {
    return session.attempt(`${query} AND ${witness.column} = ?`, [...values, null, witness.value], again);
  }
  const updatedAt = new Date();
  const adopted = await session.attempt(adopt.query, [updatedAt, ...adopt.key], again);
  if (adopted?.["[applied]"] !== true) return adopted;
  return session.attempt(`${query} AND updated_at = ?`, [...values, null, updatedAt], again);
}

/** How {@link attemptOn} adopts a task. */
export function adoptTask(checklistId: string, id: string) {
  return { query: ADOPT_TASK, key: [checklistId, id] };
}
