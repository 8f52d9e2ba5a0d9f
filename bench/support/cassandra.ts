import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { $ } from "bun";
import type { Client } from "cassandra-driver";
import type { CassandraSettings } from "../../src/adapters/cassandra/settings.ts";
import { type Cluster, cassandraJars, startCassandra } from "../../test/support/cassandra/cluster.ts";
import { findJava17 } from "../../test/support/java/java.ts";
import type { Order, Outcome } from "../limit/cassandra-loop.ts";
import { limitPath, todosBinary } from "./contestants.ts";
import { cpuMs, quietEnvironment, type Running, start, stopped } from "./process.ts";
import type { Load } from "./wrk.ts";

const KEYSPACE = "bench";
const READY_PATIENCE_MS = 30_000;
const ASK_EVERY_MS = 50;

/** A keyspace with the current schema. */
export interface BenchKeyspace {
  /** What points a process at it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly settings: CassandraSettings;
  startTodos(settings?: Readonly<Record<string, string>>): Promise<Running>;
}

/** One real node and an empty keyspace. */
export interface BenchCluster extends BenchKeyspace, AsyncDisposable {
  /** Another empty one on the same node. */
  keyspace(name: string): Promise<BenchKeyspace>;
  startLoop(): Promise<Loop>;
  /** The loop's session behind HTTP, for reads and creations. */
  startServer(): Promise<Running>;
  /** Prepared statements that the node has executed so far, not counting those in batches. */
  statements(): Promise<number>;
}

/** The bare loop, in its own process. */
export interface Loop {
  run(order: Order): Promise<Load>;
  stop(): Promise<void>;
}

/** Why Cassandra can't run here, in one line. */
export async function cassandraProblem(): Promise<string | undefined> {
  try {
    findJava17();
    await cassandraJars();
  } catch (error) {
    return String(error instanceof Error ? error.message : error).split("\n")[0];
  }
}

/** What the nodes of tests save, because they live for minutes. */
const LIKE_A_SERVER = ["-XX:TieredStopAtLevel=4", "-XX:-UseSerialGC", "-Dcassandra.skip_sync=false"];

/**
 * A node as in production. Its commit log is fsynced every ten seconds, Cassandra's own default: a quorum's memory is what
 * makes a write durable.
 */
export function measuredCassandra(): Promise<Cluster> {
  return startCassandra({ commitLog: "periodic", restarts: true, jvmArguments: LIKE_A_SERVER });
}

export async function benchCluster(): Promise<BenchCluster> {
  const cluster = await measuredCassandra();
  const keyspace = await freshKeyspace(cluster, KEYSPACE).catch(async (error: unknown) => {
    await cluster.stop();
    throw error;
  });
  const client = cluster.client();
  return {
    ...keyspace,
    keyspace: (name) => freshKeyspace(cluster, name),
    startLoop: () => startLoop(cluster),
    startServer: () =>
      start([limitPath("cassandra-server"), "0", cluster.node.address, String(cluster.port), KEYSPACE]),
    statements: () => statementsOf(client),
    async [Symbol.asyncDispose]() {
      await client.shutdown();
      await cluster.stop();
    },
  };
}

async function freshKeyspace(cluster: Cluster, keyspace: string): Promise<BenchKeyspace> {
  const environment = { ...quietEnvironment(), ...cluster.environment, CASSANDRA_KEYSPACE: keyspace };
  await $`${todosBinary()} migrate`.env(environment).quiet();
  return {
    environment,
    settings: { endpoints: [cluster.node.address], port: cluster.port, keyspace },
    startTodos: async (settings = {}) => {
      const server = await start([todosBinary(), "serve", "--port", "0"], { ...environment, ...settings });
      await untilReady(server);
      return server;
    },
  };
}

/** The port opens before the store does. @throws Error after the timeout */
export async function untilReady({ url }: Running): Promise<void> {
  const deadline = performance.now() + READY_PATIENCE_MS;
  while (!(await fetch(`${url}/actuator/health/readiness`)).ok) {
    if (performance.now() > deadline) throw new Error("the service did not become ready");
    await Bun.sleep(ASK_EVERY_MS);
  }
}

async function startLoop({ node, port }: Cluster): Promise<Loop> {
  const child = Bun.spawn([limitPath("cassandra-loop"), node.address, String(port), KEYSPACE], {
    env: quietEnvironment(),
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const lines = createInterface({ input: Readable.fromWeb(child.stdout as never) })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error("the bare loop ended");
    return value;
  };
  await next();
  return {
    async run(order) {
      const before = cpuMs(child.pid);
      child.stdin.write(`${JSON.stringify(order)}\n`);
      child.stdin.flush();
      return loadOf(JSON.parse(await next()) as Outcome, cpuMs(child.pid) - before);
    },
    stop: () => stopped(child),
  };
}

function loadOf({ done, failed, durationMs, p50Ms, p99Ms }: Outcome, cpu: number): Load {
  const requests = done + failed;
  return {
    requests,
    failed,
    perSecond: (done * 1_000) / durationMs,
    p50Ms,
    p99Ms,
    cpuUs: (cpu * 1_000) / requests,
  };
}

async function statementsOf(client: Client): Promise<number> {
  const query = "SELECT value FROM system_views.cql_metrics WHERE name = 'prepared_statements_executed'";
  return Number((await client.execute(query)).first()?.value);
}
