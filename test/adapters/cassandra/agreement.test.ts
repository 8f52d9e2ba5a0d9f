import { expect, test } from "bun:test";
import type { Client } from "cassandra-driver";
import { untilNodesAgree } from "../../../src/adapters/cassandra/schema/agreement.ts";

interface Node {
  readonly address: string;
  readonly up?: boolean;
  readonly connected?: boolean;
  /** Its own version, each time it is asked; the last one stays. */
  readonly own: readonly string[];
  /** What it says of others. */
  readonly peers: Readonly<Record<string, string>>;
}

/** The parts of a driver that are asked, for nodes whose gossip takes its time. */
function clientOf(nodes: readonly Node[]): { readonly client: Client; readonly asked: () => number } {
  const hosts = nodes.map((node) => ({ address: `${node.address}:9042`, isUp: () => node.up ?? true, node }));
  let asked = 0;
  const execute = async (query: string, _: unknown, { host }: { host: (typeof hosts)[number] }) => {
    const { own, peers } = host.node;
    if (query.includes("system.local")) {
      const version = own[Math.min(asked++, own.length - 1)];
      return { rows: [{ schema_version: version }] };
    }
    return {
      rows: Object.entries(peers).map(([rpc_address, schema_version]) => ({ rpc_address, schema_version })),
    };
  };
  const client = {
    hosts: { values: () => hosts },
    getState: () => ({ getConnectedHosts: () => hosts.filter(({ node }) => node.connected ?? true) }),
    execute,
  };
  return { client: client as unknown as Client, asked: () => asked };
}

test("nodes that say themselves that they have the same schema agree, whatever their peers have heard so far", async () => {
  const { client, asked } = clientOf([
    { address: "127.0.0.1", own: ["new"], peers: { "127.0.0.2": "old" } },
    { address: "127.0.0.2", own: ["new"], peers: { "127.0.0.1": "old" } },
  ]);
  await untilNodesAgree({ client });
  expect(asked()).toBe(2);
});

test("a node that has not carried out the change is waited for", async () => {
  const { client, asked } = clientOf([
    { address: "127.0.0.1", own: ["new"], peers: { "127.0.0.2": "new" } },
    { address: "127.0.0.2", own: ["old", "old", "new"], peers: { "127.0.0.1": "new" } },
  ]);
  await untilNodesAgree({ client });
  expect(asked()).toBeGreaterThan(2);
});

test("one without a connection counts as its peers see it, and one that is down does not count", async () => {
  const far = { address: "127.0.0.2", connected: false, own: [], peers: {} };
  const peers: Record<string, string> = { "127.0.0.2": "old", "127.0.0.3": "older" };
  const { client, asked } = clientOf([
    { address: "127.0.0.1", own: ["new"], peers },
    far,
    { ...far, address: "127.0.0.3", up: false },
  ]);
  const agreed = untilNodesAgree({ client });
  while (asked() < 2) await Bun.sleep(1);
  peers["127.0.0.2"] = "new";
  await agreed;
  expect(asked()).toBeGreaterThan(2);
});
