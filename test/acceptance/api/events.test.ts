import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type Json, self } from "../../support/client.ts";
import { EventReader, eventsOf, toldUntil } from "../../support/events.ts";
import { RawConnection } from "../../support/raw.ts";
import { NO_SQLITE, type Service, STORE, startService } from "../../support/service.ts";
import { FULL_SIZE } from "../../support/size.ts";

/** More than is kept for returning clients: on SQLite by a process, on a cluster by the shared log. */
const CHANGES_MANY = STORE === "sqlite" ? 4_200 : 2_100;
/** Lists that many changes are spread over: a cluster executes writes to one list one after another. */
const LISTS = 25;
/**
 * Thousands of changes take a cluster a minute. What is kept for a client that does not read does not depend on the store,
 * and a position that is too old is the adapter's, which has its own test.
 */
const ONLY_SQLITE = NO_SQLITE && !FULL_SIZE;
const FOR_SQLITE = ONLY_SQLITE ? " (SQLite only)" : "";
/** Generous, for thousands of durable writes on a busy machine. */
const DEADLINE_MS = 120_000;

let service: Service;
let client: Client;
/** On its own service, where nothing ever happens. */
let quiet: Service;
let silence: EventReader;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
  // Opened first and checked last: its heartbeat's interval passes while the other tests run.
  quiet = await startService();
  silence = await EventReader.open(quiet.url);
}, DEADLINE_MS);
afterAll(async () => {
  await silence?.[Symbol.asyncDispose]();
  await quiet?.[Symbol.asyncDispose]();
  await service?.[Symbol.asyncDispose]();
});

/** That many changes, a few per list at a time. One that gets 503 is repeated. */
async function manyChanges(lists: readonly Json[], count: number): Promise<void> {
  const each = Math.ceil(count / lists.length);
  const change = async (list: Json) => {
    for (let made = 0; made < each; ) {
      const { status } = await client.patch(self(list), {});
      if (status === 200) made++;
      else expect(status).toBe(503);
    }
  };
  await Promise.all(lists.map(change));
}

function someLists(): Promise<Json[]> {
  return Promise.all(Array.from({ length: LISTS }, () => client.checklist()));
}

