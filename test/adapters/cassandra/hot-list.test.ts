import { afterAll, beforeAll, expect, test } from "bun:test";
import { Insertions } from "../../../src/adapters/cassandra/insertions.ts";
import { type Held, Partitions } from "../../../src/adapters/cassandra/partitions.ts";
import { Session } from "../../../src/adapters/cassandra/session.ts";
import { SharedTurn } from "../../../src/adapters/cassandra/shared-turn.ts";
import { createInOneList, openInstances } from "../../support/cassandra/hot-list.ts";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../../support/cassandra/shared.ts";
import { FULL_SIZE, note } from "../../support/size.ts";
import { KeptLog, thrownBy } from "../sqlite/support.ts";

const INSTANCES = FULL_SIZE ? 32 : 8;
const CREATIONS = FULL_SIZE ? 4_000 : 320;
const PATIENCE_MS = 5_000;
const DEADLINE_MS = 120_000;
const INSERT = "INSERT INTO todo (task, checklist_id, id) VALUES (?, ?, ?) IF NOT EXISTS";

let keyspace: Keyspace;
let session: Session;
beforeAll(async () => {
  keyspace = await freshKeyspace(await sharedCassandra());
  session = await Session.connect(keyspace.settings);
}, CASSANDRA_START_DEADLINE_MS);
afterAll(async () => {
  await session?.close();
  await keyspace?.[Symbol.asyncDispose]();
});

const later = (): number => performance.now() + PATIENCE_MS;

const insertion = (list: string, id: string) => ({
  list,
  id,
  statement: { query: INSERT, params: ["Milk", list, id] },
  latest: later(),
});

async function idsOf(list: string): Promise<string[]> {
  const rows = await session.rows("SELECT id FROM todo WHERE checklist_id = ?", [list]);
  return rows.map(({ id }) => String(id));
}

/** A session that reports each transaction, and may lose the answers to those with several rows. */
function watched(sent: string[], answerLost: () => boolean = () => false): Session {
  const attempt: Session["attempt"] = (...one) => {
    sent.push("one row");
    return session.attempt(...one);
  };
  const attemptTogether: Session["attemptTogether"] = async (rows, again) => {
    sent.push(`${rows.length} rows`);
    const answer = await session.attemptTogether(rows, again);
    return answerLost() ? undefined : answer;
  };
  return Object.create(session, { attempt: { value: attempt }, attemptTogether: { value: attemptTogether } });
}

/** One that blocks the list, so that all later ones wait for the same turn. */
async function whileOthersWait<T>(
  partitions: Partitions,
  list: string,
  come: () => Promise<T>[],
): Promise<T[]> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const first = partitions.alone(list, later(), () => over);
  const all = come();
  resolve();
  await first;
  return Promise.all(all);
}

test("of two inserts of one row that wait for the same turn only one is told that it made the row", async () => {
  const list = Bun.randomUUIDv7();
  const partitions = new Partitions(session, "todo", new KeptLog());
  const insertions = new Insertions(session, partitions);
  const come = () => ["1", "1", "2"].map((id) => insertions.insert(insertion(list, id)));
  const found = await whileOthersWait(partitions, list, come);
  expect(found.map((row) => row?.id)).toEqual([undefined, "1", undefined]);
});

test("creations in one list that wait for the same turn share one transaction; one alone has its own", async () => {
  const list = Bun.randomUUIDv7();
  const sent: string[] = [];
  const watching = watched(sent);
  const partitions = new Partitions(watching, "todo", new KeptLog());
  const insertions = new Insertions(watching, partitions);
  expect(await insertions.insert(insertion(list, "0"))).toBeUndefined();
  const come = () => ["1", "2", "3"].map((id) => insertions.insert(insertion(list, id)));
  expect(await whileOthersWait(partitions, list, come)).toEqual([undefined, undefined, undefined]);
  expect(sent).toEqual(["one row", "3 rows"]);
  expect(await idsOf(list)).toEqual(["0", "1", "2", "3"]);
});

test("a creation done earlier by the same request does not hinder those that share its transaction", async () => {
  const list = Bun.randomUUIDv7();
  const sent: string[] = [];
  const watching = watched(sent);
  const partitions = new Partitions(watching, "todo", new KeptLog());
  const insertions = new Insertions(watching, partitions);
  await insertions.insert(insertion(list, "2"));
  const come = () => ["1", "2", "3"].map((id) => insertions.insert(insertion(list, id)));
  expect(await whileOthersWait(partitions, list, come)).toMatchObject([undefined, { id: "2" }, undefined]);
  expect(sent).toEqual(["one row", "3 rows", "2 rows"]);
  expect(await idsOf(list)).toEqual(["1", "2", "3"]);
});

test("a creation that is never answered is sent again only within the retry budget, counted as a retry, and its outcome stays unknown", async () => {
  const list = Bun.randomUUIDv7();
  const again: (boolean | undefined)[] = [];
  const unanswered: Session["attempt"] = async (_query, _params, repeated) => {
    again.push(repeated);
    return undefined;
  };
  let budget = 2;
  const mayRepeat = () => budget-- > 0;
  const broken: Session = Object.create(session, {
    attempt: { value: unanswered },
    mayRepeat: { value: mayRepeat },
  });
  const insertions = new Insertions(broken, new Partitions(broken, "todo", new KeptLog()));
  const fault = await thrownBy(() => insertions.insert(insertion(list, "1")));
  expect(fault).toMatchObject({ code: "store-unavailable", undecided: true });
  expect(again).toEqual([false, true, true]);
});

