import type { Client, Host } from "cassandra-driver";
import { StoreOpenError } from "../../../application/store-open-error.ts";
import { failureOf } from "../failures.ts";
import type { Session } from "../session.ts";

/** Longest wait for every node to have the same schema, ms. */
const DEADLINE_MS = 60_000;
const LOOK_EVERY_MS = 50;

/**
 * Waits until every node that is up has the same schema; the driver itself would wait for those that are down as well,
 * which keep the version they went down with.
 * @throws StoreOpenError after the deadline
 */
export async function untilNodesAgree(session: Pick<Session, "client">): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await nodesAgree(session))) {
    if (performance.now() > deadline) {
      throw new StoreOpenError(
        `the nodes do not agree on the schema after ${DEADLINE_MS / 1_000} s: see nodetool describecluster, then migrate again: it continues where it stopped`,
      );
    }
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

/**
 * Every connected node is asked for its own version: what its peers say of it is second-hand and lags behind by up to a
 * second. Only what they say of nodes without a connection counts.
 */
async function nodesAgree({ client }: Pick<Session, "client">): Promise<boolean> {
  const connected = client.getState().getConnectedHosts();
  const down = client.hosts.values().filter((host) => !host.isUp());
  const uncounted = [...down, ...connected].map(({ address }) => addressOf(address));
  const seen = await Promise.all(connected.map((host) => versionsSeenBy(client, host, uncounted)));
  return new Set(seen.flat()).size === 1;
}

async function versionsSeenBy(client: Client, host: Host, uncounted: readonly string[]): Promise<string[]> {
  const ask = (query: string) => client.execute(query, [], { prepare: false, host });
  try {
    const [own, peers] = await Promise.all([
      ask("SELECT schema_version FROM system.local"),
      ask("SELECT rpc_address, schema_version FROM system.peers"),
    ]);
    const counted = peers.rows.filter((row) => !uncounted.includes(String(row.rpc_address)));
    const versions = [...own.rows, ...counted].map((row) => String(row.schema_version));
    return versions.filter((version) => version !== "null");
  } catch (error) {
    if (failureOf(error) === "fault") throw error;
    // It counts as disagreeing until it answers, or is seen to be down.
    return [`unanswered by ${host.address}`];
  }
}

/** Without the port. */
function addressOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}
