import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Client, types } from "cassandra-driver";
import { LEASE_TIMES, Lease } from "../../../src/adapters/cassandra/schema/lease.ts";
import {
  CASSANDRA_MIGRATIONS,
  cassandraMigration,
} from "../../../src/adapters/cassandra/schema/migrations.ts";
import {
  baselineCassandra,
  migrateCassandra,
  plannedStatements,
} from "../../../src/adapters/cassandra/schema/migrator.ts";
import type { MigrationProgress } from "../../../src/adapters/cassandra/schema/progress.ts";
import { cassandraMigrationStatus, schemaProblem } from "../../../src/adapters/cassandra/schema/status.ts";
import { Session } from "../../../src/adapters/cassandra/session.ts";
import type { CassandraSettings } from "../../../src/adapters/cassandra/settings.ts";
import { openCassandraStore } from "../../../src/adapters/cassandra/store.ts";
import { ANYONE } from "../../../src/application/caller.ts";
import { changeChecklist, changeTask, createChecklist } from "../../../src/application/commands.ts";
import { StoreOpenError } from "../../../src/application/store-open-error.ts";
import { INBOX_ID } from "../../../src/domain/checklist.ts";
import type { Cluster } from "../../support/cassandra/cluster.ts";
import { freshKeyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../../support/cassandra/shared.ts";
import { Wire } from "../../support/cassandra/wire.ts";
import { note, partOfToday } from "../../support/size.ts";
import { KeptLog, KeptMeter } from "../sqlite/support.ts";
import {
  clock,
  migrateInChild,
  SHORT_LEASE,
  schemaOf,
  unusedKeyspace,
  withOneMore,
} from "./migration-support.ts";

const DEADLINE_MS = 120_000;
const NAMES = CASSANDRA_MIGRATIONS.map(({ name }) => name);
const NEXT = withOneMore("").at(-1)?.name ?? "";
/** Steps of a migrator between two failures of its connections: no multiple of those of one statement. */
const BREAK_EVERY = 14;
const STATEMENTS = CASSANDRA_MIGRATIONS.reduce((sum, { statements }) => sum + statements.length, 0);

let cluster: Cluster;
let client: Client;
/** Up to date; for tests that only read. */
let whole: string;

beforeAll(async () => {
  cluster = await sharedCassandra();
  client = cluster.client();
  whole = unusedKeyspace();
  await migrateCassandra(settingsFor(whole), { clock });
}, CASSANDRA_START_DEADLINE_MS);

afterAll(() => client?.shutdown());

function settingsFor(keyspace: string): CassandraSettings {
  return { endpoints: cluster.endpoints.split(","), port: cluster.port, keyspace };
}

async function epochOf(keyspace: string): Promise<unknown> {
  return (await client.execute(`SELECT value FROM ${keyspace}.meta WHERE key = 'epoch'`)).first()?.value;
}

/** The service's own check of a keyspace. */
async function problemOf(keyspace: string, known = CASSANDRA_MIGRATIONS): Promise<string | undefined> {
  const session = await Session.connect(settingsFor(keyspace));
  try {
    return await schemaProblem(session, keyspace, known);
  } finally {
    await session.close();
  }
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreOpenError);
  return (error as StoreOpenError).message;
}

