import { expect, test } from "bun:test";
import { BODY_TIMEOUT_MS } from "../../../src/adapters/http/body.ts";
import { Client, problem } from "../../support/client.ts";
import { EventReader } from "../../support/events.ts";
import { RawConnection } from "../../support/raw.ts";
import { STORE, startService } from "../../support/service.ts";

/** More requests at once than the service takes on. */
const REQUESTS_TOO_MANY = 4_600;
/** One checklist is one partition of a cluster: writes to it are done one after the other, within a deadline. */
const CREATED_MIN = STORE === "sqlite" ? 4_000 : 1;
/** What a cluster that did not say in time leaves open; SQLite always says. */
const UNDECIDED = "did not say in time";
const STREAMS_MAX = 1_000;
const DEADLINE_MS = 120_000;
const BODY = '{"todo":"At last"}';
const HEAD = `POST /tasks HTTP/1.1\r\nHost: x.example\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n`;

function openAll(url: string, count: number): Promise<RawConnection[]> {
  return Promise.all(Array.from({ length: count }, () => RawConnection.open(url)));
}

/**
 * Requests that have begun, more than the service takes on. On a machine so busy that the first bodies
 * are given up before the last request has begun, it begins anew.
 */
async function untilOverloaded(url: string, client: Client): Promise<RawConnection[]> {
  for (;;) {
    const connections = await openAll(url, REQUESTS_TOO_MANY);
    const givenUpAt = performance.now() + BODY_TIMEOUT_MS / 2;
    for (const connection of connections) connection.send(HEAD);
    while (performance.now() < givenUpAt) {
      const reply = await client.get("/tasks");
      if (reply.status === 200) continue;
      expect(problem(reply)).toEqual({ status: 503, code: "overloaded", pointers: [] });
      expect(Number(reply.header("retry-after"))).toBeGreaterThan(0);
      return connections;
    }
    for (const connection of connections) connection[Symbol.dispose]();
  }
}

test(
  "past what it takes on, requests get 503 with Retry-After at once, health answers, and what was taken on is done",
  async () => {
    await using service = await startService();
    const client = new Client(service.url);
    const connections = await untilOverloaded(service.url, client);
    for (const path of ["", "/liveness", "/readiness"]) {
      expect([path, (await client.get(`/actuator/health${path}`)).status]).toEqual([path, 200]);
    }
    for (const connection of connections) connection.send(BODY);
    const answers = await Promise.all(connections.map((connection) => connection.answer()));
    const statuses = Map.groupBy(answers, (answer) => answer.slice(9, 12));
    expect([...statuses.keys()].sort()).toEqual(["201", "503"]);
    const { created = [], refused = [] } = { created: statuses.get("201"), refused: statuses.get("503") };
    expect(created.length).toBeGreaterThanOrEqual(CREATED_MIN);
    expect(refused.every((answer) => /\r\nretry-after: \d+/i.test(answer))).toBe(true);
    for (const connection of connections) connection[Symbol.dispose]();
    // Nothing is stored of what was refused.
    const stored = (await client.allIds("/tasks?size=200", "tasks")).length;
    const undecided = refused.filter((answer) => answer.includes(UNDECIDED)).length;
    if (STORE === "sqlite") expect(undecided).toBe(0);
    expect(stored).toBeGreaterThanOrEqual(created.length);
    expect(stored).toBeLessThanOrEqual(created.length + undecided);
  },
  DEADLINE_MS,
);

test(
  `the ${STREAMS_MAX + 1}st event stream gets 503; when one goes, another may come`,
  async () => {
    await using service = await startService();
    const connections = await openAll(service.url, STREAMS_MAX);
    for (const connection of connections) connection.send("GET /events HTTP/1.1\r\nHost: x.example\r\n\r\n");
    await Promise.all(connections.map((connection) => connection.until("retry:")));
    const client = new Client(service.url);
    const refused = await client.get("/events");
    expect(problem(refused)).toEqual({ status: 503, code: "overloaded", pointers: [] });
    expect(Number(refused.header("retry-after"))).toBeGreaterThan(0);
    expect((await client.post("/tasks", { todo: "x" })).status).toBe(201);
    await Promise.all(connections.map((connection) => connection.until("task.created")));
    for (const connection of connections) connection[Symbol.dispose]();
    for (let status = 503; status !== 200; ) {
      const again = await fetch(`${service.url}/events`);
      status = again.status;
      await again.body?.cancel();
    }
    await using events = await EventReader.open(service.url);
    expect(events.response.status).toBe(200);
  },
  DEADLINE_MS,
);
