import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openProblem } from "../../../src/adapters/cassandra/open-problems.ts";
import { CASSANDRA_MIGRATIONS } from "../../../src/adapters/cassandra/schema/migrations.ts";
import { migrateCassandra } from "../../../src/adapters/cassandra/schema/migrator.ts";
import { Session } from "../../../src/adapters/cassandra/session.ts";
import type { CassandraSettings } from "../../../src/adapters/cassandra/settings.ts";
import { type CassandraStore, openCassandraStore } from "../../../src/adapters/cassandra/store.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { changeChecklist, createChecklist, deleteChecklist } from "../../../src/application/commands.ts";
import { TodosError } from "../../../src/domain/errors.ts";
import type { Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS } from "../../support/cassandra/shared.ts";
import { freshKeyspaceIn } from "../../support/keyspaces/keyspace.ts";
import { type Keyspaces, startKeyspaces } from "../../support/keyspaces/keyspaces.ts";
import { settingsFor } from "../../support/keyspaces/settings.ts";
import { KeptLog, KeptMeter, thrownBy } from "../sqlite/support.ts";

const clock = { now: Date.now };
const DEADLINE_MS = 90_000;
/** Rows of one unlogged batch. */
const BATCH_ROWS = 30;

let keyspaces: Keyspaces;
let keyspace: Keyspace;
let meter: KeptMeter;
let store: CassandraStore;

beforeAll(async () => {
  keyspaces = await startKeyspaces({ schemaDelayMs: 100, restarts: true });
  keyspace = await freshKeyspaceIn(keyspaces);
  meter = new KeptMeter();
  store = await openStore(keyspace.settings, meter);
}, CASSANDRA_START_DEADLINE_MS);

afterAll(async () => {
  await store?.close();
  await keyspace?.[Symbol.asyncDispose]();
  await keyspaces?.stop();
}, DEADLINE_MS);

const openStore = (settings: CassandraSettings, kept = new KeptMeter()) =>
  openCassandraStore({ settings, log: new KeptLog(), meter: kept, clock });

function checklist() {
  const now = clock.now();
  return { id: Bun.randomUUIDv7(), name: "Garden", createdAt: now, updatedAt: now, version: 1 };
}

describe("throttling", () => {
  test("a store out of capacity → unavailable, with a retry time, and counted", async () => {
    const before = meter.throttled;
    await keyspaces.throttle(1);
    const reading = await thrownBy(() => store.findChecklist(Bun.randomUUIDv7()));
    const writing = await thrownBy(() => store.write(createChecklist(ANYONE, checklist())));
    await keyspaces.throttle(0);
    for (const error of [reading, writing]) {
      expect(error).toBeInstanceOf(TodosError);
      expect(error).toMatchObject({ code: "store-unavailable", retryAfterS: expect.any(Number) });
    }
    expect(meter.throttled - before).toBeGreaterThanOrEqual(4);
  });

  for (const apply of [false, true]) {
    test(
      `of writes that time out${apply ? " and are applied anyway" : ""}, none is lost, doubled or reported as stale`,
      async () => {
        const row = checklist();
        await store.write(createChecklist(ANYONE, row));
        await keyspaces.throttle(0.3, { apply });
        const outcomes: string[] = [];
        let version = 1;
        for (let write = 0; write < 40; write++) {
          const guard = { anyOf: [version] };
          const written = await store
            .write(changeChecklist(ANYONE, row.id, { name: `Garden ${write}` }, guard, clock.now()))
            .catch((error: unknown) => {
              if (error instanceof TodosError && error.code === "store-unavailable") return undefined;
              throw error;
            });
          outcomes.push(written?.outcome ?? "unavailable");
          if (written?.outcome === "written") expect(written.row.version).toBe(version + 1);
          version = (await settledVersion(row.id)) ?? version;
        }
        await keyspaces.throttle(0);
        expect(outcomes).not.toContain("stale");
        expect(outcomes.filter((outcome) => outcome === "written").length).toBeGreaterThan(20);
      },
      DEADLINE_MS,
    );
  }

  async function settledVersion(id: string): Promise<number | undefined> {
    for (;;) {
      try {
        return (await store.findChecklist(id))?.version;
      } catch (error) {
        if (!(error instanceof TodosError)) throw error;
      }
    }
  }
});

