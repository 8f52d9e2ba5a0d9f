import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { type Cluster, startCassandra } from "../../support/cassandra/cluster.ts";
import { findJava17 } from "../../support/java/java.ts";

const START_DEADLINE_MS = 180_000;

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCassandra({ nodes: 1, restarts: true });
}, START_DEADLINE_MS);

afterAll(() => cluster?.stop());

test(
  "one node answers CQL and keeps an acknowledged write over kill -9",
  async () => {
    const before = cluster.client();
    await before.execute(
      "CREATE KEYSPACE kept WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 1}",
    );
    await before.execute("CREATE TABLE kept.rows (id text PRIMARY KEY, value int)");
    await before.execute("INSERT INTO kept.rows (id, value) VALUES ('a', 1) IF NOT EXISTS");
    await before.shutdown();
    const { pid } = cluster.node;

    await cluster.node.kill("SIGKILL");
    expect(() => process.kill(pid, 0)).toThrow();
    expect(cluster.node.running).toBe(false);
    await cluster.node.restart();

    expect(cluster.node.pid).not.toBe(pid);
    const after = cluster.client();
    const { rows } = await after.execute("SELECT value FROM kept.rows WHERE id = 'a'");
    await after.shutdown();
    expect(rows.map((row) => row.value)).toEqual([1]);
  },
  START_DEADLINE_MS,
);

test("a frozen node does not answer, and answers again when it continues", async () => {
  const client = cluster.client({ socketOptions: { readTimeout: 1_000 }, pooling: { heartBeatInterval: 0 } });
  await client.execute("SELECT key FROM system.local");
  cluster.node.stop();
  await expect(client.execute("SELECT key FROM system.local")).rejects.toThrow();
  cluster.node.cont();
  const { rows } = await client.execute("SELECT key FROM system.local");
  await client.shutdown();
  expect(rows.map((row) => row.key)).toEqual(["local"]);
});

test("its log can be read, and nothing is left after stop", async () => {
  expect(await cluster.node.logs()).toContain("Starting listening for CQL clients");
  const folder = dirname(cluster.node.logPath);
  const { pid } = cluster.node;
  await cluster.stop();
  expect(existsSync(folder)).toBe(false);
  expect(() => process.kill(pid, 0)).toThrow();
});

test("without Java 17 the error says what to install", () => {
  expect(findJava17({})).toContain("17");
  expect(findJava17({ JAVA_HOME: "/nowhere" })).toContain("17");
});
