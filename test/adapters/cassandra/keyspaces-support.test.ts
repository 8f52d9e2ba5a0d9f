import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Client, policies, types } from "cassandra-driver";
import { signedAnswer } from "../../../src/adapters/cassandra/sigv4.ts";
import { pagesOf } from "../../support/cassandra/pages.ts";
import type { Keyspaces } from "../../support/keyspaces/keyspaces.ts";
import { awsPluginAnswers } from "../../support/keyspaces/oracle/oracle.ts";
import { sharedKeyspaces } from "../../support/keyspaces/shared.ts";

const START_DEADLINE_MS = 180_000;
const SCHEMA_DELAY_MS = 300;
const { consistencies } = types;

let keyspaces: Keyspaces;
let client: Client;

beforeAll(async () => {
  keyspaces = await sharedKeyspaces({ schemaDelayMs: SCHEMA_DELAY_MS });
  client = keyspaces.client();
  await client.execute("CREATE KEYSPACE k WITH REPLICATION = {'class': 'SingleRegionStrategy'}");
  await until(async () => (await statusOf("keyspaces", "keyspace_name = 'k'")) === "ACTIVE");
  await client.execute("CREATE TABLE k.t (p text, c text, v int, PRIMARY KEY (p, c))");
  await client.execute(
    "CREATE TABLE k.expiring (p text PRIMARY KEY, v int, text text) WITH CUSTOM_PROPERTIES = {'ttl': {'status': 'enabled'}}",
  );
  await until(async () => (await tableStatus("expiring")) === "ACTIVE");
}, START_DEADLINE_MS);

afterAll(() => client?.shutdown());

const statusOf = async (table: string, where: string): Promise<unknown> =>
  (await client.execute(`SELECT status FROM system_schema_mcs.${table} WHERE ${where}`)).first()?.status;
const tableStatus = (table: string) => statusOf("tables", `keyspace_name = 'k' AND table_name = '${table}'`);

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await Bun.sleep(SCHEMA_DELAY_MS / 10);
}