test(
  "a deleted checklist's 1,250 tasks are purged, although one statement may delete only 1,000 rows",
  async () => {
    const row = checklist();
    await store.write(createChecklist(ANYONE, row));
    const insert = "INSERT INTO todo (checklist_id, id, task, version) VALUES (?, ?, 'dig', 1)";
    const ids = Array.from({ length: 1_250 }, () => Bun.randomUUIDv7());
    for (let start = 0; start < ids.length; start += BATCH_ROWS) {
      const queries = ids
        .slice(start, start + BATCH_ROWS)
        .map((id) => ({ query: insert, params: [row.id, id] }));
      await keyspace.client.batch(queries, { prepare: true, logged: false });
    }
    expect((await store.write(deleteChecklist(ANYONE, row.id, { anyOf: [1] }))).outcome).toBe("written");
    await store.close();
    store = await openStore(keyspace.settings, meter);
    const session = await Session.connect(keyspace.settings);
    const left = await session.rows("SELECT id FROM todo WHERE checklist_id = ?", [row.id]);
    const list = await session.row("SELECT deleted_at FROM checklist WHERE id = ?", [row.id]);
    const recorded = await session.rows("SELECT checklist_id, due_at FROM purge_queue", []);
    await session.close();
    expect(left).toEqual([]);
    expect(list?.deleted_at).toBeInstanceOf(Date);
    expect(recorded.map((record) => record.checklist_id)).toEqual([row.id]);
    expect(recorded[0]?.due_at.getTime()).toBeGreaterThan(Date.now());
  },
  DEADLINE_MS,
);

describe("schema", () => {
  test(
    "two migrators at once, where every table appears late: one keyspace, all of it, TTL and recovery enabled",
    async () => {
      const settings = settingsFor(keyspaces, "two_migrators");
      const run = () => migrateCassandra(settings, { clock });
      const [first, second] = await Promise.all([run(), run()]);
      expect([...first, ...second].sort()).toEqual([...new Set([...first, ...second])].sort());
      const client = keyspaces.client({ keyspace: "two_migrators" });
      const tables = await client.execute(
        "SELECT table_name, status FROM system_schema_mcs.tables WHERE keyspace_name = 'two_migrators'",
      );
      expect(new Set(tables.rows.map(({ status }) => status))).toEqual(new Set(["ACTIVE"]));
      const { rows } = await client.execute(
        "SELECT table_name, comment FROM system_schema.tables WHERE keyspace_name = 'two_migrators'",
      );
      expect(rows.map((row) => row.table_name)).toContain("schema_migration");
      // The mark of the stand-in: Keyspaces itself tells it by its own API.
      expect(new Set(rows.map(({ comment }) => comment))).toEqual(new Set(["point-in-time recovery"]));
      await client.execute("UPDATE idempotency USING TTL 60 SET id = 'i' WHERE scope = 's' AND key = 'k'");
      await client.shutdown();
      const opened = await openStore(settings);
      await opened.check();
      await opened.close();
    },
    DEADLINE_MS,
  );

  test(
    "a change in progress from another process is waited for",
    async () => {
      const settings = settingsFor(keyspaces, "left_halfway");
      const outside = keyspaces.client();
      await outside.execute(
        "CREATE KEYSPACE left_halfway WITH REPLICATION = {'class': 'SingleRegionStrategy'}",
      );
      await keyspaces.set({ schemaDelayMs: 1_000 });
      while ((await statusOf(outside, "left_halfway")) !== "ACTIVE") await Bun.sleep(50);
      await outside.execute("CREATE TABLE left_halfway.schema_migration (record text PRIMARY KEY)");
      await keyspaces.set({ schemaDelayMs: 100 });
      // It waits, and then finds that the table is not its own.
      await expect(migrateCassandra(settings, { clock })).rejects.toThrow("schema_migration");
      await outside.shutdown();
    },
    DEADLINE_MS,
  );

  test(
    "a keyspace and empty tables that a deployment created earlier are migrated as they are",
    async () => {
      const outside = keyspaces.client();
      await outside.execute("CREATE KEYSPACE deployed WITH REPLICATION = {'class': 'SingleRegionStrategy'}");
      while ((await statusOf(outside, "deployed")) !== "ACTIVE") await Bun.sleep(50);
      const inside = keyspaces.client({ keyspace: "deployed" });
      for (const { cql } of CASSANDRA_MIGRATIONS[0]?.statements ?? []) await inside.execute(cql);
      // A stack is complete when its tables can be used.
      const tables = "SELECT status FROM system_schema_mcs.tables WHERE keyspace_name = 'deployed'";
      const areActive = async () => {
        const { rows } = await inside.execute(tables);
        return rows.length === 2 && rows.every(({ status }) => status === "ACTIVE");
      };
      while (!(await areActive())) await Bun.sleep(50);
      const settings = settingsFor(keyspaces, "deployed");
      const names = CASSANDRA_MIGRATIONS.map(({ name }) => name);
      expect(await migrateCassandra(settings, { clock })).toEqual(names);
      expect(await migrateCassandra(settings, { clock })).toEqual([]);
      const opened = await openStore(settings);
      await opened.check();
      await opened.close();
      await Promise.all([outside.shutdown(), inside.shutdown()]);
    },
    DEADLINE_MS,
  );

  const statusOf = async (client: ReturnType<Keyspaces["client"]>, name: string): Promise<unknown> => {
    const statement = `SELECT status FROM system_schema_mcs.keyspaces WHERE keyspace_name = '${name}'`;
    return (await client.execute(statement)).first()?.status;
  };
});

