import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { Client, NDJSON } from "../../support/client.ts";
import { EventReader } from "../../support/events.ts";
import { fillList } from "../../support/fill.ts";
import { RawConnection } from "../../support/raw.ts";
import { NO_SQLITE, type Service, scratchData, startService } from "../../support/service.ts";

const STREAM_ROWS = 30_000;
const CALLERS = 16;
const DEADLINE_MS = 60_000;

const BODY = '{"todo":"In flight"}';
const HEAD = `POST /tasks HTTP/1.1\r\nHost: x.example\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n`;

function stopping(service: Service): Promise<unknown> {
  return service.logged(({ message }) => message?.startsWith("stopping") ?? false);
}

/** A request in progress, whose end the test controls. */
async function inFlight(service: Service): Promise<RawConnection> {
  const connection = await RawConnection.open(service.url);
  connection.send(HEAD);
  const client = new Client(service.url);
  const active = /^http_server_active_requests\S* (\d+)$/m;
  for (;;) {
    const metrics = await client.get("/actuator/prometheus");
    // The request that asks is itself in flight.
    if (Number(active.exec(metrics.text)?.[1]) > 1) return connection;
  }
}

/** Elsewhere only on a terminal: the service could not tell it from being started by nohup. */
const HANDLES_HANGUP = process.platform === "linux";

describe("SIGTERM", () => {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const) {
    test.skipIf(signal === "SIGHUP" && !HANDLES_HANGUP)(
      `${signal}: requests in flight are answered, then the process exits with 0`,
      async () => {
        await using service = await startService();
        using connection = await inFlight(service);
        const ended = service.stop(signal);
        await stopping(service);
        connection.send(BODY);
        const answer = await connection.answer();
        expect(answer).toStartWith("HTTP/1.1 201 ");
        expect(answer).toMatch(/\r\nconnection: close\r\n/i);
        expect(await ended).toBe(0);
      },
    );
  }

  test.skipIf(!HANDLES_HANGUP)(
    "what is waited for is in the log, and a second SIGHUP, as of a terminal that goes away, cuts nothing off",
    async () => {
      await using service = await startService();
      using connection = await inFlight(service);
      const ended = service.stop("SIGHUP");
      const line = await service.logged(({ message }) => message === "stopping: waiting for requests");
      expect(line).toMatchObject({ requests: 1, timeoutMs: 25_000 });
      service.process.kill("SIGHUP");
      connection.send(BODY);
      expect(await connection.answer()).toStartWith("HTTP/1.1 201 ");
      expect(await ended).toBe(0);
    },
  );

  test("while draining: readiness is OUT_OF_SERVICE, liveness UP, and every answer says Connection: close", async () => {
    await using service = await startService({ TODOS_DRAIN_DELAY_MS: "1500" });
    const client = new Client(service.url);
    const ended = service.stop();
    await stopping(service);
    const readiness = await client.get("/actuator/health/readiness");
    expect([readiness.status, readiness.text]).toEqual([503, '{"status":"OUT_OF_SERVICE"}']);
    expect((await client.get("/actuator/health")).status).toBe(503);
    expect((await client.get("/actuator/health/liveness")).text).toBe('{"status":"UP"}');
    expect((await client.get("/actuator/health/startup")).text).toBe('{"status":"UP"}');
    const answers = [
      await client.get("/"),
      await client.post("/tasks", { todo: "Late" }),
      await client.get("/tasks/none"),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 201, 404]);
    for (const reply of answers) expect(reply.header("connection")).toBe("close");
    expect(await ended).toBe(0);
  });

  test("event streams end with a retry, and do not delay the end", async () => {
    await using service = await startService();
    await using events = await EventReader.open(service.url);
    await events.next();
    await events.next();
    const ended = service.stop();
    expect(Number((await events.next())?.retry)).toBeGreaterThan(0);
    expect(await events.next()).toBeUndefined();
    expect(await ended).toBe(0);
  });

  test(
    "a stream in progress is sent to its end",
    async () => {
      await using service = await startService();
      await fillList(service, "A task of a stream under way", STREAM_ROWS);
      using connection = await RawConnection.open(service.url);
      connection.send(`GET /tasks HTTP/1.1\r\nHost: x.example\r\nAccept: ${NDJSON}\r\n\r\n`);
      await connection.until("\n{");
      connection.socket.pause();
      const ended = service.stop();
      await stopping(service);
      connection.socket.resume();
      const whole = await connection.toEnd();
      expect(whole.match(/^\{"id"/gm)?.length).toBe(STREAM_ROWS);
      expect(whole.endsWith("\r\n0\r\n\r\n")).toBe(true);
      expect(await ended).toBe(0);
    },
    DEADLINE_MS,
  );

  test("idle keep-alive connections do not delay the end", async () => {
    await using service = await startService();
    using connection = await RawConnection.open(service.url);
    connection.send("GET / HTTP/1.1\r\nHost: x.example\r\n\r\n");
    await connection.answer();
    expect(await service.stop()).toBe(0);
    expect(await connection.toEnd()).toBe("");
  });

  test("requests that never end are cut off after the drain timeout", async () => {
    await using service = await startService({ TODOS_DRAIN_TIMEOUT_MS: "300" });
    using _hanging = await inFlight(service);
    expect(await service.stop()).toBe(0);
    const cut = service.log().find(({ level, message }) => level === "WARN" && message?.includes("cut off"));
    expect(cut?.requests).toBe(1);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "a second signal, %s, ends it at once with %d, and what was acknowledged is there",
    async (signal, code) => {
      using data = scratchData();
      const service = await startService({ TODOS_DRAIN_DELAY_MS: "60000" }, data);
      const task = await new Client(service.url).task({ todo: "Acknowledged" });
      using _hanging = await inFlight(service);
      const ended = service.stop();
      await stopping(service);
      service.process.kill(signal);
      expect(await ended).toBe(code);
      await using again = await startService({}, data);
      expect((await new Client(again.url).get(`/tasks/${task.id}`)).json().todo).toBe("Acknowledged");
    },
  );

  test.skipIf(NO_SQLITE)(
    "the database is one complete file afterwards, without a log (SQLite only)",
    async () => {
      using data = scratchData();
      const service = await startService({}, data);
      await new Client(service.url).task();
      expect(await service.stop()).toBe(0);
      const path = data.settings.TODOS_SQLITE_PATH ?? "";
      expect([existsSync(path), existsSync(`${path}-wal`), existsSync(`${path}-shm`)]).toEqual([
        true,
        false,
        false,
      ]);
    },
  );
});

