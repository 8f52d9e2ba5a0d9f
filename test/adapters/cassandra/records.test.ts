import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { errors } from "cassandra-driver";
import { ANYONE } from "../../../src/application/caller.ts";
import { deleteRecord, putRecord } from "../../../src/application/commands.ts";
import type { Store } from "../../../src/application/store.ts";
import { newId } from "../../contract/rows.ts";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { openPair, type Pair } from "../../support/cassandra/pair.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../../support/cassandra/shared.ts";
import type { Statements } from "../../support/cassandra/statements.ts";

const HOUR_MS = 3_600_000;
const REPLACE = "UPDATE account_record";
const SELECT = "SELECT key, owner, value, version";
const ENTER = "INSERT INTO account_record_by_owner";
const timedOut = () => new errors.OperationTimedOutError("lost");

let keyspace: Keyspace;
let pair: Pair;
let store: Store;
let statements: Statements;
/** Another instance, whose statements nobody stops. */
let other: Store;

beforeAll(async () => {
  keyspace = await freshKeyspace(await sharedCassandra());
  pair = await openPair(keyspace.settings);
  ({ store, other, statements } = pair);
}, CASSANDRA_START_DEADLINE_MS);

afterAll(async () => {
  await pair?.[Symbol.asyncDispose]();
  await keyspace?.[Symbol.asyncDispose]();
});

const put = (by: Store, key: string, owner: string, expect: "absent" | number = "absent", agent = "a") => {
  const value = { id: key, userId: owner, epoch: 1, createdAt: 1, lastUsedAt: 1, agent };
  const expiresAt = Date.now() + HOUR_MS;
  return by.write(putRecord(ANYONE, { kind: "session", key, owner, value, expect, expiresAt }));
};
const remove = (by: Store, key: string, expect: number) =>
  by.write(deleteRecord(ANYONE, { kind: "session", key, expect }));
const agentOf = async (key: string) => (await other.findRecord("session", key))?.value.agent;
const execute = (cql: string, params: readonly unknown[]) =>
  keyspace.client.execute(cql, params, { prepare: true });

async function made(key: string, owner: string): Promise<number> {
  const written = await put(other, key, owner);
  if (written.outcome !== "written") throw new Error("not written");
  return written.version;
}

describe("a write of a record that was not answered", () => {
  test("is known by its version: one that happened counts as written, in spite of later ones", async () => {
    const [key, owner] = [newId(), newId()];
    const sent = statements.trap(REPLACE, { fails: timedOut, sent: "before" });
    const answer = put(store, key, owner);
    await sent.sprung;
    const reading = statements.trap(SELECT, "wait");
    await reading.sprung;
    const found = await other.findRecord("session", key);
    expect(await put(other, key, owner, found?.version, "b")).toMatchObject({ outcome: "written" });
    await reading.release();
    expect(await answer).toEqual({ outcome: "written", version: found?.version ?? 0 });
    expect(await agentOf(key)).toBe("b");
  });

  test("is sent again if it did not happen", async () => {
    const [key, owner] = [newId(), newId()];
    statements.trap(REPLACE, { fails: timedOut, sent: "never" });
    expect(await put(store, key, owner)).toMatchObject({ outcome: "written" });
    expect(await agentOf(key)).toBe("a");
  });

  test("of which another writer came first is a conflict, and changes nothing", async () => {
    const [key, owner] = [newId(), newId()];
    const version = await made(key, owner);
    const trap = statements.trap(REPLACE, { fails: timedOut, sent: "late" });
    const answer = put(store, key, owner, version, "late");
    await trap.sprung;
    const reading = statements.trap(SELECT, "wait");
    await reading.sprung;
    expect(await put(other, key, owner, version, "first")).toMatchObject({ outcome: "written" });
    await reading.release();
    expect(await answer).toEqual({ outcome: "conflict" });
    await trap.release();
    expect(await agentOf(key)).toBe("first");
  });

  test("of deletions, one is told that it deleted, whether it was answered or not", async () => {
    for (const sent of ["before", "never"] as const) {
      const [key, owner] = [newId(), newId()];
      const version = await made(key, owner);
      statements.trap(REPLACE, { fails: timedOut, sent });
      expect(await remove(store, key, version)).toEqual({ outcome: "deleted" });
      expect(await remove(other, key, version)).toEqual({ outcome: "conflict" });
      expect(await other.findRecord("session", key)).toBeUndefined();
    }
  });
});

describe("the table of records by owner", () => {
  test("has the entry before the record: one that can't be written stops the record", async () => {
    const [key, owner] = [newId(), newId()];
    for (let attempt = 0; attempt < 3; attempt++) statements.trap(ENTER, { fails: timedOut, sent: "never" });
    expect(await put(store, key, owner).catch(({ code, undecided }) => [code, undecided])).toEqual([
      "store-unavailable",
      false,
    ]);
    expect(await other.findRecord("session", key)).toBeUndefined();
    expect(await other.listRecords("session", owner, undefined, 5)).toEqual({ items: [] });
  });

  test("shows nothing for an entry without its record, and each record once for several entries", async () => {
    const owner = newId();
    const keys = Array.from({ length: 6 }, () => newId()).sort();
    const [lonely = "", ...others] = keys;
    for (const key of keys) {
      const entry =
        "INSERT INTO account_record_by_owner (kind, owner, key, entry) VALUES ('session', ?, ?, ?)";
      for (const name of key === lonely ? ["x"] : ["x", "y"]) await execute(entry, [owner, key, name]);
      if (key !== lonely) await made(key, owner);
    }
    for (const size of [1, 2, 5]) {
      const found: string[] = [];
      let after: string | undefined;
      do {
        const { items, next } = await other.listRecords("session", owner, after, size);
        found.push(...items.map(({ key }) => key));
        after = next;
      } while (after !== undefined);
      expect(found).toEqual(others);
    }
  });

  test("keeps nothing of records that were deleted, and of others no longer than they last", async () => {
    const [key, owner] = [newId(), newId()];
    const version = await made(key, owner);
    const { rows } = await execute(
      "SELECT TTL(value) AS record FROM account_record WHERE kind = 'session' AND key = ?",
      [key],
    );
    expect(rows[0]?.record).toBeGreaterThan(HOUR_MS / 1_000);
    expect(rows[0]?.record).toBeLessThan((3 * HOUR_MS) / 1_000);
    await remove(other, key, version);
    for (const query of [
      "SELECT key FROM account_record WHERE kind = 'session' AND key = ?",
      "SELECT key FROM account_record_by_owner WHERE kind = 'session' AND owner = ?",
    ])
      expect((await execute(query, [query.includes("by_owner") ? owner : key])).rows).toEqual([]);
  });
});