describe("rejects what Keyspaces rejects according to its documentation:", () => {
  const refused: readonly [cql: string, words: string][] = [
    ["CREATE INDEX ON k.t (v)", "CreateIndex is not supported"],
    [
      "CREATE MATERIALIZED VIEW k.m AS SELECT * FROM k.t WHERE p IS NOT NULL AND c IS NOT NULL PRIMARY KEY (c, p)",
      "CreateView",
    ],
    ["CREATE TRIGGER x ON k.t USING 'X'", "CreateTrigger"],
    [
      "CREATE FUNCTION k.f (a int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return a;'",
      "CreateFunction",
    ],
    ["ALTER TABLE k.t DROP v", "DropColumns is not supported"],
    ["ALTER TABLE k.t RENAME c TO d", "RenameColumns is not supported"],
    ["TRUNCATE k.t", "Truncate is not supported"],
    ["CREATE ROLE r", "CreateRole is not supported"],
    [
      "CREATE KEYSPACE other WITH REPLICATION = {'class': 'SimpleStrategy', 'replication_factor': 1}",
      "SingleRegionStrategy",
    ],
    ["INSERT INTO k.t (p, c, v) VALUES ('a', 'a', 1) USING TIMESTAMP 1", "Client-side timestamps"],
    ["DELETE FROM k.t USING TIMESTAMP 5 WHERE p = 'a'", "Client-side timestamps"],
    ["SELECT WRITETIME(v) FROM k.t", "Client-side timestamps"],
    ["INSERT INTO k.t (p, c, v) VALUES ('a', 'a', 1) USING TTL 60", "Time to Live is not enabled"],
    ["DELETE FROM k.t WHERE p IN ('a', 'b')", "IN is not supported with UPDATE and DELETE"],
    ["UPDATE k.t SET v = 1 WHERE p = 'a' AND c IN ('a', 'b')", "IN is not supported with UPDATE and DELETE"],
    ["SELECT COUNT(*) FROM k.t", "Aggregate functions"],
    ["SELECT DISTINCT p FROM k.t", "DISTINCT"],
    ["SELECT * FROM k.t PER PARTITION LIMIT 1", "PER PARTITION LIMIT"],
    ["SELECT p, c FROM k.t GROUP BY p", "GROUP BY"],
    ["SELECT * FROM k.t WHERE p = 'a' AND (c) > ('a') AND (c, v) > ('a', 1)", "tuples"],
    ["SELECT * FROM k.t WHERE p IN ('a', 'b') AND c > 'a'", "Slices are not supported with IN"],
    ["INSERT INTO k.t (p, c, v) VALUES ('a', '', 1)", "empty"],
    [`INSERT INTO k.t (p, c) VALUES ('a', '${"x".repeat(851)}')`, "850 bytes"],
    [`INSERT INTO k.t (p, c) VALUES ('${"x".repeat(2_049)}', 'c')`, "2048 bytes"],
    ["INSERT INTO system_auth.roles (role) VALUES ('me')", "read-only"],
  ];
  for (const [cql, words] of refused) {
    test(cql.slice(0, 100), async () => {
      await expect(client.execute(cql)).rejects.toThrow(words);
    });
  }

  test("schema statements that are prepared", async () => {
    const prepared = client.execute("CREATE TABLE k.p (p text PRIMARY KEY)", [], { prepare: true });
    await expect(prepared).rejects.toThrow("can't be prepared");
  });

  test("writes at anything but LOCAL_QUORUM, and LOCAL_SERIAL", async () => {
    const write = "INSERT INTO k.t (p, c, v) VALUES ('a', 'a', 1) IF NOT EXISTS";
    const levels = [consistencies.one, consistencies.localOne, consistencies.quorum, consistencies.all];
    for (const consistency of levels) {
      await expect(client.execute(write, [], { consistency })).rejects.toThrow("is not supported");
    }
    const serial = client.execute(write, [], { serialConsistency: consistencies.localSerial });
    await expect(serial).rejects.toThrow("LOCAL_SERIAL");
  });

  test("reads at anything but ONE, LOCAL_ONE and LOCAL_QUORUM", async () => {
    const read = (consistency: types.consistencies) =>
      client.execute("SELECT * FROM k.t", [], { consistency });
    for (const level of [
      consistencies.quorum,
      consistencies.all,
      consistencies.serial,
      consistencies.localSerial,
    ]) {
      await expect(read(level)).rejects.toThrow("is not supported");
    }
    for (const level of [consistencies.one, consistencies.localOne, consistencies.localQuorum]) {
      expect((await read(level)).rowLength).toBe(0);
    }
  });

  test("unlogged batches over 30 statements or with conditions, logged ones over 100 or with a row twice", async () => {
    const insert = "INSERT INTO k.t (p, c, v) VALUES ('batch', ?, 1)";
    const rows = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ query: insert, params: [String(index)] }));
    const batch = (queries: ReturnType<typeof rows>, logged: boolean) =>
      client.batch(queries, { prepare: true, logged });
    await expect(batch(rows(31), false)).rejects.toThrow("more than 30");
    await expect(batch(rows(101), true)).rejects.toThrow("more than 100");
    await expect(batch([...rows(2), ...rows(1)], true)).rejects.toThrow("Several statements on one row");
    const conditional = [{ query: `${insert} IF NOT EXISTS`, params: ["x"] }];
    await expect(batch(conditional, false)).rejects.toThrow("Conditional");
    await batch(rows(30), false);
    await batch(rows(100), true);
  });

  test("IN with over 100 subqueries, and a row over 1 MB", async () => {
    const keys = Array.from({ length: 101 }, (_, index) => `p${index}`);
    const read = client.execute("SELECT * FROM k.t WHERE p IN ?", [keys], { prepare: true });
    await expect(read).rejects.toThrow("101 subqueries");
    const huge = ["a", "x".repeat(1024 * 1024)];
    const write = client.execute("INSERT INTO k.expiring (p, text) VALUES (?, ?)", huge, { prepare: true });
    await expect(write).rejects.toThrow("larger than 1 MB");
  });

  test("a range delete over 1,000 rows, not one of 1,000", async () => {
    const insert = "INSERT INTO k.t (p, c, v) VALUES ('range', ?, 1)";
    const ids = Array.from({ length: 1_001 }, (_, index) => String(index).padStart(4, "0"));
    for (let start = 0; start < ids.length; start += 30) {
      const queries = ids.slice(start, start + 30).map((id) => ({ query: insert, params: [id] }));
      await client.batch(queries, { prepare: true, logged: false });
    }
    await expect(client.execute("DELETE FROM k.t WHERE p = 'range'")).rejects.toThrow("at most 1000");
    await client.execute("DELETE FROM k.t WHERE p = 'range' AND c > '0000'");
    const { rows } = await client.execute("SELECT c FROM k.t WHERE p = 'range' AND c = '0000'");
    expect(rows.map((row) => row.c)).toEqual(["0000"]);
  });
});

