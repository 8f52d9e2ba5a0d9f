import { DefaultOwner } from "../../../src/adapters/cassandra/default-owner.ts";
import { DueIndex } from "../../../src/adapters/cassandra/due-index.ts";
import { CassandraKeys } from "../../../src/adapters/cassandra/idempotency.ts";
import { Purge } from "../../../src/adapters/cassandra/purge.ts";
import { CassandraRecords } from "../../../src/adapters/cassandra/records.ts";
import { Session } from "../../../src/adapters/cassandra/session.ts";
import type { CassandraSettings } from "../../../src/adapters/cassandra/settings.ts";
import { UserIndex } from "../../../src/adapters/cassandra/user-index.ts";
import type { Clock, Log } from "../../../src/application/ports.ts";

/** What a store purges by. */
export function purgeOn(
  session: Session,
  log: Log,
  clock: Clock,
  keys = new CassandraKeys(session),
  due = new DueIndex(session, log),
): Purge {
  const people = {
    users: new UserIndex(session, log),
    defaultOwner: new DefaultOwner(session),
    records: new CassandraRecords(session, clock, log),
  };
  return new Purge(session, keys, due, people, log, clock);
}

/** Purges everything due at the clock's time, as a separate instance. */
export async function purgeAll(settings: CassandraSettings, log: Log, clock: Clock): Promise<void> {
  const session = await Session.connect(settings);
  const purge = purgeOn(session, log, clock);
  await purge.everything();
  await purge.close();
  await session.close();
}
