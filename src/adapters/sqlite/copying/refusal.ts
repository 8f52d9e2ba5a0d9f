import { MARKER_KEY, markerFrom, unfinishedCopy } from "../../../application/copy/marker.ts";
import { StoreOpenError } from "../../../application/store-open-error.ts";
import type { Connection } from "../connection.ts";
import { rowOf, text } from "../rows.ts";

/** Half of the rows must not be mistaken for all of them, so the connection is closed. @throws StoreOpenError */
export function refuseUnfinishedCopy(connection: Connection, place: string): void {
  const row = connection.prepare(`SELECT value FROM meta WHERE key = '${MARKER_KEY}'`).get();
  const problem = row === null ? undefined : unfinishedCopy(place, markerFrom(text(rowOf(row).value)));
  if (problem === undefined) return;
  connection.close();
  throw new StoreOpenError(problem);
}