describe("connecting", () => {
  async function problemWith(change: Partial<CassandraSettings>) {
    const settings = { ...keyspace.settings, ...change };
    const error = await Session.connect(settings).then(
      (session) => session.close(),
      (reason: unknown) => reason,
    );
    return openProblem(error, settings);
  }

  test(
    "each wrong setting → one sentence that names it, and no waiting",
    async () => {
      const { tls, region, credentials } = { ...keyspace.settings, ...keyspaces };
      const sigv4 = (change: object) => ({
        sigv4: { region, credentials: async () => ({ ...credentials, ...change }) },
      });
      const refused = "Amazon Keyspaces refuses the AWS credentials for eu-west-1: check AWS_ACCESS_KEY_ID";
      const cases: [Partial<CassandraSettings>, string][] = [
        [
          { tls: { servername: "cassandra.us-east-1.amazonaws.com", ca: tls?.ca } },
          "CASSANDRA_SSL_SERVER_NAME",
        ],
        [{ tls: { servername: keyspaces.serverName } }, "CASSANDRA_SSL_CA"],
        [sigv4({ secretAccessKey: "wrong" }), refused],
        [sigv4({ accessKeyId: "AKIDOTHER" }), refused],
        [sigv4({ sessionToken: undefined }), refused],
        [
          { sigv4: { region: "us-east-1", credentials: async () => credentials } },
          "credentials for us-east-1",
        ],
        [
          { sigv4: { region, credentials: () => Promise.reject(new Error("none found")) } },
          "no AWS credentials found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
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

  test("opens as many connections to a node as its rate needs", async () => {
    const session = await Session.connect(keyspace.settings);
    const state = session.client.getState();
    const [node] = state.getConnectedHosts();
    expect(node && state.getOpenConnections(node)).toBe(3);
    await session.close();
  });

  test(
    "after the keys have changed, open connections stay and new ones use the new keys",
    async () => {
      const before = keyspaces.credentials;
      const session = await Session.connect(keyspace.settings);
      await keyspaces.rotate({ accessKeyId: "AKIDNEXT", secretAccessKey: "next", sessionToken: "second" });
      const late = await problemWith({
        sigv4: { region: keyspaces.region, credentials: async () => before },
      });
      expect(late?.sentence).toContain("refuses the AWS credentials");
      expect(await session.row("SELECT value FROM meta WHERE key = 'epoch'", [])).toBeDefined();
      // Every connection breaks, and the session gets new ones by itself.
      await keyspaces.node.restart();
      const read = () => session.row("SELECT value FROM meta WHERE key = 'epoch'", []);
      for (;;) {
        const row = await read().catch((error: unknown) => {
          if (error instanceof TodosError) return undefined;
          throw error;
        });
        if (row) break;
        await Bun.sleep(100);
      }
      await session.close();
    },
    DEADLINE_MS,
  );
});
