import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client, ClientOptions } from "cassandra-driver";
import { findJava17 } from "../java/java.ts";
import { jarsOf } from "../java/maven.ts";
import { archiveArguments, classArchiveOf, makeClassArchive } from "./class-archive.ts";
import { CassandraNode } from "./node.ts";
import { freePorts } from "./ports.ts";
import { type Access, clientOf, NodeEnded, untilTheyAnswer } from "./ready.ts";
import { watchOver } from "./watchdog.ts";

const POM = join(import.meta.dir, "pom.xml");
const HEAP_MB_DEFAULT = 512;
const SCHEMA_IN_MEMORY = "-Dcassandra.test.flush_local_schema_changes=false";

export interface ClusterOptions {
  /** Default 1. Three share one machine on 127.0.0.1, 127.0.0.2 and 127.0.0.3. */
  readonly nodes?: 1 | 3;
  /** This many of them, the last ones, are started by the caller, as joining nodes. Default 0. */
  readonly asleep?: number;
  /** Default: a free one, the same on every node. */
  readonly nativePort?: number;
  readonly heapMb?: number;
  /** Default `batch`: an acknowledged write outlives kill -9 of every node. `periodic` is Cassandra's own default. */
  readonly commitLog?: "batch" | "periodic";
  /**
   * Whether nodes are started again after their end. Only then a change of the schema is written to disk at once, which
   * takes most of its time. Default: with three nodes.
   */
  readonly restarts?: boolean;
  /** More lines of cassandra.yaml. */
  readonly yaml?: string;
  readonly jvmArguments?: readonly string[];
  /** After Cassandra's own jars. */
  readonly classPath?: readonly string[];
  /** If the nodes require TLS or a login. */
  readonly access?: Access;
  /** Called with a sentence per step. */
  readonly report?: (line: string) => void;
}

/** A running Apache Cassandra; `await using` ends it. */
export interface Cluster extends AsyncDisposable {
  readonly nodes: readonly CassandraNode[];
  /** The first node. */
  readonly node: CassandraNode;
  /** The native port of every node. */
  readonly port: number;
  /** For CASSANDRA_ENDPOINTS: the addresses, separated by commas. */
  readonly endpoints: string;
  /** Variables that point `todos` at this cluster. */
  readonly environment: Readonly<Record<string, string>>;
  /** A driver for all nodes; the caller shuts it down. */
  client(options?: Partial<ClientOptions>): Client;
  /** Ends every node and removes its data. */
  stop(): Promise<void>;
}

/** Folder of Cassandra's jars, fetched first where the cache has none. */
export function cassandraJars(): Promise<string> {
  return jarsOf(POM, "cassandra");
}

/** Makes the nodes started later start with less work: {@link classArchiveOf}. Takes as long as a node's life. */
export async function archiveCassandraClasses(): Promise<void> {
  const archive = classArchiveOf(await cassandraJars());
  await makeClassArchive(archive, async (jvmArguments) => {
    const cluster = await startCassandra({ jvmArguments });
    return async () => {
      await cluster.node.kill("SIGTERM");
      await cluster.stop();
    };
  });
}

/**
 * Fetches Apache Cassandra (once) and starts it on free ports with fresh data in a temporary folder. Resolves when
 * every node started answers CQL and sees the others. Whatever becomes of this process, no node outlives it.
 * @throws Error that says what to install where Java 17 or Maven is missing.
 */
export async function startCassandra(options: ClusterOptions = {}): Promise<Cluster> {
  const { report = () => {} } = options;
  findJava17();
  report("fetching Apache Cassandra from Maven Central, unless it is in .cache");
  const jars = await cassandraJars();
  try {
    return await startFresh(options, jars);
  } catch (error) {
    // A port may be taken between the look at it and the node's own; what is wrong for good fails again.
    if (!(error instanceof NodeEnded)) throw error;
    report(`${error.message}\nstarting again, on other ports`);
    return await startFresh(options, jars);
  }
}

async function startFresh(options: ClusterOptions, jars: string): Promise<Cluster> {
  const { nodes: count = 1, asleep = 0, access = {}, report = () => {} } = options;
  const folder = await mkdtemp(join(tmpdir(), "todos-cassandra-"));
  const watchdog = watchOver(folder);
  const nodes = await layOut(options, count, folder, jars);
  try {
    for (const node of nodes.slice(0, count - asleep)) {
      report(`starting a node on ${node.address}:${node.port}`);
      await node.start();
    }
  } catch (error) {
    await watchdog.finish();
    throw error;
  }
  return clusterOf(nodes, access, async () => {
    await watchdog.finish();
    await Promise.all(nodes.map((node) => node.kill()));
  });
}

/** Nodes not started yet. Each start waits for the nodes started before it. */
async function layOut(
  options: ClusterOptions,
  count: number,
  folder: string,
  jars: string,
): Promise<CassandraNode[]> {
  const addresses = Array.from({ length: count }, (_, index) => `127.0.0.${index + 1}`);
  const [freePort = 0, storagePort = 0, ...jmxPorts] = await freePorts(addresses, 2 + count);
  const archive = classArchiveOf(jars);
  const schema = (options.restarts ?? count > 1) ? [] : [SCHEMA_IN_MEMORY];
  const nodes: CassandraNode[] = [];
  for (const [index, address] of addresses.entries()) {
    nodes.push(
      new CassandraNode({
        folder: join(folder, `node${index + 1}`),
        address,
        seeds: addresses,
        nativePort: options.nativePort ?? freePort,
        storagePort,
        jmxPort: jmxPorts[index] ?? 0,
        heapMb: options.heapMb ?? HEAP_MB_DEFAULT,
        commitLog: options.commitLog ?? "batch",
        yaml: options.yaml ?? "",
        jvmArguments: [...archiveArguments(archive), ...schema, ...(options.jvmArguments ?? [])],
        classPath: [...archive.classPath, ...(options.classPath ?? [])],
        untilReady: (node) => untilTheyAnswer(node, awake(nodes), options.access ?? {}),
      }),
    );
  }
  return nodes;
}

/** Those that can answer: neither killed nor frozen. */
const awake = (nodes: readonly CassandraNode[]): CassandraNode[] =>
  nodes.filter(({ running, frozen }) => running && !frozen);

function clusterOf(nodes: readonly CassandraNode[], access: Access, stop: () => Promise<void>): Cluster {
  const [node] = nodes;
  if (!node) throw new Error("A cluster has at least one node.");
  const endpoints = nodes.map(({ address }) => address).join(",");
  return {
    nodes,
    node,
    port: node.port,
    endpoints,
    environment: { CASSANDRA_ENDPOINTS: endpoints, CASSANDRA_PORT: String(node.port) },
    client: (options = {}) => clientOf(nodes, { ...access, ...options }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