describe("migrating", () => {
  test(
    "from nothing: creates the keyspace, tables, inbox and epoch, and says how the keyspace is replicated",
    async () => {
      const keyspace = unusedKeyspace();
      const settings = settingsFor(keyspace);
      const steps: MigrationProgress[] = [];
      expect(await migrateCassandra(settings, { clock, onProgress: (step) => steps.push(step) })).toEqual(
        NAMES,
      );
      expect(steps[0]).toEqual({
        step: "keyspace",
        keyspace,
        datacenter: "datacenter1",
        replicas: 1,
        strategy: "NetworkTopologyStrategy",
      });
      expect(steps.filter(({ step }) => step === "recorded")).toHaveLength(STATEMENTS);
      const made = await client.execute(
        "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?",
        [keyspace],
      );
      expect(made.first()?.replication).toEqual({
        class: "org.apache.cassandra.locator.NetworkTopologyStrategy",
        datacenter1: "1",
      });
      expect(await epochOf(keyspace)).toMatch(/^[0-9a-f]{12}$/);
      expect(await problemOf(keyspace)).toBeUndefined();
      await using store = await opened(settings);
      expect(await store.findChecklist(INBOX_ID)).toMatchObject({ name: "Inbox", version: 1 });
    },
    DEADLINE_MS,
  );

  test(
    "twice: the second time there is nothing to do, and inbox and epoch stay",
    async () => {
      const keyspace = whole;
      await client.execute(
        `UPDATE ${keyspace}.checklist SET name = 'Mine' WHERE id = ? IF EXISTS`,
        [INBOX_ID],
        { prepare: true },
      );
      const before = await epochOf(keyspace);
      const steps: MigrationProgress[] = [];
      const again = migrateCassandra(settingsFor(keyspace), {
        clock,
        onProgress: (step) => steps.push(step),
      });
      expect([await again, steps]).toEqual([[], []]);
      expect(await epochOf(keyspace)).toBe(before);
    },
    DEADLINE_MS,
  );

  test(
    "two at once: one does the work, the other waits, says for whom, and finds nothing left",
    async () => {
      const settings = settingsFor(unusedKeyspace());
      const waits: MigrationProgress[] = [];
      const onProgress = (step: MigrationProgress) => step.step === "waiting" && waits.push(step);
      const options = { clock, onProgress, leaseTimes: { ...LEASE_TIMES, lookEveryMs: 20 } };
      const done = await Promise.all([
        migrateCassandra(settings, options),
        migrateCassandra(settings, options),
      ]);
      expect(done.toSorted((a, b) => b.length - a.length)).toEqual([NAMES, []]);
      expect(waits).toEqual([
        {
          step: "waiting",
          owner: expect.stringContaining(`process ${process.pid}`),
          until: expect.any(Number),
        },
      ]);
      const fences = await client.execute(
        `SELECT fence FROM ${settings.keyspace}.schema_migration WHERE record = 'schema'`,
      );
      expect(new Set(fences.rows.map((row) => row.fence)).size).toBe(1);
    },
    DEADLINE_MS,
  );

  test(
    "--dry-run prints every statement and changes nothing",
    async () => {
      const settings = settingsFor(unusedKeyspace());
      const planned = await plannedStatements(settings);
      expect(planned[0]?.cql).toStartWith(`CREATE KEYSPACE IF NOT EXISTS ${settings.keyspace}`);
      expect(planned.slice(-STATEMENTS).map(({ cql }) => cql)).toEqual(
        CASSANDRA_MIGRATIONS.flatMap(({ statements }) => statements.map(({ cql }) => cql)),
      );
      expect(await schemaOf(client, settings.keyspace)).toEqual([]);
      expect(await plannedStatements(settingsFor(whole))).toEqual([]);
    },
    DEADLINE_MS,
  );

  test(
    "a column that someone else added with another type is refused",
    async () => {
      const keyspace = unusedKeyspace();
      await originalTables(keyspace);
      await client.execute(`ALTER TABLE ${keyspace}.todo ADD status int`);
      const message = await refusalOf(migrateCassandra(settingsFor(keyspace), { clock }));
      expect(message).toContain(
        `${keyspace}.todo has a column status of type int, where this migration needs text`,
      );
    },
    DEADLINE_MS,
  );
});

test(
  "broken connections do not end it: it continues once there are new ones",
  async () => {
    await using wire = await Wire.before(cluster.node);
    const settings = { ...settingsFor(unusedKeyspace()), port: wire.port };
    let breaks = 0;
    const onProgress = ({ step }: MigrationProgress) => {
      // Before a statement, before its record, and before the lease is renewed.
      if (!["statement", "executed", "recorded"].includes(step) || ++breaks % BREAK_EVERY !== 0) return;
      wire.cut();
    };
    expect(await migrateCassandra(settings, { clock, onProgress })).toEqual(NAMES);
    expect(breaks).toBeGreaterThan(2 * BREAK_EVERY);
    expect(await problemOf(settings.keyspace)).toBeUndefined();
  },
  DEADLINE_MS,
);