test("TTL works if it is enabled on the table", async () => {
  await client.execute("INSERT INTO k.expiring (p, v) VALUES ('a', 1) USING TTL 60");
  const row = (await client.execute("SELECT TTL(v) AS ttl FROM k.expiring WHERE p = 'a'")).first();
  expect(row?.ttl).toBeGreaterThan(50);
});

test("lightweight transactions work, prepared or not", async () => {
  const insert = "INSERT INTO k.t (p, c, v) VALUES (?, ?, ?) IF NOT EXISTS";
  expect((await client.execute(insert, ["lwt", "a", 1], { prepare: true })).wasApplied()).toBe(true);
  expect((await client.execute(insert, ["lwt", "a", 1], { prepare: true })).wasApplied()).toBe(false);
  const update = "UPDATE k.t SET v = 2 WHERE p = 'lwt' AND c = 'a' IF v = 1";
  expect((await client.execute(update)).wasApplied()).toBe(true);
});

test("a table is CREATING first and unknown to statements, then ACTIVE; dropping takes time too", async () => {
  await client.execute("CREATE TABLE k.late (p text PRIMARY KEY)");
  expect(await tableStatus("late")).toBe("CREATING");
  await expect(client.execute("SELECT * FROM k.late")).rejects.toThrow();
  await expect(client.execute("CREATE TABLE k.late (p text PRIMARY KEY)")).rejects.toThrow("not ACTIVE");
  await until(async () => (await tableStatus("late")) === "ACTIVE");
  expect((await client.execute("SELECT * FROM k.late")).rowLength).toBe(0);
  await client.execute("ALTER TABLE k.late ADD v int");
  expect(await tableStatus("late")).toBe("UPDATING");
  await until(async () => (await tableStatus("late")) === "ACTIVE");
  await client.execute("SELECT v FROM k.late");
  await client.execute("DROP TABLE k.late");
  expect(await tableStatus("late")).toBe("DELETING");
  await until(async () => (await tableStatus("late")) === undefined);
});

const paged = (cql: string) => Array.fromAsync(pagesOf(client, cql, [], { prepare: true, fetchSize: 100 }));

describe("pages are short, some are empty:", () => {
  const ids = Array.from({ length: 30 }, (_, index) => String(index).padStart(2, "0"));
  const idsIn = (pages: readonly (readonly types.Row[])[]) =>
    pages.flat().flatMap((row) => (row.p === "pages" ? [row.c] : []));

  beforeAll(async () => {
    const query = "INSERT INTO k.t (p, c, v) VALUES ('pages', ?, 1)";
    await client.batch(
      ids.map((id) => ({ query, params: [id] })),
      { prepare: true, logged: false },
    );
  });

  for (const cql of ["SELECT p, c FROM k.t WHERE p = 'pages'", "SELECT p, c FROM k.t"]) {
    test(`${cql}: every row once`, async () => {
      const rounds = [await paged(cql), await paged(cql), await paged(cql)];
      for (const pages of rounds) expect(idsIn(pages).sort()).toEqual(ids);
      const sizes = rounds.flat().map((page) => page.length);
      expect(sizes).toContain(0);
      expect(Math.max(...sizes)).toBe(7);
    });
  }

  test("a limit is respected, and the first page may be empty", async () => {
    const firstPageSizes: number[] = [];
    for (let round = 0; round < 12; round++) {
      // Every so many pages one is empty: rounds of as many would have it at the same place each time.
      for (let more = 0; more < round % 3; more++)
        await paged("SELECT p, c FROM k.t WHERE p = 'pages' LIMIT 1");
      const pages = await paged("SELECT p, c FROM k.t WHERE p = 'pages' LIMIT 10");
      expect(idsIn(pages)).toEqual(ids.slice(0, 10));
      firstPageSizes.push(pages[0]?.length ?? -1);
    }
    expect(firstPageSizes).toContain(0);
  });

  test("a row read by its key is on the first page", async () => {
    for (let round = 0; round < 6; round++) {
      const [first] = await paged("SELECT p, c FROM k.t WHERE p = 'pages' AND c = '07'");
      expect(first).toHaveLength(1);
    }
  });
});

