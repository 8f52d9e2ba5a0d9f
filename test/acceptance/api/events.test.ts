import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, self } from "../../support/client.ts";
import { EventReader } from "../../support/events.ts";
import { RawConnection } from "../../support/raw.ts";
import { type Service, startService } from "../../support/service.ts";

/** More than a process keeps for those who come back. */
const CHANGES_MANY = 4_200;

let service: Service;
let client: Client;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
});
afterAll(() => service[Symbol.asyncDispose]());

describe("GET /events", () => {
  test("tells how soon to come back, and where the stream stands, before anything happens", async () => {
    await using events = await EventReader.open(service.url);
    expect(events.response.headers.get("content-type")).toBe("text/event-stream");
    expect(events.response.headers.get("cache-control")).toBe("no-store");
    expect(Number((await events.next())?.retry)).toBeGreaterThan(0);
    expect((await events.next())?.id).toMatch(/./);
  });

  test("tells of every kind of change, with its href and version, each under an id of its own", async () => {
    await using events = await EventReader.open(service.url);
    const list = await client.checklist("Told");
    await client.patch(self(list), { name: "Renamed" });
    const task = await client.task({}, list);
    await client.put(self(task), { todo: "Changed" });
    await client.delete(self(task));
    await client.delete(self(list));
    const seen = [];
    for (let i = 0; i < 6; i++) seen.push(await events.nextEvent());
    const href = { list: self(list), task: self(task) };
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
    expect(JSON.parse((await events.nextEvent()).data).href).toBe(`http://told.example/tasks/${task.id}`);
  });

  test("who GETs on an event sees that change or a later one", async () => {
    await using events = await EventReader.open(service.url);
    const made = await client.task({ todo: "0" });
    for (let i = 1; i <= 50; i++) {
      const writing = client.patch(self(made), { todo: String(i) });
      for (;;) {
        const { href, version } = JSON.parse((await events.nextEvent()).data);
        const read = await client.get(href);
        expect(Number(/^"(\d+)/.exec(read.header("etag"))?.[1])).toBeGreaterThanOrEqual(version);
        if (version > i) break;
      }
      await writing;
    }
  });

  test("nothing is told of a write that failed, nor of a replay", async () => {
    await using events = await EventReader.open(service.url);
    const key = { "idempotency-key": "told-once" };
    await client.post("/tasks", { todo: "" });
    const first = await client.post("/tasks", { todo: "once" }, key);
    await client.post("/tasks", { todo: "once" }, key);
    await client.put(first.link("self"), { todo: "x" }, { "if-match": '"x"' });
    await client.patch(first.link("self"), { todo: "last" });
    expect([(await events.nextEvent()).event, (await events.nextEvent()).event]).toEqual([
      "task.created",
      "task.updated",
    ]);
  });
});

describe("Last-Event-ID", () => {
  test("goes on after the last event seen, without a gap and without a repetition", async () => {
    const events = await EventReader.open(service.url);
    await client.task({ todo: "seen" });
    const { id } = await events.nextEvent();
    await events[Symbol.asyncDispose]();
    const missed = [await client.task(), await client.task(), await client.task()];
    await using again = await EventReader.open(service.url, { "last-event-id": id });
    const later = await client.task();
    const hrefs = [];
    for (let i = 0; i < 4; i++) hrefs.push(JSON.parse((await again.nextEvent()).data).href);
    expect(hrefs).toEqual([...missed, later].map(self));
  });

  test("from before any event goes on from there too", async () => {
    const events = await EventReader.open(service.url);
    await events.next();
    const start = await events.next();
    await events[Symbol.asyncDispose]();
    const missed = await client.task();
    await using again = await EventReader.open(service.url, { "last-event-id": start?.id ?? "" });
    expect(JSON.parse((await again.nextEvent()).data).href).toBe(self(missed));
  });

  test("that is unknown, or of another process, means resync, and the new id is good", async () => {
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
      expect(JSON.parse((await on.nextEvent()).data).href).toBe(self(missed));
    }
  });

  test("too old to be remembered means resync", async () => {
    const events = await EventReader.open(service.url);
    await events.next();
    const old = (await events.next())?.id ?? "";
    await events[Symbol.asyncDispose]();
    const task = await client.task();
    for (let i = 0; i < CHANGES_MANY; i += 100) {
      await Promise.all(Array.from({ length: 100 }, () => client.patch(self(task), {})));
    }
    await using again = await EventReader.open(service.url, { "last-event-id": old });
    expect((await again.nextEvent()).event).toBe("resync");
  });
});

function encodeHeader(text: string): string {
  return Buffer.from(text).toString("latin1");
}

test("a client that does not read is cut off, holds up nobody and costs bounded memory", async () => {
  using slow = await RawConnection.open(service.url);
  // A long host makes long hrefs, so that what the kernel takes by itself is soon full.
  slow.send(`GET /events HTTP/1.1\r\nHost: ${"x".repeat(4_000)}.example\r\n\r\n`);
  await slow.until("retry:");
  slow.socket.pause();
  await using quick = await EventReader.open(service.url);
  const task = await client.task();
  // On a cluster it may first be told of changes made just before, which nobody had confirmed when it came.
  while ((await quick.nextEvent()).event !== "task.created");
  const before = service.memoryBytes();
  for (let i = 0; i < 10_000; i += 500) {
    await Promise.all(Array.from({ length: 500 }, () => client.patch(self(task), {})));
    for (let j = 0; j < 500; j++) await quick.nextEvent();
  }
  // 40 MB were told.
  expect(service.memoryBytes() - before).toBeLessThan(30 * 1024 * 1024);
  slow.socket.resume();
  // What it missed it gets by Last-Event-ID, or a resync.
  expect((await slow.toEnd()).length).toBeLessThan(30 * 1024 * 1024);
}, 60_000);

test("a silent stream has a comment as heartbeat before any proxy's minute is over", async () => {
  await using quiet = await startService();
  await using events = await EventReader.open(quiet.url);
  await events.next();
  await events.next();
  expect((await events.next())?.comment).toBe("still here");
}, 40_000);
