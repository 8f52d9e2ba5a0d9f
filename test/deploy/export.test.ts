import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import type { Client } from "cassandra-driver";
import { openCassandraRowWriter } from "../../src/adapters/cassandra/copying/open.ts";
import { migrateCassandra } from "../../src/adapters/cassandra/schema/migrator.ts";
import { openSqliteRows } from "../../src/adapters/sqlite/copying/reader.ts";
import { finishCopy } from "../../src/application/copy.ts";
import { deploy } from "../../src/application/deploy/deploy.ts";
import { newChecksum } from "../../src/commands/support/copying.ts";
import { scratchFolder } from "../commands/todos-process.ts";
import { fileContents, keyspaceContents, type Snapshot, seed, serving } from "../copying/support.ts";
import { type Aws, startAws } from "../support/aws/double/start.ts";
import { builtBinary, type Finished, finished } from "../support/binary.ts";
import { CASSANDRA_START_DEADLINE_MS } from "../support/cassandra/shared.ts";
import { type Keyspaces, startKeyspaces } from "../support/keyspaces/keyspaces.ts";
import { settingsFor } from "../support/keyspaces/settings.ts";
import { engineWith, JOURNEY_TIMEOUT_MS, OPTIONS } from "./engines.ts";

/** The double's time runs this many times as fast. The program's own time is real. */
const SPEED = 30;
const DESTROY = ["destroy", "--delete-data", "--yes"];
/** Runs the command that follows as if the disk were almost full. */
const FILES_OF_100_KB = ["sh", "-c", 'trap "" XFSZ; ulimit -f 200; exec "$0" "$@"'];
const LATE = "0190a000-0000-7000-8000-000000000001";

const binary = await builtBinary();
const folder = scratchFolder();
let aws: Aws;
let keyspaces: Keyspaces;
let client: Client;

// Use one identity for both: the stand-in for Keyspaces accepts the double's keys.
beforeAll(async () => {
  aws = await startAws({ time: SPEED });
  keyspaces = await startKeyspaces({ schemaDelayMs: 50, credentials: await aws.deployer.credentials() });
  await fill();
  client = keyspaces.client({ keyspace: "todos" });
  await client.connect();
  await deploy(engineWith(aws, "one"), OPTIONS);
}, CASSANDRA_START_DEADLINE_MS);

afterAll(async () => {
  await client?.shutdown();
  await keyspaces?.stop();
  await aws?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
}, JOURNEY_TIMEOUT_MS);

/** Fills a keyspace as the service would, with 124 tasks in seven lists. */
async function fill(): Promise<void> {
  const settings = settingsFor(keyspaces, "todos");
  await migrateCassandra(settings, { clock: { now: Date.now } });
  const file = folder.file("seed.db");
  seed(file, 6, 20);
  await using source = openSqliteRows(file);
  await using target = await openCassandraRowWriter(settings, "keyspaces", Date.now());
  const { outcome } = await finishCopy({
    ...{ source, target, newChecksum, clock: { now: Date.now }, ids: { next: () => Bun.randomUUIDv7() } },
    ...{ stop: new AbortController().signal, pause: () => Promise.resolve() },
    ...{ onStep: () => undefined, onDifference: () => undefined },
  });
  if (outcome !== "equal") throw new Error(`the keyspace was filled ${outcome}`);
}

function way(): Record<string, string> {
  const { address, port, caFile } = keyspaces;
  return { CASSANDRA_ENDPOINTS: address, CASSANDRA_PORT: String(port), CASSANDRA_SSL_CA: caFile };
}

/** Runs the compiled program as an operator who has access to Keyspaces. */
function todos(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  return finished([binary, ...words], { environment: { ...aws.environment, ...way(), ...environment } });
}

/** Returns the output of a destroy that fails, and expects that nothing changes. */
async function refused(file: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const before = aws.resources();
  const { exitCode, stderr } = await todos([...DESTROY, "--export", file], environment);
  expect(exitCode).toBe(1);
  expect(aws.resources()).toEqual(before);
  expect(stderr).toContain("could not be copied to");
  expect(stderr).toContain("nothing was deleted");
  expect(stderr).toContain("--no-export deletes the data without a copy");
  return stderr;
}

test(
  "if Keyspaces is unreachable nothing is deleted, and the message blames the network",
  async () => {
    const file = folder.file("unreached.db");
    const said = await refused(file, { CASSANDRA_PORT: "1" });
    expect(said).toContain(`no node of ${keyspaces.address} (CASSANDRA_ENDPOINTS) answers on port 1`);
    expect(said).toContain("the problem is the network, not permissions: the copy is made from this machine");
    expect(existsSync(file)).toBe(false);
  },
  JOURNEY_TIMEOUT_MS,
);