describe("kill -9", () => {
  test.each(["executed", "recorded"] as const)(
    "at every statement, once it is %s: the next run continues, and the schema is complete",
    async (step) => {
      const settings = settingsFor(unusedKeyspace());
      // Each killed run gets so many statements further. All parts together leave none out.
      const { part, parts } = partOfToday();
      // A statement that was executed and not recorded is executed again: the first is that one.
      const again = step === "executed" ? 1 : 0;
      let kills = 0;
      let ended = await migrateInChild(settings, { step, survives: again + part - 1 });
      for (; ended.signal === "SIGKILL"; kills++)
        ended = await migrateInChild(settings, { step, survives: again + parts - 1 });
      expect(ended).toEqual({ signal: null, code: 0 });
      expect(kills).toBeGreaterThanOrEqual(Math.floor((STATEMENTS - 1) / parts));
      note(
        `migrate on Cassandra killed at ${kills} statements (part ${part}/${parts}), once each was ${step}`,
      );
      expect(await schemaOf(client, settings.keyspace)).toEqual(await schemaOf(client, whole));
      expect(await cassandraMigrationStatus(settings)).toMatchObject(
        NAMES.map((name) => ({ name, state: "applied" })),
      );
      expect(await epochOf(settings.keyspace)).toMatch(/^[0-9a-f]{12}$/);
    },
    DEADLINE_MS,
  );

  test(
    "half-way: status shows the progress, and the service refuses with the command to type",
    async () => {
      const settings = settingsFor(unusedKeyspace());
      expect(await migrateInChild(settings, { step: "recorded", survives: 4 })).toMatchObject({
        signal: "SIGKILL",
      });
      const [first, second, ...others] = await cassandraMigrationStatus(settings);
      expect(first).toMatchObject({ name: "0001_baseline", state: "applied" });
      expect(second).toMatchObject({
        name: "0002_versions_and_keys",
        state: "partial",
        done: 3,
        statements: 14,
      });
      expect(new Set(others.map(({ state }) => state))).toEqual(new Set(["pending"]));
      expect(await problemOf(settings.keyspace)).toContain(
        `lacks ${NAMES.slice(1).join(", ")}; run: todos migrate`,
      );
      await expect(openCassandraStore(storeOptions(settings))).rejects.toThrow("run: todos migrate");
    },
    DEADLINE_MS,
  );
});

describe("the lease", () => {
  test(
    "holds in all data centres, and so do the rows that a migration writes: every transaction is SERIAL",
    async () => {
      await using wire = await Wire.before(cluster.node);
      await migrateCassandra({ ...settingsFor(unusedKeyspace()), port: wire.port }, { clock });
      const transactions = wire.sent.filter(({ cql }) => / IF (?!NOT EXISTS \w)/.test(cql));
      const written = ["schema_lease", "checklist", "meta"];
      for (const table of written)
        expect(transactions.some(({ cql }) => cql.includes(` ${table} `))).toBe(true);
      expect(new Set(transactions.map(({ serialConsistency }) => serialConsistency))).toEqual(
        new Set([types.consistencies.serial]),
      );
      const looks = wire.sent.filter(({ cql }) => cql.includes("FROM schema_lease"));
      expect(new Set(looks.map(({ consistency }) => consistency))).toEqual(
        new Set([types.consistencies.serial]),
      );
    },
    DEADLINE_MS,
  );

  test(
    "a renewed one is never taken over; an expired one is, and its holder finds out",
    async () => {
      const settings = settingsFor(whole);
      const session = await Session.connect(settings);
      const options = { clock, times: SHORT_LEASE, onWait: () => undefined };
      await using first = await Lease.take(session, { ...options, owner: "first" });
      const second = Lease.take(session, { ...options, owner: "second" });
      const early = await Promise.race([
        second.then(() => "taken"),
        Bun.sleep(3 * SHORT_LEASE.lastsMs).then(() => "held"),
      ]);
      expect(early).toBe("held");
      await first.assure();
      // Renewed no more, as if its process had been stopped.
      first.neglect();
      await using later = await second;
      expect(later.token).toBeGreaterThan(first.token);
      await expect(first.assure()).rejects.toThrow("another migrator has taken over");
      await later.assure();
    },
    DEADLINE_MS,
  );
});

