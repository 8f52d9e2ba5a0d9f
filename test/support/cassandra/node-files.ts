import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface NodeSettings {
  /** Everything of this node: configuration, data, logs. */
  readonly folder: string;
  readonly address: string;
  /** All of the cluster: if any of them is down, any other can still be started, and none waits to bootstrap. */
  readonly seeds: readonly string[];
  readonly nativePort: number;
  readonly storagePort: number;
  /**
   * When a write is acknowledged: once it is in this node's file (`batch`), or before (`periodic`,
   * Cassandra's default: the last ten seconds go with a node that is killed, and with it a write that a
   * quorum of killed nodes had acknowledged).
   */
  readonly commitLog: "batch" | "periodic";
  /** More lines of cassandra.yaml. */
  readonly yaml?: string;
}

const COMMIT_LOG = {
  batch: "commitlog_sync: batch",
  periodic: "commitlog_sync: periodic\ncommitlog_sync_period: 10000ms",
} as const;

/** The data centre every node is in. */
export const DATACENTER = "datacenter1";

/** Writes a node's configuration. Folder `conf` of the node's folder belongs on its class path. */
export async function writeNodeFiles(settings: NodeSettings): Promise<{ yamlPath: string; conf: string }> {
  const conf = join(settings.folder, "conf");
  await mkdir(conf, { recursive: true });
  await writeFile(join(conf, "cassandra.yaml"), cassandraYaml(settings));
  await writeFile(join(conf, "cassandra-rackdc.properties"), `dc=${DATACENTER}\nrack=rack1\n`);
  await writeFile(join(conf, "logback.xml"), LOGBACK);
  return { yamlPath: join(conf, "cassandra.yaml"), conf };
}

const cassandraYaml = ({
  folder,
  address,
  seeds,
  nativePort,
  storagePort,
  commitLog,
  yaml = "",
}: NodeSettings) => `
cluster_name: todos
num_tokens: 16
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
endpoint_snitch: GossipingPropertyFileSnitch
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters: [{ seeds: "${seeds.map((seed) => `${seed}:${storagePort}`).join(",")}" }]
listen_address: ${address}
storage_port: ${storagePort}
ssl_storage_port: ${storagePort}
start_native_transport: true
rpc_address: ${address}
native_transport_port: ${nativePort}
data_file_directories: [${folder}/data]
commitlog_directory: ${folder}/commitlog
hints_directory: ${folder}/hints
saved_caches_directory: ${folder}/saved_caches
cdc_raw_directory: ${folder}/cdc_raw
${COMMIT_LOG[commitLog]}
# Several nodes share one small machine: no room kept for what tests never do.
auto_snapshot: false
# Hundreds of tables with a few rows each: not a megabyte for the first row of every one.
memtable_allocation_type: unslabbed_heap_buffers
concurrent_reads: 16
concurrent_writes: 16
disk_failure_policy: stop
${yaml}`;

const LOGBACK = `<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{HH:mm:ss.SSS} %-5level %logger{0}: %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="OUT" /></root>
</configuration>
`;
