import { StoreOpenError } from "../../../application/store-open-error.ts";
import type { Session } from "../session.ts";

/** Longest wait for every node to have the same schema, ms. */
const DEADLINE_MS = 60_000;
const LOOK_EVERY_MS = 50;

/**
 * Waits until every node that is up has the same schema; the driver itself would wait for those that are
 * down as well, which keep the version they went down with.
 * @throws StoreOpenError past the deadline
 */
export async function untilNodesAgree(session: Session): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await nodesAgree(session))) {
    if (performance.now() > deadline) {
      throw new StoreOpenError(
        `the nodes do not agree on the schema after ${DEADLINE_MS / 1_000} s: see nodetool describecluster, then migrate again; it goes on where it stopped`,
      );
    }
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

/** Both questions go to one node: each tells of itself and of its peers apart. */
async function nodesAgree({ client }: Session): Promise<boolean> {
  const hosts = client.hosts.values();
  const host = hosts.find((each) => each.isUp());
  const ask = (query: string) => client.execute(query, [], { prepare: false, ...(host ? { host } : {}) });
  const [own, peers] = await Promise.all([
    ask("SELECT schema_version FROM system.local"),
    ask("SELECT rpc_address, schema_version FROM system.peers"),
  ]);
  const down = hosts.filter((each) => !each.isUp()).map((each) => addressOf(each.address));
  const counted = peers.rows.filter((row) => !down.includes(String(row.rpc_address)));
  const versions = [...own.rows, ...counted].map((row) => String(row.schema_version));
  return new Set(versions.filter((version) => version !== "null")).size <= 1;
}

/** Without the port. */
function addressOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}