test(
  "an ALTER that adds several columns, some of which are there, adds the others; one of another type is named",
  async () => {
    await using fresh = await freshKeyspace(cluster);
    const { settings } = fresh;
    const { keyspace } = settings;
    await client.execute(`ALTER TABLE ${keyspace}.todo ADD size int`);
    const wrong = withOneMore("ALTER TABLE todo ADD (size text, colour text);");
    expect(await refusalOf(migrateCassandra(settings, { clock, known: wrong }))).toContain(
      "has a column size of type int, where this migration needs text",
    );
    const known = withOneMore("ALTER TABLE todo ADD (colour text, size int, flag boolean static);");
    expect(await migrateCassandra(settings, { clock, known })).toEqual([NEXT]);
    expect(await schemaOf(client, keyspace)).toEqual(
      expect.arrayContaining(["todo colour regular text none", "todo flag static boolean none"]),
    );
  },
  DEADLINE_MS,
);

describe("a keyspace of another release", () => {
  const next = withOneMore("ALTER TABLE todo ADD colour text;");

  test(
    "a newer one is refused by migrate and by the service",
    async () => {
      const settings = settingsFor(unusedKeyspace());
      await migrateCassandra(settings, { clock, known: next });
      expect(await refusalOf(migrateCassandra(settings, { clock }))).toContain(
        `was migrated by a newer todos (its schema is ${NEXT}`,
      );
      expect(await problemOf(settings.keyspace)).toContain("use that release or a newer one");
    },
    DEADLINE_MS,
  );

  test(
    "the previous release starts on a newer one whose migration allows it, and writes there",
    async () => {
      await using fresh = await freshKeyspace(cluster);
      const { settings } = fresh;
      await using before = await opened(settings);
      const readable = withOneMore(
        `-- readable-from: ${CASSANDRA_MIGRATIONS.length}\nALTER TABLE todo ADD colour text;`,
      );
      expect(await migrateCassandra(settings, { clock, known: readable })).toEqual([NEXT]);
      expect(await problemOf(settings.keyspace)).toBeUndefined();
      await using after = await opened(settings);
      for (const [index, store] of [before, after].entries()) {
        const id = `0000000${index}-0000-7000-8000-00000000000a`;
        await store.write(
          createChecklist(ANYONE, { id, name: "Garden", createdAt: 1, updatedAt: 1, version: 1 }),
        );
        expect(await store.findChecklist(id)).toMatchObject({ name: "Garden" });
      }
    },
    DEADLINE_MS,
  );

  test(
    "an older one is refused by the service, and updated only by migrate",
    async () => {
      await using fresh = await freshKeyspace(cluster);
      const { settings } = fresh;
      expect(await problemOf(settings.keyspace, next)).toContain(`lacks ${NEXT}; run: todos migrate`);
      expect(await migrateCassandra(settings, { clock, known: next })).toEqual([NEXT]);
      expect(await problemOf(settings.keyspace, next)).toBeUndefined();
    },
    DEADLINE_MS,
  );

  test(
    "a different text of an applied migration → refused, by migrate, status and the service",
    async () => {
      const settings = settingsFor(whole);
      const [first, ...others] = CASSANDRA_MIGRATIONS;
      const changed = [
        cassandraMigration(first?.name ?? "", "CREATE TABLE IF NOT EXISTS other (id text PRIMARY KEY);"),
        ...others,
      ];
      const refused = "a different text of 0001_baseline";
      expect(await refusalOf(migrateCassandra(settings, { clock, known: changed }))).toContain(refused);
      expect(await refusalOf(cassandraMigrationStatus(settings, changed))).toContain(refused);
      expect(await problemOf(settings.keyspace, changed)).toContain(refused);
    },
    DEADLINE_MS,
  );
});