test("a shared transaction whose answer is lost is settled by reading: nothing is sent twice", async () => {
  const list = Bun.randomUUIDv7();
  const sent: string[] = [];
  const watching = watched(sent, () => true);
  const partitions = new Partitions(watching, "todo", new KeptLog());
  const insertions = new Insertions(watching, partitions);
  const come = () => ["1", "2", "3"].map((id) => insertions.insert(insertion(list, id)));
  expect(await whileOthersWait(partitions, list, come)).toMatchObject([
    { id: "1" },
    { id: "2" },
    { id: "3" },
  ]);
  expect(sent).toEqual(["3 rows"]);
  expect(await idsOf(list)).toEqual(["1", "2", "3"]);
});

test("a creation whose deadline has passed when its turn comes is not sent, and the others are", async () => {
  const list = Bun.randomUUIDv7();
  const partitions = new Partitions(session, "todo", new KeptLog());
  const insertions = new Insertions(session, partitions);
  const come = () => [
    insertions.insert({ ...insertion(list, "1"), latest: performance.now() - 1 }).catch((error) => error),
    insertions.insert(insertion(list, "2")),
  ];
  const [late, inTime] = await whileOthersWait(partitions, list, come);
  expect(late).toMatchObject({ code: "store-unavailable", undecided: false });
  expect(inTime).toBeUndefined();
  expect(await idsOf(list)).toEqual(["2"]);
});

/** Another instance's place in the queue, as it would write it. */
async function place(partition: string, instance: string, ticket: number): Promise<void> {
  await session.write("INSERT INTO turn (partition, instance, ticket) VALUES (?, ?, ?)", [
    partition,
    instance,
    ticket,
  ]);
}

type RunOf = (held: Held) => Promise<unknown>;

/** The parameters of the last write of a turn. */
const givingAway = (mark: string): Held => ({
  again: async () => {},
  expectOthers: async () => {},
  done: () => mark,
  given: () => {},
});

/** A turn that has met the others in the queue, and a promise for the next time it looks at the queue. */
async function metOthers(list: string) {
  let seen = Promise.withResolvers<void>();
  let looks = 0;
  const rows: Session["rows"] = async (...query) => {
    if (query[0].includes("FROM turn")) looks++;
    const found = await session.rows(...query);
    seen.resolve();
    seen = Promise.withResolvers();
    return found;
  };
  const looked = () => seen.promise;
  const turn = new SharedTurn(
    Object.create(session, { rows: { value: rows } }),
    "todo",
    list,
    "m",
    new KeptLog(),
  );
  await turn.introduced();
  turn.end(false);
  return { turn, looked, looks: () => looks };
}

async function ticketOf(partition: string, instance: string): Promise<number> {
  const rows = await session.rows("SELECT ticket FROM turn WHERE partition = ? AND instance = ?", [
    partition,
    instance,
  ]);
  return Number(rows[0]?.ticket ?? 0);
}

test("an instance waits for the one before it in the queue, and writes when that one is done", async () => {
  const list = Bun.randomUUIDv7();
  const partition = `todo/${list}`;
  await place(partition, "a", 7);
  const { turn, looked } = await metOthers(list);
  const seen: string[] = [];
  const begun = turn.begin(later()).then(() => seen.push("begun"));
  while ((await ticketOf(partition, "m")) <= 7) await looked();
  await looked();
  seen.push("given away");
  await place(partition, "a", 0);
  await begun;
  expect(seen).toEqual(["given away", "begun"]);
});

test("an instance that passes its turn on with its last transaction is not waited for", async () => {
  const list = Bun.randomUUIDv7();
  const partition = `todo/${list}`;
  await place(partition, "a", 7);
  const { turn, looked } = await metOthers(list);
  const seen: string[] = [];
  const begun = turn.begin(later()).then(() => seen.push("begun"));
  while ((await ticketOf(partition, "m")) <= 7) await looked();
  await looked();
  const sent: string[] = [];
  const partitions = new Partitions(watched(sent), "todo", new KeptLog());
  const other = { alone: (_: string, __: number, run: RunOf) => run(givingAway("7 a")) };
  seen.push("given away");
  await new Insertions(watched(sent), Object.assign(partitions, other)).insert(insertion(list, "1"));
  await begun;
  expect(sent).toEqual(["2 rows"]);
  expect(seen).toEqual(["given away", "begun"]);
  expect(await ticketOf(partition, "a")).toBe(7);
  expect(await idsOf(list)).toEqual(["1"]);
});

test("an instance that died with a number is waited for once, and not for long", async () => {
  const list = Bun.randomUUIDv7();
  await place(`todo/${list}`, "a", 7);
  const { turn, looks } = await metOthers(list);
  const startedAt = performance.now();
  await turn.begin(later());
  // The longest wait for a turn is five seconds, no matter which instances live.
  expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
  const before = looks();
  turn.end(false);
  await turn.begin(later());
  // One that waits looks again and again.
  expect(looks() - before).toBe(1);
});

test(
  "many instances create tasks in one list at once: none is refused, lost or doubled",
  async () => {
    await using instances = await openInstances(keyspace.settings, INSTANCES);
    const { stores } = instances;
    const one = await createInOneList(stores.slice(0, 1), { count: CREATIONS / 4 });
    const all = await createInOneList(stores, { count: CREATIONS });
    const ratio = all.perSecond / one.perSecond;
    note(
      `${INSTANCES} instances on one list: ${all.perSecond.toFixed(0)} creations/s, ${ratio.toFixed(2)} of one; ` +
        `p99 ${all.p99Ms.toFixed(0)} ms (one: ${one.p99Ms.toFixed(0)})`,
    );
    expect([...one.failures, ...all.failures]).toEqual([]);
    expect(all.made.length).toBe(CREATIONS);
    expect((await idsOf(all.listId)).toSorted()).toEqual(all.made.toSorted());
  },
  DEADLINE_MS,
);
