import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { EVERYBODY, type RecordPut, type Session } from "../../src/application/accounts/records.ts";
import { ANYONE } from "../../src/application/caller.ts";
import { deleteRecord, putRecord } from "../../src/application/commands.ts";
import type { Clock } from "../../src/application/ports.ts";
import type { Store } from "../../src/application/store.ts";
import { NOW, newId } from "./rows.ts";

const HOUR_MS = 3_600_000;
const CONFLICT = { outcome: "conflict" } as const;
const DELETED = { outcome: "deleted" } as const;
/** Keys that a wrong order, a wrong quotation or a wrong comparison would confuse. */
const ODD_KEYS = [
  "%",
  "'; --",
  "A",
  "_",
  "a",
  "a b",
  "a\tb",
  "a/b",
  "a\u{301}",
  "á",
  "\u{fffd}",
  "\u{1f600}",
];

export function recordContract(open: (clock: Clock) => Promise<Store>): void {
  let opened: Store;
  let now = NOW;
  const store = () => opened;
  const session = (owner: string, members: Partial<Session> = {}): Session => {
    return { id: newId(), userId: owner, epoch: 1, createdAt: NOW, lastUsedAt: NOW, ...members };
  };
  const put = (put: RecordPut) => store().write(putRecord(ANYONE, put));
  const putSession = (
    owner: string,
    key: string,
    expect: "absent" | number = "absent",
    expiresAt: number = NOW + HOUR_MS,
    value = session(owner),
  ) => put({ kind: "session", key, owner, value, expect, expiresAt });
  const written = async (answer: ReturnType<typeof put>): Promise<number> => {
    const ended = await answer;
    if (ended.outcome !== "written") throw new Error("the record was not written");
    return ended.version;
  };
  const remove = (key: string, expect: number) =>
    store().write(deleteRecord(ANYONE, { kind: "session", key, expect }));
  const keysOf = async (owner: string, size: number): Promise<string[]> => {
    const keys: string[] = [];
    let after: string | undefined;
    do {
      const { items, next } = await store().listRecords("session", owner, after, size);
      expect(items.length).toBeLessThanOrEqual(size);
      keys.push(...items.map(({ key }) => key));
      after = next;
    } while (after !== undefined);
    return keys;
  };

  describe("records", () => {
    beforeAll(async () => {
      opened = await open({ now: () => now });
    });
    afterAll(() => opened.close());

    test("are found as they were put, with what they hold, whose they are and until when", async () => {
      const [key, owner] = [newId(), newId()];
      const value = session(owner, { agent: 'Käse/1.0 "quoted" \u0000 \u{1f600}' });
      const version = await written(
        put({ kind: "session", key, owner, value, expect: "absent", expiresAt: NOW + HOUR_MS }),
      );
      expect(await store().findRecord("session", key)).toStrictEqual({
        key,
        owner,
        value,
        version,
        expiresAt: NOW + HOUR_MS,
      });
      const fact = {
        kind: "fact",
        key,
        owner: EVERYBODY,
        value: { value: [1, null] },
        expect: "absent",
      } as const;
      expect(await store().findRecord("fact", key)).toBeUndefined();
      const ofFact = await written(put(fact));
      expect(await store().findRecord("fact", key)).toStrictEqual({
        key,
        owner: EVERYBODY,
        value: { value: [1, null] },
        version: ofFact,
      });
      expect(await store().findRecord("session", newId())).toBeUndefined();
    });

    test("are replaced only at the version expected, and made only where there is none", async () => {
      const [key, owner] = [newId(), newId()];
      expect(await putSession(owner, key, 1)).toEqual(CONFLICT);
      expect(await store().findRecord("session", key)).toBeUndefined();
      const first = await written(putSession(owner, key));
      expect(await putSession(owner, key)).toEqual(CONFLICT);
      const value = session(owner, { agent: "new" });
      const second = await written(putSession(owner, key, first, NOW + 2 * HOUR_MS, value));
      expect(second).not.toBe(first);
      expect(await putSession(owner, key, first)).toEqual(CONFLICT);
      expect(await store().findRecord("session", key)).toStrictEqual({
        key,
        owner,
        value,
        version: second,
        expiresAt: NOW + 2 * HOUR_MS,
      });
    });

    test("are deleted only at the version expected, and made again under another one", async () => {
      const [key, owner] = [newId(), newId()];
      expect(await remove(key, 1)).toEqual(CONFLICT);
      const first = await written(putSession(owner, key));
      expect(await remove(key, first + 1)).toEqual(CONFLICT);
      expect(await remove(key, first)).toEqual(DELETED);
      expect(await store().findRecord("session", key)).toBeUndefined();
      expect(await keysOf(owner, 10)).toEqual([]);
      expect(await remove(key, first)).toEqual(CONFLICT);
      const second = await written(putSession(owner, key));
      expect(second).not.toBe(first);
      expect(await remove(key, first)).toEqual(CONFLICT);
      expect(await keysOf(owner, 10)).toEqual([key]);
    });

    test("of many who make one, replace one version or delete one version, exactly one does", async () => {
      const [key, owner] = [newId(), newId()];
      const many = Array.from({ length: 8 }, (_, at) => at);
      const value = (at: number) => session(owner, { agent: `${at}` });
      const race = async (put: (at: number) => Promise<{ readonly outcome: string }>) => {
        const ends = await Promise.all(many.map(put));
        expect(ends.filter(({ outcome }) => outcome !== "conflict")).toHaveLength(1);
        return ends.findIndex(({ outcome }) => outcome !== "conflict");
      };
      const found = async () => {
        const record = await store().findRecord("session", key);
        if (!record) throw new Error("there is no record");
        return record;
      };
      const maker = await race((at) => putSession(owner, key, "absent", NOW + HOUR_MS, value(at)));
      const made = await found();
      expect(made.value.agent).toBe(`${maker}`);
      const changer = await race((at) => putSession(owner, key, made.version, NOW + HOUR_MS, value(at)));
      const changed = await found();
      expect(changed.value.agent).toBe(`${changer}`);
      await race(() => remove(key, changed.version));
      expect(await store().findRecord("session", key)).toBeUndefined();
    });

    test("of deleting and replacing one version at once, exactly one happens", async () => {
      const [key, owner] = [newId(), newId()];
      const version = await written(putSession(owner, key));
      const [removed, replaced] = await Promise.all([remove(key, version), putSession(owner, key, version)]);
      expect([removed.outcome, replaced.outcome].filter((outcome) => outcome !== "conflict")).toHaveLength(1);
      const left = await store().findRecord("session", key);
      expect(left !== undefined).toBe(replaced.outcome === "written");
    });

    test("expire: they are not found, not listed, not replaced, not deleted, and can be made again", async () => {
      const [key, owner] = [newId(), newId()];
      const version = await written(putSession(owner, key));
      const lasting = newId();
      await written(putSession(owner, lasting, "absent", NOW + 3 * HOUR_MS));
      try {
        now = NOW + HOUR_MS - 1;
        expect(await store().findRecord("session", key)).toMatchObject({ version });
        expect(await putSession(owner, key)).toEqual(CONFLICT);
        now = NOW + HOUR_MS;
        expect(await store().findRecord("session", key)).toBeUndefined();
        expect(await keysOf(owner, 1)).toEqual([lasting]);
        expect(await putSession(owner, key, version)).toEqual(CONFLICT);
        expect(await remove(key, version)).toEqual(CONFLICT);
        const again = await written(putSession(owner, key, "absent", NOW + 2 * HOUR_MS));
        expect(again).not.toBe(version);
        expect(await store().findRecord("session", key)).toMatchObject({ version: again });
        expect(await keysOf(owner, 1)).toEqual([key, lasting].sort());
      } finally {
        now = NOW;
      }
    });

    test("live as long as their last write says: longer, shorter, or forever", async () => {
      const owner = newId();
      const [longer, shorter, forever] = [`${newId()}l`, `${newId()}s`, `${newId()}f`];
      for (const key of [longer, shorter, forever]) {
        const version = await written(putSession(owner, key));
        const value = session(owner);
        if (key === forever) await written(put({ kind: "session", key, owner, value, expect: version }));
        else await written(putSession(owner, key, version, NOW + (key === longer ? 5 : 0.5) * HOUR_MS));
      }
      try {
        now = NOW + HOUR_MS;
        expect(await keysOf(owner, 10)).toEqual([longer, forever].sort());
        now = NOW + 1_000 * HOUR_MS;
        expect(await keysOf(owner, 10)).toEqual([forever]);
        expect(await store().findRecord("session", forever)).not.toHaveProperty("expiresAt");
      } finally {
        now = NOW;
      }
    });

    test("are listed by owner and kind in order of key, in pages, each once", async () => {
      const [owner, stranger] = [newId(), newId()];
      const keys = Array.from({ length: 7 }, () => newId()).sort();
      for (const key of keys.toReversed()) await written(putSession(owner, key));
      await written(putSession(stranger, newId()));
      const value = { userId: owner, issuer: "i", subject: "s", createdAt: NOW };
      await written(put({ kind: "identity", key: newId(), owner, value, expect: "absent" }));
      for (const size of [1, 2, 3, 7, 200]) expect(await keysOf(owner, size)).toEqual(keys);
      const { items } = await store().listRecords("session", owner, keys[2], 2);
      expect(items.map(({ key }) => key)).toEqual(keys.slice(3, 5));
      expect((await store().listRecords("session", owner, `${keys[2]}!`, 1)).items[0]?.key).toBe(
        String(keys[3]),
      );
      expect(await store().listRecords("session", newId(), undefined, 5)).toEqual({ items: [] });
    });

    test("have keys of any text, in the order of their code points", async () => {
      const owner = newId();
      const keys = ODD_KEYS.map((odd) => `${owner}${odd}`);
      for (const key of keys.toReversed()) await written(putSession(owner, key));
      for (const key of keys) expect(await store().findRecord("session", key)).toMatchObject({ key, owner });
      const inOrder = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(await keysOf(owner, 5)).toEqual(inOrder);
    });

    test("hold long values", async () => {
      const [key, owner] = [newId(), newId()];
      const value = { value: "ü€\u{1f600}".repeat(20_000) };
      await written(put({ kind: "fact", key, owner, value, expect: "absent" }));
      expect((await store().findRecord("fact", key))?.value).toEqual(value);
      expect((await store().listRecords("fact", owner, undefined, 1)).items[0]?.value).toEqual(value);
    });
  });
}
