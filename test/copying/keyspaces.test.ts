import { Database } from "bun:sqlite";
import { beforeAll, expect, test } from "bun:test";
import { openCassandraRows, openCassandraRowWriter } from "../../src/adapters/cassandra/copying/open.ts";
import { untilKeyspaceActive, untilTableActive } from "../../src/adapters/cassandra/schema/slow-schema.ts";
import { Session } from "../../src/adapters/cassandra/session.ts";
import { openSqliteRows } from "../../src/adapters/sqlite/copying/reader.ts";
import { openSqliteRowWriter } from "../../src/adapters/sqlite/copying/writer.ts";
import type { RowReader, RowWriter } from "../../src/application/copy/ports.ts";
import { finishCopy } from "../../src/application/copy.ts";
import { scratchFolder } from "../commands/todos-process.ts";
import { CASSANDRA_START_DEADLINE_MS } from "../support/cassandra/shared.ts";
import { freshKeyspaceIn } from "../support/keyspaces/keyspace.ts";
import type { Keyspaces } from "../support/keyspaces/keyspaces.ts";
import { settingsFor } from "../support/keyspaces/settings.ts";
import { sharedKeyspaces } from "../support/keyspaces/shared.ts";
import { fileContents, seed } from "./support.ts";

const DEADLINE_MS = 180_000;

let keyspaces: Keyspaces;
beforeAll(async () => {
  keyspaces = await sharedKeyspaces({ schemaDelayMs: 100 });
}, CASSANDRA_START_DEADLINE_MS);

const finished = (source: RowReader, target: RowWriter) =>
  finishCopy({
    source,
    target,
    clock: { now: () => Date.now() },
    ids: { next: () => Bun.randomUUIDv7() },
    newChecksum: () => {
      const hasher = new Bun.CryptoHasher("sha256");
      return { add: (text) => void hasher.update(text), end: () => hasher.digest("hex") };
    },
    stop: new AbortController().signal,
    pause: () => Promise.resolve(),
    onStep: () => undefined,
    onDifference: () => undefined,
  });

test(
  "to Amazon Keyspaces and back, under its rules: everything is unchanged",
  async () => {
    using folder = scratchFolder();
    await using keyspace = await freshKeyspaceIn(keyspaces);
    const [file, back] = [folder.file("a.db"), folder.file("b.db")];
    seed(file, 6, 20);
    // Long over: a service that is off removes nothing from its trash.
    new Database(file).run("UPDATE trashed_task SET until = 5 WHERE deleted_at = 3");
    {
      await using source = openSqliteRows(file);
      await using target = await openCassandraRowWriter(keyspace.settings, "keyspaces", Date.now());
      expect((await finished(source, target)).outcome).toBe("equal");
    }
    await using source = await openCassandraRows(keyspace.settings, "keyspaces");
    await using target = openSqliteRowWriter(back, Date.now());
    expect((await finished(source, target)).outcome).toBe("equal");
    expect(fileContents(back)).toEqual(fileContents(file));
  },
  DEADLINE_MS,
);

test(
  "from the keyspace that the original creates without its stack: Keyspaces does not return when a cell was written, so times are left out",
  async () => {
    using folder = scratchFolder();
    const settings = settingsFor(keyspaces, `t_${Bun.randomUUIDv7().replaceAll("-", "")}`);
    const { keyspace } = settings;
    const client = keyspaces.client();
    await client.execute(`CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'SingleRegionStrategy'}`);
    const session = await Session.connect({ ...settings, keyspace: undefined });
    await untilKeyspaceActive(session, keyspace);
    await session.close();
    await client.execute(`CREATE TABLE ${keyspace}.checklist (id uuid PRIMARY KEY, name text)`);
    const there = await Session.connect(settings);
    await untilTableActive(there, "checklist");
    await there.close();
    const id = crypto.randomUUID();
    await client.execute(`INSERT INTO ${keyspace}.checklist (id, name) VALUES (${id}, 'Groceries')`);
    await client.shutdown();

    const file = folder.file("a.db");
    await using source = await openCassandraRows(settings, "keyspaces");
    await using target = openSqliteRowWriter(file, Date.now());
    expect((await finished(source, target)).outcome).toBe("equal");
    expect(fileContents(file)).toContain(JSON.stringify([id, "Groceries", 0, 0, 1]));
  },
  DEADLINE_MS,
);
