import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import {
  BODIES_ARRIVING_MAX,
  BODIES_PER_PEER_MAX,
  REQUESTS_IN_FLIGHT_MAX,
} from "../../../src/adapters/http/kernel/intake.ts";
import { Client, problem } from "../../support/client.ts";
import { healthTimesDuring } from "../../support/health-times.ts";
import { RawConnection } from "../../support/raw.ts";
import { type Data, type Service, scratchData, startService } from "../../support/service.ts";
import { note } from "../../support/size.ts";

/** More requests at once than the service accepts. */
const REQUESTS_TOO_MANY = 4_600;
/** The test's own requests take places, too. */
const CREATED_MIN = REQUESTS_IN_FLIGHT_MAX - 10;
/** This many once stopped everything except health. */
const SLOW_BODIES = 4_096;
const DEADLINE_MS = 120_000;
const BODY = '{"todo":"At last"}';
const HEAD = `POST /tasks HTTP/1.1\r\nHost: x.example\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n`;

function openAll(url: string, count: number, localAddress?: string): Promise<RawConnection[]> {
  return Promise.all(Array.from({ length: count }, () => RawConnection.open(url, localAddress)));
}

function closeAll(connections: readonly RawConnection[]): void {
  for (const connection of connections) connection[Symbol.dispose]();
}

/** The n-th loopback address, starting at 127.0.1.1. */
function address(n: number): string {
  return `127.0.1.${n + 1}`;
}

function statusOf(answer: string): number {
  return Number(answer.slice("HTTP/1.1 ".length, "HTTP/1.1 200".length));
}

/** Makes writes wait until it is disposed of. */
function held(data: Data): Disposable {
  const database = new Database(join(data.folder, "todos.db"));
  database.run("BEGIN IMMEDIATE");
  return { [Symbol.dispose]: () => database.close() };
}

/**
 * Sends more requests than the service accepts, and makes writes wait until it has refused the excess. Starts again on
 * a machine so busy that the service answers the first requests before the last arrive.
 */
async function untilOverloaded({ url, data, process }: Service, client: Client): Promise<RawConnection[]> {
  for (;;) {
    const connections = await openAll(url, REQUESTS_TOO_MANY);
    process.kill("SIGSTOP");
    for (const connection of connections) connection.send(HEAD + BODY);
    using _ = held(data);
    process.kill("SIGCONT");
    const answered = connections[0]?.until("HTTP/1.1").then(() => true);
    for (let early: boolean | undefined = false; !early; ) {
      const reply = await client.get("/tasks");
      if (reply.status !== 200) {
        expect(problem(reply)).toEqual({ status: 503, code: "overloaded", pointers: [] });
        expect(Number(reply.header("retry-after"))).toBeGreaterThan(0);
        for (const path of ["", "/liveness", "/readiness"]) {
          expect([path, (await client.get(`/actuator/health${path}`)).status]).toEqual([path, 200]);
        }
        await firstOf(
          REQUESTS_TOO_MANY - REQUESTS_IN_FLIGHT_MAX,
          connections.map((connection) => connection.until("HTTP/1.1 503")),
        );
        return connections;
      }
      early = await Promise.race([answered, Bun.sleep(0).then(() => false)]);
    }
    closeAll(connections);
  }
}

