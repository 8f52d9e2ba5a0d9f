import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, type ClientOptions, types } from "cassandra-driver";
import { type AwsCredentials, SigV4AuthProvider } from "../../../src/adapters/cassandra/sigv4.ts";
import { type Cluster, type ClusterOptions, cassandraJars, startCassandra } from "../cassandra/cluster.ts";
import type { CassandraNode } from "../cassandra/node.ts";
import type { Access } from "../cassandra/ready.ts";
import { watchOver } from "../cassandra/watchdog.ts";
import { type Certificate, makeCertificate } from "./certificate.ts";
import { type BenchSettings, Control } from "./control.ts";
import { classesOf } from "./java-classes.ts";

const LOCAL_QUORUM = types.consistencies.localQuorum;
const SOURCES = join(import.meta.dir, "java/todos/keyspaces");

export const DEFAULTS: BenchSettings = {
  throttle: 0,
  throttledWritesApply: false,
  schemaDelayMs: 1_000,
  pageRowsMax: 7,
  emptyPageShare: 0.3,
  region: "eu-west-1",
  credentials: { accessKeyId: "AKIDBENCH", secretAccessKey: "bench-secret", sessionToken: "bench-token" },
};

export interface KeyspacesOptions
  extends Partial<BenchSettings>,
    Pick<ClusterOptions, "nativePort" | "report" | "restarts"> {}

/**
 * A stand-in for Amazon Keyspaces: a real Cassandra that refuses what Keyspaces' documentation refuses (each
 * rule names its page, see java/), with SigV4, TLS, slow schema changes, short and empty pages, throttling.
 */
export interface Keyspaces extends AsyncDisposable {
  readonly node: CassandraNode;
  readonly address: string;
  readonly port: number;
  /** The name in its certificate, which has no address. */
  readonly serverName: string;
  readonly caFile: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  /** Variables that point `todos` at it. */
  readonly environment: Readonly<Record<string, string>>;
  /** A driver that is let in, with LOCAL_QUORUM unless told otherwise; the caller shuts it down. */
  client(options?: Partial<ClientOptions>): Client;
  /** Lets this share of requests time out from now on; 0 ends it. `apply`: those writes take place all the same. */
  throttle(share: number, options?: { readonly apply?: boolean }): Promise<void>;
  /** From now on only these open a new connection; open ones stay. */
  rotate(credentials: AwsCredentials): Promise<void>;
  set(changes: Partial<BenchSettings>): Promise<void>;
  stop(): Promise<void>;
}

/** @throws Error that says what to install where JDK 17 or Maven is missing. */
export async function startKeyspaces(options: KeyspacesOptions = {}): Promise<Keyspaces> {
  const folder = await mkdtemp(join(tmpdir(), "todos-keyspaces-"));
  const watchdog = watchOver(folder);
  try {
    return await startIn(folder, options, () => watchdog.finish());
  } catch (error) {
    await watchdog.finish();
    throw error;
  }
}

async function startIn(
  folder: string,
  { nativePort, report, restarts = false, ...settings }: KeyspacesOptions,
  removeFolder: () => Promise<void>,
): Promise<Keyspaces> {
  const control = new Control(folder, { ...DEFAULTS, ...settings });
  await control.set({});
  const serverName = `cassandra.${control.settings.region}.amazonaws.com`;
  const certificate = await makeCertificate(folder, serverName);
  const cluster = await startCassandra({
    nodes: 1,
    restarts,
    ...(nativePort === undefined ? {} : { nativePort }),
    ...(report ? { report } : {}),
    classPath: [await classesOf(SOURCES, await cassandraJars())],
    jvmArguments: [
      "-Dcassandra.custom_query_handler_class=todos.keyspaces.KeyspacesQueryHandler",
      `-Dtodos.keyspaces.control=${control.path}`,
    ],
    yaml: yaml(certificate),
    access: await accessTo(control, serverName, certificate),
  });
  return keyspacesOf(cluster, control, serverName, certificate, async () => {
    await cluster.stop();
    await removeFolder();
  });
}

const yaml = ({ keystore, password }: Certificate): string => `
authenticator: todos.keyspaces.SigV4Authenticator
client_encryption_options:
  enabled: true
  optional: false
  keystore: ${keystore}
  keystore_password: ${password}
  store_type: PKCS12
`;

async function accessTo(control: Control, servername: string, { caFile }: Certificate): Promise<Access> {
  return {
    sslOptions: { servername, ca: [await readFile(caFile)], rejectUnauthorized: true },
    authProvider: new SigV4AuthProvider(control.settings.region, async () => control.settings.credentials),
  };
}

function keyspacesOf(
  cluster: Cluster,
  control: Control,
  serverName: string,
  { caFile }: Certificate,
  stop: () => Promise<void>,
): Keyspaces {
  const { node } = cluster;
  return {
    node,
    address: node.address,
    port: node.port,
    serverName,
    caFile,
    region: control.settings.region,
    get credentials() {
      return control.settings.credentials;
    },
    get environment() {
      return { ...cluster.environment, ...awsEnvironment(control.settings, caFile) };
    },
    client: (options = {}) => cluster.client({ queryOptions: { consistency: LOCAL_QUORUM }, ...options }),
    throttle: (share, { apply = false } = {}) =>
      control.set({ throttle: share, throttledWritesApply: apply }),
    rotate: (credentials) => control.set({ credentials }),
    set: (changes) => control.set(changes),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function awsEnvironment({ region, credentials }: BenchSettings, caFile: string): Record<string, string> {
  return {
    CASSANDRA_AUTH: "sigv4",
    CASSANDRA_SSL_CA: caFile,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken ? { AWS_SESSION_TOKEN: credentials.sessionToken } : {}),
  };
}
