import { errors, types } from "cassandra-driver";
import { StoreOpenError } from "../../../application/store-open-error.ts";
import { text } from "../rows.ts";
import { Session } from "../session.ts";
import type { CassandraSettings } from "../settings.ts";
import { untilNodesAgree } from "./agreement.ts";
import type { OnProgress } from "./progress.ts";
import { isListed, untilKeyspaceActive } from "./slow-schema.ts";

/** Replicas of every row if the data centre has enough nodes: one may fail, and a quorum is left. */
const REPLICAS = 3;
const SELECT = "SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?";

export interface MissingKeyspace {
  readonly cql: string;
  readonly datacenter: string;
  readonly replicas: number;
  readonly strategy: "NetworkTopologyStrategy" | "SingleRegionStrategy";
}

/** @returns undefined if the keyspace exists, else how it would be created */
export async function missingKeyspace(
  session: Session,
  keyspace: string,
): Promise<MissingKeyspace | undefined> {
  if (await session.row(SELECT, [keyspace])) return undefined;
  const local = await session.row("SELECT data_center FROM system.local", [], types.consistencies.one);
  const datacenter = text(local?.data_center);
  const nodes = session.client.hosts.values().filter((host) => host.datacenter === datacenter);
  const replicas = Math.max(1, Math.min(REPLICAS, nodes.length));
  if (session.rules.slowSchema) return inOneRegion(keyspace, datacenter);
  const replication = `{'class': 'NetworkTopologyStrategy', '${datacenter.replaceAll("'", "''")}': ${replicas}}`;
  const cql = `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ${replication}`;
  return { cql, datacenter, replicas, strategy: "NetworkTopologyStrategy" };
}

/**
 * Amazon Keyspaces keeps three copies in the zones of its region, and calls the region a data centre.
 * Source: its Developer Guide, cql.ddl.keyspace.html.
 */
function inOneRegion(keyspace: string, region: string): MissingKeyspace {
  const strategy = "SingleRegionStrategy";
  const cql = `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = {'class': '${strategy}'}`;
  return { cql, datacenter: region, replicas: REPLICAS, strategy };
}

/** Creates the keyspace if it is missing and the user may create it. @throws StoreOpenError */
export async function ensureKeyspace(settings: CassandraSettings, onProgress: OnProgress): Promise<void> {
  const session = await Session.connect({ ...settings, keyspace: undefined });
  try {
    const missing = await missingKeyspace(session, settings.keyspace);
    if (!missing) return;
    const { cql, ...where } = missing;
    onProgress({ step: "keyspace", keyspace: settings.keyspace, ...where });
    await make(session, cql, settings);
    await (session.rules.slowSchema
      ? untilKeyspaceActive(session, settings.keyspace)
      : untilNodesAgree(session));
  } finally {
    await session.close();
  }
}

async function make(session: Session, cql: string, { keyspace, sigv4 }: CassandraSettings): Promise<void> {
  try {
    await session.client.execute(cql);
  } catch (error) {
    // Another process was first, and its change excludes ours.
    if (session.rules.slowSchema && (await isListed(session, keyspace))) return;
    const denied =
      error instanceof errors.ResponseError && error.code === types.responseErrorCodes.unauthorized;
    if (!denied) throw error;
    throw new StoreOpenError(
      `the keyspace ${keyspace} is missing, and ${sigv4 ? "the AWS identity" : "CASSANDRA_USERNAME"} may not create it; ask someone who may to run: ${cql}`,
      error,
    );
  }
}
