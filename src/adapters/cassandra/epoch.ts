import { StoreOpenError } from "../../application/store-open-error.ts";
import { servedSecondsAgo } from "./copying/open.ts";
import { migratorRulesOf } from "./flavour.ts";
import { text } from "./rows.ts";
import { Session } from "./session.ts";
import type { CassandraSettings } from "./settings.ts";

const EPOCH = "SELECT value FROM meta WHERE key = 'epoch'";
const RENEW = "UPDATE meta SET value = ? WHERE key = 'epoch' IF value = ?";
const EPOCH_CHARS = 12;
/** Attempts while the outcome of one is unknown. */
const TRIES_MAX = 10;

/**
 * Gives a keyspace whose tables were restored from a snapshot another epoch: versions continue from the snapshot's, so
 * an ETag from before the restore could match different content.
 * @returns the new epoch
 * @throws StoreOpenError if it is in service, or no node answered; what `openProblem` explains
 */
export async function renewEpoch(settings: CassandraSettings, now: number): Promise<string> {
  const session = await Session.connect(settings, undefined, migratorRulesOf(settings.flavour));
  try {
    const secondsAgo = await servedSecondsAgo(session, now);
    if (secondsAgo !== undefined) {
      throw new StoreOpenError(
        `the keyspace ${settings.keyspace} is being served, or was until a moment ago: an instance wrote to it ${secondsAgo} s ago; stop every instance on it, and run this 2 minutes later`,
      );
    }
    return await renewed(session, settings.keyspace);
  } finally {
    await session.close();
  }
}

async function renewed(session: Session, keyspace: string): Promise<string> {
  const epoch = crypto.randomUUID().replaceAll("-", "").slice(0, EPOCH_CHARS);
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const row = await session.row(EPOCH, [], session.serialRead);
    if (!row) throw new StoreOpenError(`the keyspace ${keyspace} has no epoch; run: todos migrate`);
    const old = text(row.value);
    if (old === epoch) return epoch;
    const answer = await session.attempt(RENEW, [epoch, old], tries > 0);
    if (answer?.["[applied]"] === true) return epoch;
  }
  throw new StoreOpenError(
    `the nodes did not say whether ${keyspace} has a new epoch; run the command again`,
  );
}