/** Resolves when the first `count` of them have resolved. */
function firstOf(count: number, promises: readonly Promise<unknown>[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let left = count;
  for (const each of promises)
    each.then(() => {
      if (--left === 0) resolve();
    }, reject);
  return promise;
}

test(
  "beyond its limit, requests get 503 with Retry-After at once, health is answered, and accepted requests are done",
  async () => {
    using data = scratchData();
    await using service = await startService({}, data);
    const client = new Client(service.url);
    await client.get("/tasks");
    const connections = await untilOverloaded(service, client);
    const answers = await Promise.all(connections.map((connection) => connection.answer()));
    const statuses = Map.groupBy(answers, statusOf);
    expect([...statuses.keys()].sort()).toEqual([201, 503]);
    const { created = [], refused = [] } = { created: statuses.get(201), refused: statuses.get(503) };
    expect(created.length).toBeGreaterThanOrEqual(CREATED_MIN);
    expect(created.length).toBeLessThanOrEqual(REQUESTS_IN_FLIGHT_MAX);
    expect(refused.every((answer) => /\r\nretry-after: \d+/i.test(answer))).toBe(true);
    closeAll(connections);
    // Nothing from refused requests is stored.
    expect(await client.allIds("/tasks?size=200", "tasks")).toHaveLength(created.length);
  },
  DEADLINE_MS,
);

test(
  `beyond ${BODIES_PER_PEER_MAX} incoming bodies from one address, the next gets 429 with Retry-After; complete ones are accepted, and so are others'`,
  async () => {
    await using service = await startService();
    const client = new Client(service.url);
    const slow = await openAll(service.url, BODIES_PER_PEER_MAX, address(0));
    for (const connection of slow) connection.send(HEAD + BODY.slice(0, 5));
    const refused = await firstRefused(service.url, address(0));
    expect(statusOf(refused)).toBe(429);
    expect(refused).toMatch(/\r\nretry-after: \d+\r\n/i);
    expect(refused).toMatch(/\r\nconnection: close\r\n/i);
    expect(refused).toContain("/problems/too-many-requests");
    using whole = await RawConnection.open(service.url, address(0));
    whole.send(HEAD + BODY);
    expect(statusOf(await whole.answer())).toBe(201);
    using other = await RawConnection.open(service.url, address(1));
    other.send(HEAD);
    expect((await client.get("/tasks")).status).toBe(200);
    other.send(BODY);
    expect(statusOf(await other.answer())).toBe(201);
    // The slow bodies have waited all the time. The service accepts them as soon as they are complete.
    for (const connection of slow) connection.send(BODY.slice(5));
    const statuses = (await Promise.all(slow.map((connection) => connection.answer()))).map(statusOf);
    expect(statuses.filter((status) => status !== 201 && status !== 429)).toEqual([]);
    expect(statuses.filter((status) => status === 201).length).toBeGreaterThanOrEqual(
      BODIES_PER_PEER_MAX - 1,
    );
    closeAll(slow);
  },
  DEADLINE_MS,
);

/** Returns the answer to a body that never completes. The service may not have read all the earlier bodies yet. */
async function firstRefused(url: string, from: string): Promise<string> {
  using connection = await RawConnection.open(url, from);
  connection.send(HEAD);
  return await connection.toEnd();
}

test(
  `${SLOW_BODIES} slow bodies from many addresses keep nobody from reading or writing`,
  async () => {
    await using service = await startService();
    const client = new Client(service.url);
    const peers = SLOW_BODIES / BODIES_PER_PEER_MAX;
    const of = (n: number) => openAll(service.url, BODIES_PER_PEER_MAX, address(n));
    const slow = (await Promise.all(Array.from({ length: peers }, (_, n) => of(n)))).flat();
    const times = await healthTimesDuring(service.url, async () => {
      for (const connection of slow) connection.send(HEAD + BODY.slice(0, 5));
      // The service gives up the oldest for the newest. On a busy machine their time may run out first.
      const givenUp = slow.slice(0, SLOW_BODIES - BODIES_ARRIVING_MAX - BODIES_PER_PEER_MAX);
      const answers = await Promise.all(givenUp.map((connection) => connection.toEnd()));
      expect(answers.map(statusOf).filter((status) => status !== 503 && status !== 408)).toEqual([]);
      for (let n = 0; n < 50; n++) {
        expect((await client.get("/tasks?size=1")).status).toBe(200);
        using writer = await RawConnection.open(service.url, address(peers));
        writer.send(HEAD);
        // Another request is answered between this one's head and its body.
        await client.get("/tasks?size=1");
        writer.send(BODY);
        expect(statusOf(await writer.answer())).toBe(201);
      }
    });
    closeAll(slow);
    expect(times.refused).toBe(0);
    note(
      `${SLOW_BODIES} bodies that trickle in: 50 of 50 reads and writes of others answered, health's longest answer ${times.longestMs.toFixed(0)} ms`,
    );
  },
  DEADLINE_MS,
);
