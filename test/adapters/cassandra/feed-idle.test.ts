import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { CassandraFeed } from "../../../src/adapters/cassandra/feed/feed.ts";
import { FEED_TIMES } from "../../../src/adapters/cassandra/feed/times.ts";
import { Session } from "../../../src/adapters/cassandra/session.ts";
import { freshKeyspace, type Keyspace } from "../../support/cassandra/keyspace.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../../support/cassandra/shared.ts";
import { FULL_SIZE, note } from "../../support/size.ts";
import { KeptLog } from "../sqlite/support.ts";
import { EPOCH, happen, Listener } from "./feed-support.ts";

setDefaultTimeout(240_000);
/** Statements a second that each idle instance may send. */
const PER_INSTANCE_MAX = 4;
const COUNTED_FOR_MS = FULL_SIZE ? 30_000 : 5_000;
/** The busiest moment of an idle service: everyone has just written, and beats. */
const SETTLING_MS = 2_000;

let keyspace: Keyspace;
let session: Session;
const sent = { polls: 0, notes: 0, others: 0 };

beforeAll(async () => {
  keyspace = await freshKeyspace(await sharedCassandra());
  session = counted(await Session.connect(keyspace.settings));
}, CASSANDRA_START_DEADLINE_MS);
afterAll(async () => {
  await session?.close();
  await keyspace?.[Symbol.asyncDispose]();
});

/** The same session, counting its statements by purpose. */
function counted(session: Session): Session {
  const count = (query: string) => {
    if (!query.includes("change_writer")) sent.others++;
    else if (query.startsWith("SELECT")) sent.polls++;
    else sent.notes++;
  };
  return new Proxy(session, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        if (typeof args[0] === "string") count(args[0]);
        else if (key === "batch") sent.others++;
        return Reflect.apply(member, target, args);
      };
    },
  });
}

/** Instances that each wrote, and then do nothing. */
async function idle(instances: number, listening: boolean): Promise<{ perS: number; others: number }> {
  await keyspace.client.execute("TRUNCATE change_writer");
  await keyspace.client.execute("TRUNCATE change_log");
  const options = { session, epoch: EPOCH, logger: new KeptLog(), clock: { now: Date.now } };
  const feeds = Array.from({ length: instances }, () => new CassandraFeed(options));
  for (const feed of feeds) await happen(feed, "one");
  const listeners = listening ? await Promise.all(feeds.map((feed) => Listener.to(feed))) : [];
  await Bun.sleep(SETTLING_MS);
  const before = { ...sent };
  const startedAt = performance.now();
  await Bun.sleep(COUNTED_FOR_MS);
  const seconds = (performance.now() - startedAt) / 1_000;
  const polls = sent.polls - before.polls;
  const notes = sent.notes - before.notes;
  const others = sent.others - before.others;
  for (const listener of listeners) await listener[Symbol.asyncDispose]();
  await Promise.all(feeds.map((feed) => feed.close()));
  // However busy the machine: never faster than its pauses.
  const pollsMax = listening ? (instances * (seconds * 1_000)) / FEED_TIMES.pollEveryMs + instances : 0;
  expect(polls).toBeLessThanOrEqual(pollsMax);
  expect(notes).toBeLessThanOrEqual((instances * (seconds * 1_000)) / FEED_TIMES.beatEveryMs + instances);
  return { perS: (polls + notes + others) / seconds, others };
}

test("100 instances that nobody writes through send fewer than 400 statements a second, and read no log", async () => {
  const perS: string[] = [];
  for (const instances of [10, 30, 100]) {
    const counted = await idle(instances, true);
    perS.push(`${instances}: ${counted.perS.toFixed(0)}`);
    expect(counted.others).toBe(0);
    expect(counted.perS).toBeLessThanOrEqual(PER_INSTANCE_MAX * instances);
  }
  const { beatEveryMs, pollEveryMs } = FEED_TIMES;
  expect(1_000 / pollEveryMs + 1_000 / beatEveryMs).toBeLessThan(PER_INSTANCE_MAX);
  note(`shared events, idle, a listener on each instance, statements/s in all: ${perS.join(", ")}`);
});

test("if nobody listens, instances that have written send only their heartbeats", async () => {
  const { perS, others } = await idle(30, false);
  note(
    `shared events, idle, nobody listens, 30 instances just after a change: ${perS.toFixed(1)} statements/s in all`,
  );
  expect(others).toBe(0);
});
