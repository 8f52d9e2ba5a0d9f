// What todos copy needs from a cluster.
import type { RowReader, RowWriter } from "../../../application/copy/ports.ts";
import { StoreOpenError } from "../../../application/store-open-error.ts";
import { milliseconds, text } from "../rows.ts";
import { isOfOriginalItself } from "../schema/baseline.ts";
import { columnsOf } from "../schema/definitions.ts";
import { schemaProblem } from "../schema/status.ts";
import { Session } from "../session.ts";
import type { CassandraSettings } from "../settings.ts";
import { OriginalRows } from "./original.ts";
import { CassandraRows } from "./reader.ts";
import { CassandraRowWriter } from "./writer.ts";

export { openProblem } from "../open-problems.ts";

/** An instance that has written and still runs reports it every minute; this is that plus the difference of clocks. */
const SEEN_LATELY_MS = 120_000;
const WRITERS = "SELECT seen_at FROM change_writer WHERE shard = 0";

/** @throws StoreOpenError, or what `openProblem` explains. @param place for people */
export function openCassandraRows(settings: CassandraSettings, place: string): Promise<RowReader> {
  return connected(settings, async (session) => {
    const { keyspace } = settings;
    if (isOfOriginalItself(await columnsOf(session, keyspace))) {
      return OriginalRows.open(session, place, keyspace);
    }
    return new CassandraRows(session, place, await epochOf(session, keyspace));
  });
}

/**
 * @param now milliseconds since the Unix epoch
 * @throws StoreOpenError, or what `openProblem` explains
 */
export function openCassandraRowWriter(
  settings: CassandraSettings,
  place: string,
  now: number,
): Promise<RowWriter> {
  return connected(settings, async (session) => {
    const epoch = await epochOf(session, settings.keyspace);
    await refuseServed(session, place, now);
    return new CassandraRowWriter(session, place, epoch);
  });
}

/** @throws StoreOpenError if its tables are not those of this release */
async function epochOf(session: Session, keyspace: string): Promise<string> {
  const problem = await schemaProblem(session, keyspace);
  if (problem !== undefined) throw new StoreOpenError(problem);
  const row = await session.row("SELECT value FROM meta WHERE key = 'epoch'", [], session.serialRead);
  return text(row?.value);
}

async function connected<T>(settings: CassandraSettings, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await Session.connect(settings);
  try {
    return await work(session);
  } catch (error) {
    await session.close();
    throw error;
  }
}

/**
 * A cluster has no lock; instances that have made a change show in the log.
 * @returns undefined if there was none lately
 */
export async function servedSecondsAgo(session: Session, now: number): Promise<number | undefined> {
  const seen = (await session.rows(WRITERS, [])).map((row) => milliseconds(row.seen_at));
  const agoMs = now - Math.max(...seen, 0);
  return agoMs > SEEN_LATELY_MS ? undefined : Math.max(0, Math.round(agoMs / 1_000));
}

async function refuseServed(session: Session, place: string, now: number): Promise<void> {
  const seconds = await servedSecondsAgo(session, now);
  if (seconds === undefined) return;
  throw new StoreOpenError(
    `${place} is being served, or was until a moment ago: an instance wrote to it ${seconds} s ago; stop every instance on it, and copy ${SEEN_LATELY_MS / 60_000} minutes later`,
  );
}
