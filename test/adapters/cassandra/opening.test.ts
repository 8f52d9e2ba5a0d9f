import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { auth } from "cassandra-driver";
import { openProblem } from "../../../src/adapters/cassandra/open-problems.ts";
import { migrateCassandra } from "../../../src/adapters/cassandra/schema/migrator.ts";
import { Session } from "../../../src/adapters/cassandra/session.ts";
import type { CassandraSettings } from "../../../src/adapters/cassandra/settings.ts";
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

/** A node that wants TLS and a login. */
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

test("with TLS, the right name, authority and login it connects", async () => {
  const session = await Session.connect(good);
  expect(await session.row("SELECT value FROM meta WHERE key = 'epoch'", [])).toBeDefined();
  await session.close();
});

test(
  "each wrong setting → one sentence that names it, and no waiting for it to pass",
  async () => {
    const tls = good.tls ?? { servername: NAME };
    const cases: [Partial<CassandraSettings>, string][] = [
      [
        { password: "wrong" },
        "refuse the login of cassandra: check CASSANDRA_USERNAME and CASSANDRA_PASSWORD",
      ],
      [
        { username: undefined, password: undefined },
        "want a login, and none is given: set CASSANDRA_USERNAME",
      ],
      [{ tls: { ...tls, servername: "other.example" } }, "CASSANDRA_SSL_SERVER_NAME"],
      [{ tls: { servername: NAME } }, "CASSANDRA_SSL_CA"],
      [
        { localDatacenter: "elsewhere" },
        "CASSANDRA_LOCAL_DATACENTER is elsewhere, and the nodes are in datacenter1",
      ],
      [{ keyspace: "nowhere" }, "there is no keyspace nowhere (CASSANDRA_KEYSPACE)"],
    ];
    for (const [change, sentence] of cases) {
      expect(await problemWith(change)).toEqual({
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
  "a user without rights can't make the keyspace, and is told what somebody else has to run",
  async () => {
    const client = cluster.client();
    await client.execute("CREATE ROLE plain WITH PASSWORD = 'plain' AND LOGIN = true");
    await client.shutdown();
    const settings = { ...good, keyspace: "another", username: "plain", password: "plain" };
    await expect(migrateCassandra(settings, { clock })).rejects.toThrow(
      "let somebody who may run: CREATE KEYSPACE IF NOT EXISTS another WITH replication",
    );
    const denied = { ...good, username: "plain", password: "plain" };
    const session = await Session.connect(denied);
    const error = await session
      .row("SELECT value FROM meta WHERE key = 'epoch'", [])
      .catch((reason: unknown) => reason);
    await session.close();
    expect(openProblem(error, denied)).toEqual({
      sentence: expect.stringContaining("CASSANDRA_USERNAME may not do what the service needs"),
      passes: false,
    });
  },
  DEADLINE_MS,
);