test("throttled at a share, requests time out: half of them, writes with and without effect", async () => {
  const impatient = keyspaces.client({ policies: { retry: new policies.retry.FallthroughRetryPolicy() } });
  await impatient.execute("INSERT INTO k.t (p, c, v) VALUES ('throttled', 'a', 1)");
  await keyspaces.throttle(0.5);
  const reads = await Promise.allSettled(
    Array.from({ length: 20 }, () =>
      impatient.execute("SELECT v FROM k.t WHERE p = 'throttled' AND c = 'a'"),
    ),
  );
  const codes = reads.flatMap((read) => (read.status === "rejected" ? [read.reason.code] : []));
  expect(new Set(codes)).toEqual(new Set([types.responseErrorCodes.readTimeout]));
  expect(Math.abs(codes.length - 10)).toBeLessThanOrEqual(1);

  await keyspaces.throttle(1);
  const write = (value: number) =>
    impatient.execute(`UPDATE k.t SET v = ${value} WHERE p = 'throttled' AND c = 'a' IF EXISTS`);
  expect(await write(2).catch((error) => error.code)).toBe(types.responseErrorCodes.writeTimeout);
  await keyspaces.throttle(1, { apply: true });
  expect(await write(3).catch((error) => error.code)).toBe(types.responseErrorCodes.writeTimeout);
  await keyspaces.throttle(0);
  const { rows } = await impatient.execute("SELECT v FROM k.t WHERE p = 'throttled' AND c = 'a'");
  await impatient.shutdown();
  expect(rows.map((row) => row.v)).toEqual([3]);
});

test("a setting is in force with the next request, however fast settings follow each other", async () => {
  const impatient = keyspaces.client({ policies: { retry: new policies.retry.FallthroughRetryPolicy() } });
  const read = () => impatient.execute("SELECT v FROM k.t WHERE p = 'throttled' AND c = 'a'");
  await read();
  for (let round = 0; round < 100; round++) {
    await keyspaces.throttle(1);
    await expect(read()).rejects.toMatchObject({ code: types.responseErrorCodes.readTimeout });
    await keyspaces.throttle(0);
    await read();
  }
  await impatient.shutdown();
});

test("only the current credentials open a connection, and only to the service's name", async () => {
  const [before, after] = [keyspaces.credentials, { accessKeyId: "AKIDNEXT", secretAccessKey: "next" }];
  const connecting = async (options: object = {}): Promise<string> => {
    const one = keyspaces.client(options);
    const outcome = await one.connect().then(
      () => "connected",
      (error) => JSON.stringify(Object.values(error.innerErrors ?? {}).map((inner) => String(inner))),
    );
    await one.shutdown();
    return outcome;
  };
  expect(await connecting()).toBe("connected");
  expect(await connecting({ sslOptions: { rejectUnauthorized: true } })).not.toBe("connected");
  await keyspaces.rotate(after);
  expect(await connecting()).toBe("connected");
  await keyspaces.rotate(before);
  await keyspaces.set({ region: "us-east-1" });
  expect(await connecting()).toContain("does not match");
  await keyspaces.set({ region: keyspaces.region });
});

test(
  "our signature is byte for byte that of AWS's own plugin",
  async () => {
    const region = "eu-central-1";
    const temporary = {
      accessKeyId: "ASIAEXAMPLE",
      secretAccessKey: "s/ecret+key=",
      sessionToken: "to/ken+with==",
    };
    const lasting = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG" };
    const nonce = "91703fdc2ef562e19fbdab0f58e42fe5";
    const at = new Date("2020-06-09T22:41:51.000Z");
    const answers = await awsPluginAnswers([
      { region, credentials: temporary, nonce },
      { region, credentials: lasting, nonce },
      { region, credentials: lasting, nonce, at },
    ]);
    const timeOf = (answer = "") => new Date(/amzdate=([^,]*)/.exec(answer)?.[1] ?? "");
    expect(answers[0]).toBe(signedAnswer(nonce, temporary, region, timeOf(answers[0])));
    expect(answers[1]).toBe(signedAnswer(nonce, lasting, region, timeOf(answers[1])));
    expect(signedAnswer(nonce, lasting, region, at)).toStartWith(`signature=${answers[2]},`);
  },
  START_DEADLINE_MS,
);