describe("GET /events", () => {
  test("sends the retry time and the stream's position before anything happens", async () => {
    await using events = await EventReader.open(service.url);
    expect(events.response.headers.get("content-type")).toBe("text/event-stream");
    expect(events.response.headers.get("cache-control")).toBe("no-store");
    expect(Number((await events.next())?.retry)).toBeGreaterThan(0);
    expect((await events.next())?.id).toMatch(/./);
  });

  test("reports every kind of change, with its href and version, each with its own id", async () => {
    await using events = await EventReader.open(service.url);
    const list = await client.checklist("Told");
    await client.patch(self(list), { name: "Renamed" });
    const task = await client.task({}, list);
    await client.put(self(task), { todo: "Changed" });
    await client.delete(self(task));
    await client.delete(self(list));
    const href = { list: self(list), task: self(task) };
    const seen: Awaited<ReturnType<EventReader["nextEvent"]>>[] = [];
    while (seen.length < 6) {
      const event = await events.nextEvent();
      if (Object.values(href).includes(JSON.parse(event.data).href)) seen.push(event);
    }
    const told = [
      { type: "checklist.created", href: href.list, version: 1 },
      { type: "checklist.updated", href: href.list, version: 2 },
      { type: "task.created", href: href.task, version: 1 },
      { type: "task.updated", href: href.task, version: 2 },
      { type: "task.deleted", href: href.task },
      { type: "checklist.deleted", href: href.list },
    ];
    expect(seen.map(({ data }) => JSON.parse(data))).toEqual(told);
    expect(seen.map(({ event }) => event)).toEqual(told.map(({ type }) => type));
    expect(new Set(seen.map(({ id }) => id)).size).toBe(6);
  });

  test("hrefs have the link base of the subscriber", async () => {
    await using events = await EventReader.open(service.url, { host: "told.example" });
    const task = await client.task();
    let href = "";
    while (!href.endsWith(String(task.id))) href = JSON.parse((await events.nextEvent()).data).href;
    expect(href).toBe(`http://told.example/tasks/${task.id}`);
  });

  test("a client that GETs after an event sees that change or a later one", async () => {
    const made = await client.task({ todo: "0" });
    await using events = await EventReader.open(service.url);
    for (let i = 1; i <= 50; i++) {
      const writing = client.patch(self(made), { todo: String(i) });
      for (;;) {
        const [event] = await eventsOf(events, self(made), 1);
        const { href, version } = JSON.parse(event?.data ?? "");
        const read = await client.get(href);
        expect(Number(/^"(\d+)/.exec(read.header("etag"))?.[1])).toBeGreaterThanOrEqual(version);
        if (version > i) break;
      }
      await writing;
    }
  });

  test("sends nothing for a write that failed or for a replay", async () => {
    await using events = await EventReader.open(service.url);
    const key = { "idempotency-key": "told-once" };
    await client.post("/tasks", { todo: "" });
    const first = await client.post("/tasks", { todo: "once" }, key);
    await client.post("/tasks", { todo: "once" }, key);
    await client.put(first.link("self"), { todo: "x" }, { "if-match": '"x"' });
    await client.patch(first.link("self"), { todo: "last" });
    const made = first.link("self");
    const told: string[] = [];
    for (let event = ""; event !== "task.updated"; ) {
      const next = await events.nextEvent();
      const { href } = JSON.parse(next.data);
      // A cluster may still tell of what was written just before.
      if (NO_SQLITE && href !== made) continue;
      event = next.event;
      told.push(`${event} ${href}`);
    }
    expect(told).toEqual([`task.created ${made}`, `task.updated ${made}`]);
  });
});

describe("Last-Event-ID", () => {
  test("resumes after the last event seen, without a gap and without a repetition", async () => {
    const events = await EventReader.open(service.url);
    const seen = await client.task({ todo: "seen" });
    const [{ id = "" } = {}] = await eventsOf(events, self(seen), 1);
    await events[Symbol.asyncDispose]();
    const missed = [await client.task(), await client.task(), await client.task()];
    await using again = await EventReader.open(service.url, { "last-event-id": id });
    const later = await client.task();
    const hrefs: string[] = [];
    while (hrefs.at(-1) !== self(later)) hrefs.push(JSON.parse((await again.nextEvent()).data).href);
    // With several instances an event comes at least once: a busy one may not yet have noted that it
    // was sent.
    if (STORE === "cassandra") hrefs.splice(0, hrefs.indexOf(self(seen)) + 1);
    expect(hrefs).toEqual([...missed, later].map(self));
  });

  test("from before any event, resumes too", async () => {
    const events = await EventReader.open(service.url);
    await events.next();
    const start = await events.next();
    await events[Symbol.asyncDispose]();
    const missed = await client.task();
    await using again = await EventReader.open(service.url, { "last-event-id": start?.id ?? "" });
    expect(await toldUntil(again, self(missed))).toEqual(NO_SQLITE ? expect.anything() : [self(missed)]);
  });

  test("with nothing missed, is answered at once with where it goes on", async () => {
    const events = await EventReader.open(service.url);
    const seen = await client.task();
    const [{ id = "" } = {}] = await eventsOf(events, self(seen), 1);
    await events[Symbol.asyncDispose]();
    await using again = await EventReader.open(service.url, { "last-event-id": id });
    let block = await again.next();
    while (block?.id === undefined || block.data !== undefined) block = await again.next();
    // And not with the heartbeat, seconds later.
    expect(block.comment).toBeUndefined();
    if (STORE !== "cassandra") expect(block.id).toBe(id);
  });

  test("that is unknown, or from another process, means resync, and the new id is good", async () => {
    await using other = await startService();
    const events = await EventReader.open(other.url);
    await new Client(other.url).task();
    const foreign = (await events.nextEvent()).id;
    await events[Symbol.asyncDispose]();
    for (const id of [foreign, "nonsense", "-1", "0", `${foreign}0`, "🧺", "x".repeat(1_000)]) {
      const again = await EventReader.open(service.url, { "last-event-id": encodeHeader(id) });
      const resync = await again.nextEvent();
      expect([id, resync.event, JSON.parse(resync.data)]).toEqual([id, "resync", { type: "resync" }]);
      await again[Symbol.asyncDispose]();
      const missed = await client.task();
      await using on = await EventReader.open(service.url, { "last-event-id": resync.id });
      expect(await toldUntil(on, self(missed))).toEqual(NO_SQLITE ? expect.anything() : [self(missed)]);
    }
  });

  test.skipIf(ONLY_SQLITE)(
    `that is too old means resync${FOR_SQLITE}`,
    async () => {
      const events = await EventReader.open(service.url);
      await events.next();
      const old = (await events.next())?.id ?? "";
      await events[Symbol.asyncDispose]();
      await manyChanges(await someLists(), CHANGES_MANY);
      await using again = await EventReader.open(service.url, { "last-event-id": old });
      expect((await again.nextEvent()).event).toBe("resync");
    },
    DEADLINE_MS,
  );
});

function encodeHeader(text: string): string {
  return Buffer.from(text).toString("latin1");
}

test.skipIf(ONLY_SQLITE)(
  `a client that does not read is disconnected, delays nobody and costs limited memory${FOR_SQLITE}`,
  async () => {
    await using quick = await EventReader.open(service.url);
    const lists = await someLists();
    const change = async () => {
      for (let told = 0; told < EVENTS_TOLD; told += EVENTS_PER_ROUND) {
        await manyChanges(lists, EVENTS_PER_ROUND);
        // Changes of one instance are sent in order: after this one, all earlier ones have been.
        await toldOf(self(await client.task()), quick);
      }
    };
    // A client that reads takes the service to its peak; what raises that later is kept for one that does not read.
    {
      using reading = await longStream();
      reading.socket.removeAllListeners("data").resume();
      await change();
    }
    using slow = await longStream();
    slow.socket.pause();
    const before = service.memoryPeakBytes();
    await change();
    // 40 MB were sent.
    expect(service.memoryPeakBytes() - before).toBeLessThan(30 * 1024 * 1024);
    slow.socket.resume();
    // What it missed it gets by Last-Event-ID, or a resync.
    expect((await slow.toEnd()).length).toBeLessThan(30 * 1024 * 1024);
  },
  DEADLINE_MS,
);

/** Makes long hrefs, so that the kernel's buffers fill up quickly. */
const LONG_HOST = `${"x".repeat(12_000)}.example`;
const EVENTS_TOLD = 3_500;
const EVENTS_PER_ROUND = 500;

async function longStream(): Promise<RawConnection> {
  const stream = await RawConnection.open(service.url);
  stream.send(`GET /events HTTP/1.1\r\nHost: ${LONG_HOST}\r\n\r\n`);
  await stream.until("retry:");
  return stream;
}

async function toldOf(href: string, events: EventReader): Promise<void> {
  while (JSON.parse((await events.nextEvent()).data).href !== href);
}

test("a silent stream gets a comment as a heartbeat within a minute, before proxies time out", async () => {
  await silence.next();
  await silence.next();
  expect((await silence.next())?.comment).toBe("still here");
}, 40_000);
