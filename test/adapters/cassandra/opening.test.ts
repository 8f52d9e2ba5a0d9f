import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { auth } from "cassandra-driver";
import { openProblem } from "../../../src/adapters/cassandra/open-problems.ts";
import { migrateCassandra } from "../../../src/adapters/cassandra/schema/migrator.ts";
import { Session } from "../../../src/adapters/cassandra/session.ts";
import type { CassandraSettings } from "../../../src/adapters/cassandra/settings.ts";
import { todos } from "../../commands/todos-process.ts";
import { type Cluster, startCassandra } from "../../support/cassandra/cluster.ts";
import { CASSANDRA_START_DEADLINE_MS } from "../../support/cassandra/shared.ts";
import { makeCertificate } from "../../support/keyspaces/certificate.ts";
import { clock } from "./migration-support.ts";

const NAME = "db.todos.example";
/** The user that a new Cassandra has. */
const FIRST_USER = "cassandra";
const DEADLINE_MS = 60_000;

let folder: string;
let cluster: Cluster;
let good: CassandraSettings;

/** A node that requires TLS and a login. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "todos-test-"));
  const { keystore, password, caFile } = await makeCertificate(folder, NAME);
  const ca = await readFile(caFile, "utf8");
  cluster = await startCassandra({
    yaml: `
authenticator: PasswordAuthenticator
authorizer: CassandraAuthorizer
client_encryption_options:
  enabled: true
  optional: false
  keystore: ${keystore}
  keystore_password: ${password}
  store_type: PKCS12
`,
    access: {
      sslOptions: { ca, servername: NAME, rejectUnauthorized: true },
      authProvider: new auth.PlainTextAuthProvider(FIRST_USER, FIRST_USER),
    },
  });
  good = {
    endpoints: [cluster.node.address],
    port: cluster.port,
    keyspace: "todos",
    username: FIRST_USER,
    password: FIRST_USER,
    tls: { servername: NAME, ca },
  };
  await migrateCassandra(good, { clock });
}, CASSANDRA_START_DEADLINE_MS);

afterAll(async () => {
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function problemWith(change: Partial<CassandraSettings>) {
  const settings = { ...good, ...change };
  const error = await Session.connect(settings).then(
    (session) => session.close(),
    (reason: unknown) => reason,
  );
  return openProblem(error, settings);
}

test("with TLS and the right name, authority and login it connects", async () => {
  const session = await Session.connect(good);
  expect(await session.row("SELECT value FROM meta WHERE key = 'epoch'", [])).toBeDefined();
  await session.close();
});

test(
  "each wrong setting → one sentence that names it, and no waiting",
  async () => {
    const tls = good.tls ?? { servername: NAME };
    const cases: [Partial<CassandraSettings>, string][] = [
      [
        { password: "wrong" },
        "refuse the login of cassandra: check CASSANDRA_USERNAME and CASSANDRA_PASSWORD",
      ],
      [{ username: undefined, password: undefined }, "require a login: set CASSANDRA_USERNAME"],
      [{ tls: { ...tls, servername: "other.example" } }, "CASSANDRA_SSL_SERVER_NAME"],
      [{ tls: { servername: NAME } }, "CASSANDRA_SSL_CA"],
      [
        { localDatacenter: "elsewhere" },
        "CASSANDRA_LOCAL_DATACENTER is elsewhere, but the nodes are in datacenter1",
      ],
      [{ keyspace: "nowhere" }, "keyspace nowhere (CASSANDRA_KEYSPACE) does not exist"],
    ];
    for (const [change, sentence] of cases) {
      expect(await problemWith(change)).toMatchObject({
        sentence: expect.stringContaining(sentence),
        passes: false,
      });
    }
  },
  DEADLINE_MS,
);

test(
  "plain connections to a port that wants TLS → CASSANDRA_SSL is named",
  async () => {
    expect((await problemWith({ tls: undefined }))?.sentence).toContain("CASSANDRA_SSL");
  },
  DEADLINE_MS,
);

test(
  "a user without permissions can't create the keyspace, and gets the statement for an administrator",
  async () => {
    const client = cluster.client();
    await client.execute("CREATE ROLE plain WITH PASSWORD = 'plain' AND LOGIN = true");
    await client.shutdown();
    const settings = { ...good, keyspace: "another", username: "plain", password: "plain" };
    await expect(migrateCassandra(settings, { clock })).rejects.toThrow(
      "ask someone who may to run: CREATE KEYSPACE IF NOT EXISTS another WITH replication",
    );
    const denied = { ...good, username: "plain", password: "plain" };
    const session = await Session.connect(denied);
    const error = await session
      .row("SELECT value FROM meta WHERE key = 'epoch'", [])
      .catch((reason: unknown) => reason);
    await session.close();
    expect(openProblem(error, denied)).toMatchObject({
      sentence: expect.stringContaining("CASSANDRA_USERNAME may not do what the service needs"),
      passes: false,
    });
  },
  DEADLINE_MS,
);

describe("todos doctor", () => {
  const settings = (): Record<string, string> => ({
    CASSANDRA_ENDPOINTS: cluster.node.address,
    CASSANDRA_PORT: String(cluster.port),
    CASSANDRA_USERNAME: FIRST_USER,
    CASSANDRA_PASSWORD: FIRST_USER,
    CASSANDRA_SSL: "true",
    CASSANDRA_SSL_SERVER_NAME: NAME,
    CASSANDRA_SSL_CA: join(folder, "ca.pem"),
    TODOS_PORT: "0",
  });

  async function findings(wrong: Record<string, string> = {}) {
    const env = Object.fromEntries(
      Object.entries({ ...settings(), ...wrong }).filter(([, value]) => value !== ""),
    );
    const { code, stdout, stderr } = await todos(["doctor", "--json"], { env });
    const all = stdout
      .trimEnd()
      .split("\n")
      .map((line): { check: string; result: string; message: string; advice?: string } => JSON.parse(line));
    return { code, stderr, all, ofCluster: all.filter(({ check }) => check.startsWith("cluster")) };
  }

  test(
    "checks the cluster, and not a file, if endpoints are set",
    async () => {
      const { code, all, ofCluster } = await findings();
      expect(all.filter(({ result }) => result === "fail")).toEqual([]);
      expect(code).toBe(0);
      expect(ofCluster.map(({ check, message }) => [check, message])).toEqual([
        ["cluster's nodes", "1 of 1 answer"],
        ["cluster's TLS", `every certificate is for ${NAME}, and trusted`],
        ["cluster's login", "the nodes accept the login of cassandra"],
        ["cluster's data centre", "datacenter1"],
        ["cluster's keyspace", "todos exists"],
        ["cluster's schema", "up to date, and a quorum answers"],
      ]);
      const checks = all.map(({ check }) => check);
      for (const ofFiles of ["data folder", "database", "disk speed"]) expect(checks).not.toContain(ofFiles);
    },
    DEADLINE_MS,
  );

  test(
    "each problem → 1, and one sentence that names the setting or the command",
    async () => {
      const cases: [Record<string, string>, string, string][] = [
        [{ CASSANDRA_PORT: "1" }, "cluster's nodes", "(CASSANDRA_ENDPOINTS) answers on port 1"],
        [
          { CASSANDRA_PASSWORD: "wrong" },
          "cluster's login",
          "check CASSANDRA_USERNAME and CASSANDRA_PASSWORD",
        ],
        [{ CASSANDRA_SSL_CA: "" }, "cluster's TLS", "CASSANDRA_SSL_CA"],
        [{ CASSANDRA_SSL_CA: "/nowhere" }, "cluster", "can't read /nowhere"],
        [{ CASSANDRA_SSL_SERVER_NAME: "other.example" }, "cluster's TLS", "CASSANDRA_SSL_SERVER_NAME"],
        [{ CASSANDRA_LOCAL_DATACENTER: "elsewhere" }, "cluster's data centre", "nodes are in datacenter1"],
        [
          { CASSANDRA_KEYSPACE: "nowhere" },
          "cluster's keyspace",
          "create it and its tables with: todos migrate",
        ],
        [{ CASSANDRA_KEYSPACE: "system_auth" }, "cluster's schema", "run: todos migrate"],
      ];
      for (const [wrong, check, sentence] of cases) {
        const { code, stderr, ofCluster } = await findings(wrong);
        const failed = ofCluster.filter(({ result }) => result !== "ok");
        expect([wrong, failed]).toEqual([
          wrong,
          [{ check, result: "fail", message: expect.stringContaining(sentence), advice: expect.any(String) }],
        ]);
        expect([code, stderr]).toEqual([1, ""]);
      }
    },
    DEADLINE_MS,
  );
});