/** Calls a backend that is ready, over kept connections, and retries nothing. */
class Balancer implements AsyncDisposable {
  private readonly ready = new Set<string>();
  private readonly watching: Promise<void>[];
  private over = false;

  constructor(private readonly backends: string[]) {
    this.watching = backends.map((url) => this.watch(url));
  }

  add(url: string): void {
    this.backends.push(url);
    this.watching.push(this.watch(url));
  }

  isReady(url: string): boolean {
    return this.ready.has(url);
  }

  /** One caller with a connection to each backend. @returns statuses and failures of all its calls */
  async call(until: () => boolean, seen: Map<string, number>): Promise<void> {
    const connections = new Map<string, RawConnection>();
    for (let call = 0; !until(); call++) {
      const url = [...this.ready][call % Math.max(1, this.ready.size)];
      if (url === undefined) {
        count(seen, "nobody is ready");
        await Bun.sleep(1);
        continue;
      }
      count(seen, await this.one(url, connections, call % 3 === 0));
    }
    for (const connection of connections.values()) connection[Symbol.dispose]();
  }

  private async one(url: string, connections: Map<string, RawConnection>, write: boolean): Promise<string> {
    try {
      const connection = connections.get(url) ?? (await RawConnection.open(url));
      connections.set(url, connection);
      connection.send(write ? HEAD + BODY : "GET /tasks?size=1 HTTP/1.1\r\nHost: x.example\r\n\r\n");
      const answer = await connection.answer();
      if (/\r\nconnection: close\r\n/i.test(answer)) {
        connection[Symbol.dispose]();
        connections.delete(url);
      }
      return answer.slice(9, 12);
    } catch (error) {
      connections.delete(url);
      return String(error);
    }
  }

  private async watch(url: string): Promise<void> {
    while (!this.over) {
      const up = await fetch(`${url}/actuator/health/readiness`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (up) this.ready.add(url);
      else this.ready.delete(url);
      await Bun.sleep(20);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.over = true;
    await Promise.all(this.watching);
  }
}

function count(seen: Map<string, number>, what: string): void {
  seen.set(what, (seen.get(what) ?? 0) + 1);
}

test(
  `a rolling replacement under ${CALLERS} keep-alive callers fails no request`,
  async () => {
    const old = await startService({ TODOS_DRAIN_DELAY_MS: "400" });
    await using balancer = new Balancer([old.url]);
    while (!balancer.isReady(old.url)) await Bun.sleep(5);
    let over = false;
    const seen = new Map<string, number>();
    const callers = Array.from({ length: CALLERS }, () => balancer.call(() => over, seen));
    await using replacement = await startService();
    balancer.add(replacement.url);
    while (!balancer.isReady(replacement.url)) await Bun.sleep(5);
    expect(await old.stop()).toBe(0);
    const answeredByThen = seen.get("200") ?? 0;
    while ((seen.get("200") ?? 0) < answeredByThen + 500) await Bun.sleep(5);
    over = true;
    await Promise.all(callers);
    expect([...seen.keys()].sort()).toEqual(["200", "201"]);
    expect(seen.get("201")).toBeGreaterThan(200);
    await old[Symbol.asyncDispose]();
  },
  DEADLINE_MS,
);
