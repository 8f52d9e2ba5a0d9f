import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client, type Json, NDJSON, self } from "../../support/client.ts";
import { fillList } from "../../support/fill.ts";
import { RawConnection } from "../../support/raw.ts";
import { type Service, STORE, startService } from "../../support/service.ts";
import { FULL_SIZE } from "../../support/size.ts";

/** Streaming is the same on every store: SQLite, which fills fastest, shows that memory stays constant. */
const ROWS = STORE === "sqlite" || FULL_SIZE ? 200_000 : 20_000;
/** Minimum bytes of a streamed row. */
const ROW_BYTES_MIN = 500;
/** Far less than the stream's size, and five times what garbage adds to a peak (9 MiB at most, in ten runs). */
const GROWTH_BYTES_MAX = 48 * 1024 * 1024;
const SLOW = 20;
const DISCONNECTED = STORE === "sqlite" || FULL_SIZE ? 300 : 60;
const SETUP_DEADLINE_MS = 300_000;
const DEADLINE_MS = 120_000;
const REQUEST = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x.example\r\nAccept: ${NDJSON}\r\n\r\n`;

let service: Service;
let client: Client;
let list: Json;
let path: string;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
  list = await client.checklist("Very long");
  path = `/tasks?checklist=${list.id}`;
  await fillList(service, "A task of a list that no memory should hold", ROWS, list.id);
}, SETUP_DEADLINE_MS);
afterAll(() => service[Symbol.asyncDispose]());

/**
 * How far doing the same again raises the peak of the service's memory. The first time may raise it by 60 MiB from a heap
 * that was just collected, all garbage. The second time makes as much garbage, so that what it adds is still held.
 */
async function growthOfSecondTime(work: () => Promise<void>): Promise<number> {
  await work();
  const before = service.memoryPeakBytes();
  await work();
  return service.memoryPeakBytes() - before;
}

async function streamed(where: string): Promise<AsyncIterable<Uint8Array>> {
  const response = await fetch(service.url + where, { headers: { accept: NDJSON } });
  if (!response.body) throw new Error("the answer has no body");
  return response.body;
}

test(
  `a stream of ${ROWS} rows returns each once, in constant memory of the server`,
  async () => {
    // The first tenth takes the service to its peak; what raises the peak later comes from the rows.
    let before: number | undefined;
    let [lines, bytes] = [0, 0];
    for await (const chunk of await streamed(path)) {
      for (const byte of chunk) if (byte === 10) lines++;
      bytes += chunk.byteLength;
      if (lines >= ROWS / 10) before ??= service.memoryPeakBytes();
    }
    expect(lines).toBe(ROWS);
    expect(bytes).toBeGreaterThan(ROWS * ROW_BYTES_MIN);
    expect(service.memoryPeakBytes() - (before ?? 0)).toBeLessThan(GROWTH_BYTES_MAX);
  },
  DEADLINE_MS,
);

test(
  "clients that do not read cost no more than their sockets, and delay nobody",
  async () => {
    using slow = new DisposableStack();
    const growth = await growthOfSecondTime(async () => {
      const opened = await Promise.all(Array.from({ length: SLOW }, () => RawConnection.open(service.url)));
      for (const connection of opened) {
        slow.use(connection).socket.pause();
        connection.send(REQUEST(path));
      }
      for (let i = 0; i < 200; i++) expect((await client.get(self(list))).status).toBe(200);
    });
    expect(growth).toBeLessThan(GROWTH_BYTES_MAX);
  },
  DEADLINE_MS,
);

test(
  "clients that disconnect early leave nothing behind",
  async () => {
    const growth = await growthOfSecondTime(async () => {
      for (let i = 0; i < DISCONNECTED; i++) {
        using connection = await RawConnection.open(service.url);
        connection.send(REQUEST(path));
        await connection.until("\n{");
      }
    });
    expect(growth).toBeLessThan(GROWTH_BYTES_MAX);
    expect((await client.get("/actuator/health")).status).toBe(200);
    // A client that disconnects is not a failure.
    expect(service.log().filter(({ level }) => level !== "INFO")).toEqual([]);
  },
  DEADLINE_MS,
);

test(
  "a stream that searches for rare rows lets other requests go first",
  async () => {
    const searching = (async () => {
      let bytes = 0;
      for await (const chunk of await streamed(`${path}&priority=high`)) bytes += chunk.byteLength;
      return bytes;
    })();
    let [answered, longestMs] = [0, 0];
    const started = performance.now();
    let searched = false;
    void searching.then(() => {
      searched = true;
    });
    while (!searched) {
      const asked = performance.now();
      await client.get(self(list));
      longestMs = Math.max(longestMs, performance.now() - asked);
      answered++;
    }
    expect(await searching).toBe(0);
    // If the search blocked them, at most one or two would have been answered.
    expect(answered).toBeGreaterThan(10);
    expect(longestMs).toBeLessThan(performance.now() - started);
  },
  DEADLINE_MS,
);

test(
  "rows written during a stream do not break it; deleting the list does",
  async () => {
    using connection = await RawConnection.open(service.url);
    connection.socket.pause();
    connection.send(REQUEST(path));
    await client.task({ todo: "Late" }, list);
    expect((await client.delete(self(list))).status).toBe(204);
    connection.socket.resume();
    // The last chunk of a complete answer has length 0: without it a client knows that something is
    // missing.
    expect((await connection.toEnd()).endsWith("\r\n0\r\n\r\n")).toBe(false);
    await service.logged(({ message }) => message === "a stream broke off");
  },
  DEADLINE_MS,
);