test(
  "if Keyspaces rejects the identity nothing is deleted, and the message blames permissions",
  async () => {
    await keyspaces.rotate({ accessKeyId: "AKIDOTHER", secretAccessKey: "another-secret" });
    const said = await refused(folder.file("refused.db"));
    await keyspaces.rotate(await aws.deployer.credentials());
    expect(said).toContain("Amazon Keyspaces refuses the AWS credentials for eu-west-1");
    expect(said).toContain("the problem is permissions, not the network (Keyspaces was reached)");
    expect(said).toContain("cassandra:Select on /keyspace/todos/*");
  },
  JOURNEY_TIMEOUT_MS,
);

test(
  "if another server answers for Keyspaces nothing is deleted: its certificate is checked",
  async () => {
    const said = await refused(folder.file("stranger.db"), { CASSANDRA_SSL_CA: "" });
    expect(said).toContain("certificate is not trusted");
    expect(said).toContain("something on the way answers with its own certificate");
  },
  JOURNEY_TIMEOUT_MS,
);

test(
  "if the file cannot be written, or its disk is full, nothing is deleted",
  async () => {
    const said = await refused(`${folder.file("seed.db")}/export.db`);
    expect(said).toContain("free some space, or name another file with --export");
    const before = aws.resources();
    const full = await finished(
      [...FILES_OF_100_KB, binary, ...DESTROY, "--export", folder.file("full.db")],
      {
        environment: { ...aws.environment, ...way() },
      },
    );
    expect(full.exitCode).toBe(1);
    expect(full.stderr).toContain("nothing was deleted");
    expect(full.stderr).toContain("free some space, or name another file");
    expect(aws.resources()).toEqual(before);
  },
  JOURNEY_TIMEOUT_MS,
);

test("an endpoint in another region does not lead to this keyspace", async () => {
  const { exitCode, stderr } = await todos(DESTROY, {
    CASSANDRA_ENDPOINTS: "cassandra.us-east-1.amazonaws.com",
  });
  expect(exitCode).toBe(2);
  expect(stderr).toContain("in another region than the environment (eu-west-1)");
});

test(
  "everything is copied, including later writes, and compared, before the keyspace is deleted; the file can be served",
  async () => {
    const file = folder.file("export.db");
    let late: Promise<unknown> | undefined;
    let atDeletion: Snapshot | undefined;
    aws.before = ({ action, input }) => {
      // The service writes once more before it is deleted.
      if (action === "DeleteStack" && String(input.StackName).includes("TodosEcsStack")) {
        late ??= client.execute(
          `INSERT INTO checklist (id, name, created_at, updated_at, version, write_id) VALUES ('${LATE}', 'late', 1, 1, 1, 'w') IF NOT EXISTS`,
        );
      }
      if (action === "DeleteKeyspace") atDeletion ??= fileContents(file);
      return undefined;
    };
    const { exitCode, stdout, stderr } = await todos([...DESTROY, "--export", file]);
    aws.before = undefined;
    await late;
    expect([exitCode, stdout, stderr]).toEqual([0, "nothing that costs money is left\n", stderr]);
    expect(stderr).toContain(`${file} holds all 10 checklists and 128 tasks`);
    expect(aws.resources()).toEqual([]);
    // The test's own reads take an empty page for the end.
    await keyspaces.set({ pageRowsMax: 5_000, emptyPageShare: 0 });
    const inKeyspace = await keyspaceContents(client);
    expect(inKeyspace.join()).toContain(LATE);
    expect(atDeletion).toEqual(inKeyspace);
    await using service = await serving(["--sqlite", file], {});
    expect((await fetch(`${service.url}/checklists/${LATE}`)).status).toBe(200);
  },
  JOURNEY_TIMEOUT_MS,
);

test(
  "an outdated earlier export is neither accepted nor overwritten",
  async () => {
    await deploy(engineWith(aws, "one"), OPTIONS);
    const file = folder.file("export.db");
    const before = fileContents(file);
    await client.execute(`DELETE FROM checklist WHERE id = '${LATE}' IF EXISTS`);
    const said = await refused(file);
    expect(said).toContain("it holds an earlier export, but 1 checklist has changed since");
    expect(fileContents(file)).toEqual(before);
  },
  JOURNEY_TIMEOUT_MS,
);

test(
  "--no-export asks nothing of Keyspaces and deletes the data",
  async () => {
    const { exitCode, stdout } = await todos([...DESTROY, "--no-export"], { CASSANDRA_PORT: "1" });
    expect([exitCode, stdout]).toEqual([0, "nothing that costs money is left\n"]);
    expect(aws.resources()).toEqual([]);
  },
  JOURNEY_TIMEOUT_MS,
);
