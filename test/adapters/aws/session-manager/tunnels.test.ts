import { describe, expect, test } from "bun:test";
import { failureOf } from "../../../deploy/engines.ts";
import { dial, digestOf, echoServer, patternOf, readAll, tunnelTo } from "./tunnel-support.ts";

const BODY_BYTES = 20 * 1024 * 1024;
const SMALLER_BYTES = 300_000;
/** More than the buffers of this machine and the program hold, and what must then be left. */
const UNREAD_BYTES = 48 * 1024 * 1024;
const BACKED_UP_BYTES = 1024 * 1024;
const CONNECTIONS = 50;
const TIMEOUT_MS = 120_000;

describe("a tunnel to a task", () => {
  test(
    "requests are answered as by the service itself, also over 50 connections at once",
    async () => {
      await using server = echoServer();
      await using bench = await tunnelTo(server.port);
      expect(await (await fetch(`${bench.url}/`)).text()).toBe("hello");
      const answers = Array.from({ length: CONNECTIONS }, async (_, index) => {
        const body = patternOf(SMALLER_BYTES + index);
        const answer = await fetch(`${bench.url}/digest`, { method: "POST", body, keepalive: false });
        return (await answer.text()) === digestOf(body);
      });
      expect(await Promise.all(answers)).toEqual(Array.from({ length: CONNECTIONS }, () => true));
    },
    TIMEOUT_MS,
  );

  test(
    "20 MB arrive whole, each way",
    async () => {
      await using server = echoServer();
      await using bench = await tunnelTo(server.port);
      const body = patternOf(BODY_BYTES);
      const answer = await fetch(`${bench.url}/digest`, { method: "POST", body });
      expect(await answer.text()).toBe(digestOf(body));
      const got = await (await fetch(`${bench.url}/bytes?n=${BODY_BYTES}`)).bytes();
      expect(digestOf(got)).toBe(digestOf(body));
    },
    TIMEOUT_MS,
  );

  test("a Host that a web page could have → 421, and none of it reaches the service", async () => {
    const reached: string[] = [];
    await using server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request) => {
        reached.push(request.headers.get("host") ?? "");
        return new Response("hello");
      },
    });
    await using bench = await tunnelTo(server.port ?? 0, { allowedHosts: ["todos.example"] });
    const port = bench.tunnel.localPort;
    const ask = (host: string) => fetch(`${bench.url}/tasks`, { headers: { host } });
    for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1.evil.example"]) {
      const refused = await ask(host);
      expect([host, refused.status]).toEqual([host, 421]);
      const type = `http://127.0.0.1:${port}/problems/misdirected-request`;
      expect(await refused.json()).toMatchObject({ status: 421, type });
    }
    expect(reached).toEqual([]);
    for (const host of [`localhost:${port}`, `[::1]:${port}`, "todos.example", "127.0.0.1"])
      expect([host, (await ask(host)).status]).toEqual([host, 200]);
    expect(reached.length).toBe(4);
    // Byte by byte, with a second Host further down, and more than any head has.
    const socket = await dial(port);
    for (const char of "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n") socket.write(char);
    expect((await readAll(socket)).toString()).toStartWith("HTTP/1.1 421 ");
    const endless = await dial(port);
    endless.write(`GET / HTTP/1.1\r\nX: ${"x".repeat(20_000)}`);
    expect((await readAll(endless)).length).toBe(0);
    expect(reached.length).toBe(4);
  });

  test("a client that ends its side of the connection still gets its whole answer", async () => {
    await using server = echoServer();
    await using bench = await tunnelTo(server.port);
    const socket = await dial(bench.tunnel.localPort);
    const path = `/bytes?n=${SMALLER_BYTES}`;
    socket.end(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    const answer = await readAll(socket);
    expect(digestOf(answer.subarray(answer.indexOf("\r\n\r\n") + 4))).toBe(
      digestOf(patternOf(SMALLER_BYTES)),
    );
  });

  test(
    "lost, repeated and late messages change nothing",
    async () => {
      await using server = echoServer();
      await using bench = await tunnelTo(server.port, {
        prepare: ({ plant }) => {
          plant.sessions.fate = (_, index) =>
            (["lost", undefined, "twice", undefined, "late", undefined, undefined] as const)[index % 7];
        },
      });
      const body = patternOf(SMALLER_BYTES / 4);
      const answer = await fetch(`${bench.url}/digest`, { method: "POST", body });
      expect(await answer.text()).toBe(digestOf(body));
      bench.aws.plant.sessions.fate = (way, index) =>
        way === "down" && index % 20 === 0 ? "lost" : undefined;
      const got = await (await fetch(`${bench.url}/bytes?n=${SMALLER_BYTES / 4}`)).bytes();
      expect(digestOf(got)).toBe(digestOf(body));
    },
    TIMEOUT_MS,
  );

  test("a dropped connection is resumed, and transfers in progress continue", async () => {
    await using server = echoServer();
    await using bench = await tunnelTo(server.port, { messagesPerSecondMax: 1_000 });
    const { aws, url, notes } = bench;
    const body = patternOf(SMALLER_BYTES);
    let [ups, drops, resumed] = [0, 0, 0];
    aws.after = ({ action }) => {
      if (action === "ResumeSession") [ups, resumed] = [0, resumed + 1];
      return undefined;
    };
    aws.plant.sessions.fate = (way) => {
      if (way === "up" && ++ups === 100 && drops === resumed && drops < 2) {
        drops++;
        aws.plant.sessions.drop();
      }
      return undefined;
    };
    const answer = await fetch(`${url}/digest`, { method: "POST", body });
    expect(await answer.text()).toBe(digestOf(body));
    expect(notes).toEqual(Array(2).fill("the connection to Session Manager was lost; resuming the session"));
    expect([drops, resumed]).toEqual([2, 2]);
  });

  test(
    "a connection without acknowledgements is opened again",
    async () => {
      await using server = echoServer();
      await using bench = await tunnelTo(server.port, { silenceMsMax: 300 });
      const { aws, url, notes } = bench;
      let isDeaf = true;
      aws.after = ({ action }) => {
        if (action === "ResumeSession") isDeaf = false;
        return undefined;
      };
      aws.plant.sessions.fate = (way) => (way === "up" && isDeaf ? "lost" : undefined);
      expect(await (await fetch(url)).text()).toBe("hello");
      expect(notes).toEqual(["the connection to Session Manager was lost; resuming the session"]);
    },
    TIMEOUT_MS,
  );

  test(
    "data that a client does not read waits at its source, and arrives complete when it does",
    async () => {
      await using server = echoServer();
      await using bench = await tunnelTo(server.port);
      const socket = await dial(bench.tunnel.localPort);
      socket.pause();
      socket.write(`GET /bytes?n=${UNREAD_BYTES} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      const { sessions } = bench.aws.plant;
      while (sessions.unreadBytes() < BACKED_UP_BYTES) await new Promise((resolve) => setImmediate(resolve));
      const answer = await readAll(socket);
      expect(digestOf(answer.subarray(answer.indexOf("\r\n\r\n") + 4))).toBe(
        digestOf(patternOf(UNREAD_BYTES)),
      );
    },
    TIMEOUT_MS,
  );

  test("the service's message that the agent can't receive, and that it can again, is understood", async () => {
    await using server = echoServer();
    await using bench = await tunnelTo(server.port);
    bench.aws.plant.sessions.publish("pause_publication");
    bench.aws.plant.sessions.publish("start_publication");
    expect(await (await fetch(bench.url)).text()).toBe("hello");
  });

  test("closing it ends session and connections; its port is free again", async () => {
    await using server = echoServer();
    await using bench = await tunnelTo(server.port);
    const { aws, tunnel } = bench;
    const socket = await dial(tunnel.localPort);
    const ended = readAll(socket);
    await tunnel.close();
    await tunnel.ended;
    expect((await ended).length).toBe(0);
    const ends = aws.calls.filter(({ action }) => action === "TerminateSession");
    expect(ends.map(({ input }) => input.SessionId)).toEqual([tunnel.session]);
    expect((await failureOf(dial(tunnel.localPort))).message).toContain("ECONNREFUSED");
  });
});
