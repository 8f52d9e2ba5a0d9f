import { expect, test } from "bun:test";
import { EVENT_STREAMS_MAX, EVENT_STREAMS_PER_PEER_MAX } from "../../../src/adapters/http/api/events.ts";
import { Client, problem } from "../../support/client.ts";
import { EventReader } from "../../support/events.ts";
import { healthTimesDuring } from "../../support/health-times.ts";
import { RawConnection } from "../../support/raw.ts";
import { STORE, startService } from "../../support/service.ts";
import { FULL_SIZE, note } from "../../support/size.ts";

const DEADLINE_MS = 120_000;
const PEERS = EVENT_STREAMS_MAX / EVENT_STREAMS_PER_PEER_MAX;
/** Writes that all streams receive. */
const WRITES = FULL_SIZE ? 500 : 50;
const SUBSCRIBE = "GET /events HTTP/1.1\r\nHost: x.example\r\n\r\n";

/** The n-th loopback address, starting at 127.0.1.1. */
function address(n: number): string {
  return `127.0.1.${n + 1}`;
}

/** As many streams as one peer may have, for the n-th peer. */
async function streamsOf(url: string, n: number): Promise<RawConnection[]> {
  const opened = Array.from({ length: EVENT_STREAMS_PER_PEER_MAX }, async () => {
    const connection = await RawConnection.open(url, address(n));
    connection.send(SUBSCRIBE);
    await connection.until("\nid: ");
    return connection;
  });
  return await Promise.all(opened);
}

function closeAll(connections: readonly RawConnection[]): void {
  for (const connection of connections) connection[Symbol.dispose]();
}

/** The whole answer to a refused stream. */
async function refusal(url: string, from: string): Promise<string> {
  using connection = await RawConnection.open(url, from);
  connection.send(SUBSCRIBE.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
  return await connection.toEnd();
}

test(
  `beyond ${EVENT_STREAMS_PER_PEER_MAX} event streams of one address, the next gets 429; other addresses are not affected`,
  async () => {
    await using service = await startService();
    const streams = await streamsOf(service.url, 0);
    const refused = await refusal(service.url, address(0));
    expect(refused).toStartWith("HTTP/1.1 429 ");
    expect(refused).toMatch(/\r\nretry-after: \d+\r\n/i);
    expect(refused).toContain("/problems/too-many-requests");
    await using other = await EventReader.open(service.url);
    expect(other.response.status).toBe(200);
    streams.pop()?.[Symbol.dispose]();
    // Asks until it is: nothing reports when the service has noticed.
    for (let again = refused; again.startsWith("HTTP/1.1 429 "); ) {
      using connection = await RawConnection.open(service.url, address(0));
      connection.send(SUBSCRIBE);
      again = await connection.until("\r\n\r\n");
    }
    closeAll(streams);
  },
  DEADLINE_MS,
);

test(
  "behind a trusted proxy streams are counted per client, and a client can't pretend to be another",
  async () => {
    await using service = await startService({ TODOS_TRUSTED_PROXIES: "127.0.0.1" });
    const from = (client: string) =>
      EventReader.open(service.url, { "x-forwarded-for": `203.0.113.9, ${client}` });
    const one = await Promise.all(
      Array.from({ length: EVENT_STREAMS_PER_PEER_MAX }, (_, n) => from(`2001:db8:0:1::${n + 1}`)),
    );
    expect(new Set(one.map(({ response }) => response.status))).toEqual(new Set([200]));
    await using refused = await from("2001:db8:0:1::ffff");
    expect(refused.response.status).toBe(429);
    await using other = await from("2001:db8:0:2::1");
    expect(other.response.status).toBe(200);
    await Promise.all(one.map((events) => events[Symbol.asyncDispose]()));
  },
  DEADLINE_MS,
);

test(
  `${EVENT_STREAMS_MAX} event streams get every write while other requests are answered; the next stream gets 503`,
  async () => {
    await using service = await startService();
    const client = new Client(service.url);
    const streams = (
      await Promise.all(Array.from({ length: PEERS }, (_, n) => streamsOf(service.url, n)))
    ).flat();
    const refused = await client.get("/events");
    expect(problem(refused)).toEqual({ status: 503, code: "overloaded", pointers: [] });
    expect(Number(refused.header("retry-after"))).toBeGreaterThan(0);
    const cpuBefore = service.cpuMs();
    const times = await healthTimesDuring(service.url, async () => {
      for (let n = 0; n < WRITES; n++) await client.task({ todo: `Write ${n}` });
      const last = (await client.task({ todo: "The last" })).id;
      await Promise.all(streams.map((connection) => connection.until(last)));
    });
    const cpuUs = (service.cpuMs() - cpuBefore) * 1_000;
    for (const connection of streams) {
      const told = (await connection.until("task.created")).match(/event: task\.created/g) ?? [];
      expect(told.length).toBe(WRITES + 1);
    }
    expect(times.refused).toBe(0);
    closeAll(streams);
    if (STORE === "sqlite") {
      const each = cpuUs / (WRITES + 1) / EVENT_STREAMS_MAX;
      note(
        `${EVENT_STREAMS_MAX} event streams: ${each.toFixed(1)} µs of processor time a stream and write, health's longest answer ${times.longestMs.toFixed(0)} ms (median ${times.medianMs.toFixed(1)})`,
      );
    }
  },
  DEADLINE_MS,
);
