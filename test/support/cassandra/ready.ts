import { Client, type ClientOptions, types } from "cassandra-driver";
import type { CassandraNode } from "./node.ts";
import { DATACENTER } from "./node-files.ts";

const READY_DEADLINE_MS = 120_000;
const ATTEMPT_EVERY_MS = 250;
const LEVELS = [types.consistencies.one, types.consistencies.two, types.consistencies.three];

/** What a driver needs beside address and port to get in: TLS, authentication. */
export type Access = Pick<ClientOptions, "sslOptions" | "authProvider">;

/** The node's process is gone before it answered. */
export class NodeEnded extends Error {
  override readonly name = "NodeEnded";
}

/** A driver for these nodes; the caller shuts it down. */
export function clientOf(nodes: readonly CassandraNode[], options: Partial<ClientOptions> = {}): Client {
  return new Client({
    contactPoints: nodes.map(({ address, port }) => `${address}:${port}`),
    localDataCenter: DATACENTER,
    protocolOptions: { port: nodes[0]?.port ?? 0 },
    ...options,
  });
}

/**
 * Resolves once each of the nodes answers CQL and reaches all the others.
 * @throws NodeEnded with the end of `started`'s log where it dies; Error where two minutes are not enough.
 */
export async function untilTheyAnswer(
  started: CassandraNode,
  nodes: readonly CassandraNode[],
  access: Access,
): Promise<void> {
  const deadline = Date.now() + READY_DEADLINE_MS;
  let refusal: unknown;
  while (Date.now() < deadline) {
    if (!started.running) throw new NodeEnded(await obituary(started, "ended"));
    try {
      for (const node of nodes) await reachesAll(node, nodes.length, access);
      return;
    } catch (error) {
      // Wrong options stay wrong.
      if (error instanceof TypeError) throw error;
      refusal = error;
    }
    await Bun.sleep(ATTEMPT_EVERY_MS);
  }
  throw new Error(await obituary(started, `does not answer (${String(refusal)})`), { cause: refusal });
}

const obituary = async (node: CassandraNode, fate: string): Promise<string> =>
  `Cassandra on ${node.address} ${fate}. The end of its log:\n${await node.logTail()}`;

/** A read that as many replicas must answer as there are nodes, of a table that has three replicas. */
async function reachesAll(node: CassandraNode, nodes: number, access: Access): Promise<void> {
  const client = clientOf([node], access);
  try {
    await client.connect();
    const consistency = LEVELS[nodes - 1] ?? types.consistencies.three;
    await client.execute("SELECT * FROM system_distributed.repair_history LIMIT 1", [], { consistency });
  } finally {
    await client.shutdown();
  }
}