describe("baseline", () => {
  test(
    "takes over the original's rows: readable, writable, ids kept, no empty row through a missing version",
    async () => {
      const settings = settingsFor(unusedKeyspace());
      await originalTables(settings.keyspace);
      await originalRows(settings.keyspace);
      const unasked = await refusalOf(migrateCassandra(settings, { clock }));
      expect(unasked).toContain("run: todos migrate baseline");
      expect((await schemaOf(client, settings.keyspace)).some((column) => column.startsWith("schema_"))).toBe(
        false,
      );

      expect(await baselineCassandra(settings, { clock })).toEqual(NAMES);
      await using store = await opened(settings);
      expect(await store.findChecklist("list one")).toMatchObject({
        id: "list one",
        name: "Groceries",
        version: 1,
      });
      expect(await store.findTask("list one", "task 1")).toMatchObject({
        todo: "Milk",
        status: "completed",
        priority: "medium",
      });
      const edited = await store.write(
        changeTask(
          ANYONE,
          "list one",
          "task 1",
          { change: { todo: "Oat milk" }, pinned: true },
          { anyOf: [1] },
          clock.now(),
        ),
      );
      expect(edited).toMatchObject({ outcome: "written", row: { todo: "Oat milk", version: 2 } });
      const renamed = await store.write(
        changeChecklist(ANYONE, "list one", { name: "Food" }, {}, clock.now()),
      );
      expect(renamed).toMatchObject({ outcome: "written", row: { name: "Food", version: 2 } });
      expect(
        await store.write(
          changeTask(
            ANYONE,
            "list one",
            "no such task",
            { change: { todo: "x" }, pinned: false },
            {},
            clock.now(),
          ),
        ),
      ).toEqual({
        outcome: "missing",
      });
      expect(await store.findTask("list one", "no such task")).toBeUndefined();
      expect(await refusalOf(baselineCassandra(settings, { clock }))).toContain(
        "was taken over earlier; run: todos migrate",
      );
    },
    DEADLINE_MS,
  );

  test(
    "existing empty tables need no baseline: they were prepared for us",
    async () => {
      const settings = settingsFor(unusedKeyspace());
      await originalTables(settings.keyspace);
      expect(await migrateCassandra(settings, { clock })).toEqual(NAMES);
    },
    DEADLINE_MS,
  );

  test(
    "tables that are not the original's → every difference is named, and nothing is changed",
    async () => {
      const keyspace = unusedKeyspace();
      await makeKeyspace(keyspace);
      await client.execute(
        `CREATE TABLE ${keyspace}.checklist (id uuid PRIMARY KEY, created_at timestamp, updated_at timestamp)`,
      );
      const before = await schemaOf(client, keyspace);
      const message = await refusalOf(baselineCassandra(settingsFor(keyspace), { clock }));
      expect(message).toContain("checklist.id is partition_key uuid, not partition_key text");
      expect(message).toContain("checklist.name is missing");
      expect(message).toContain("there is no table todo");
      expect(await schemaOf(client, keyspace)).toEqual(before);
    },
    DEADLINE_MS,
  );
});

function storeOptions(settings: CassandraSettings) {
  return { settings, log: new KeptLog(), meter: new KeptMeter(), clock };
}

async function opened(settings: CassandraSettings) {
  const store = await openCassandraStore(storeOptions(settings));
  return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
}

async function makeKeyspace(keyspace: string): Promise<void> {
  await client.execute(
    `CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 1}`,
  );
}

/** As the Java original creates them. */
async function originalTables(keyspace: string): Promise<void> {
  await makeKeyspace(keyspace);
  await client.execute(
    `CREATE TABLE ${keyspace}.checklist (id text PRIMARY KEY, name text, created_at timestamp, updated_at timestamp)`,
  );
  await client.execute(
    `CREATE TABLE ${keyspace}.todo (checklist_id text, id text, task text, completed boolean, created_at timestamp,
       updated_at timestamp, PRIMARY KEY (checklist_id, id)) WITH CLUSTERING ORDER BY (id ASC)`,
  );
}

async function originalRows(keyspace: string): Promise<void> {
  const at = new Date("2025-01-02T03:04:05.678Z");
  await client.execute(
    `INSERT INTO ${keyspace}.checklist (id, name, created_at, updated_at) VALUES ('list one', 'Groceries', ?, ?)`,
    [at, at],
    { prepare: true },
  );
  await client.execute(
    `INSERT INTO ${keyspace}.todo (checklist_id, id, task, completed, created_at, updated_at) VALUES ('list one', 'task 1', 'Milk', true, ?, ?)`,
    [at, at],
    { prepare: true },
  );
}
