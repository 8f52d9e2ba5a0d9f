import { MARKER_KEY, markerFrom, unfinishedCopy } from "../../../application/copy/marker.ts";
import { text } from "../rows.ts";
import type { Session } from "../session.ts";

/** Half of the rows must not be mistaken for all of them. @returns why the keyspace can't be served, if so */
export async function copyProblem(session: Session, keyspace: string): Promise<string | undefined> {
  const row = await session.row("SELECT value FROM meta WHERE key = ?", [MARKER_KEY], session.serialRead);
  return row && unfinishedCopy(`the keyspace ${keyspace}`, markerFrom(text(row.value)));
}
