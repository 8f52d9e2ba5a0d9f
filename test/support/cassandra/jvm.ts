// What Cassandra's own conf/jvm17-server.options opens to it, and this project's choices for small test nodes.

const OPENED: Readonly<Record<string, readonly string[]>> = {
  "java.base": [
    "java.io",
    "java.lang",
    "java.lang.module",
    "java.lang.reflect",
    "java.math",
    "java.net",
    "java.nio",
    "java.rmi",
    "java.util",
    "java.util.concurrent",
    "java.util.concurrent.atomic",
    "jdk.internal.loader",
    "jdk.internal.math",
    "jdk.internal.misc",
    "jdk.internal.module",
    "jdk.internal.ref",
    "jdk.internal.reflect",
    "jdk.internal.util.jar",
    "jdk.internal.vm",
    "sun.nio.ch",
  ],
  "java.management": ["com.sun.jmx.remote.security"],
  "java.management.rmi": ["com.sun.jmx.remote.internal.rmi"],
  "java.rmi": ["sun.rmi.registry", "sun.rmi.server", "sun.rmi.transport.tcp"],
  "java.sql": ["java.sql"],
  "jdk.compiler": ["com.sun.tools.javac.file", "com.sun.tools.javac.parser"],
  "jdk.management": ["com.sun.management.internal"],
  "jdk.management.jfr": ["jdk.management.jfr"],
};

const RING_DELAY_MS = 2_000;

export interface JvmSettings {
  readonly heapMb: number;
  readonly jmxPort: number;
  readonly folder: string;
  readonly yamlPath: string;
}

/** Arguments of `java` up to the class path. */
export function jvmArguments({ heapMb, jmxPort, folder, yamlPath }: JvmSettings): string[] {
  return [
    `-Xms${heapMb}M`,
    `-Xmx${heapMb}M`,
    "-Xss512k",
    // A node lives for a minute or two: the second compiler would take more time than it saves.
    "-XX:TieredStopAtLevel=1",
    // A small heap on two processors: others take more threads and more time.
    "-XX:+UseSerialGC",
    "-XX:-UsePerfData",
    "-Djdk.attach.allowAttachSelf=true",
    "-Djava.net.preferIPv4Stack=true",
    "-Dio.netty.tryReflectionSetAccessible=true",
    ...opened(),
    `-Dcassandra.config=file://${yamlPath}`,
    `-Dcassandra.storagedir=${folder}`,
    `-Dcassandra.logdir=${folder}`,
    "-Dcassandra-foreground=yes",
    `-Dcassandra.jmx.local.port=${jmxPort}`,
    // A test cluster has nobody to wait for.
    `-Dcassandra.ring_delay_ms=${RING_DELAY_MS}`,
    "-Dcassandra.skip_wait_for_gossip_to_settle=0",
    "-Dcassandra.superuser_setup_delay_ms=0",
    // A node here ends by kill -9, not by a power cut: what it has handed to the operating system stays.
    "-Dcassandra.skip_sync=true",
  ];
}

function opened(): string[] {
  return Object.entries(OPENED).flatMap(([module, packages]) =>
    packages.flatMap((name) => [
      `--add-opens=${module}/${name}=ALL-UNNAMED`,
      `--add-exports=${module}/${name}=ALL-UNNAMED`,
    ]),
  );
}
