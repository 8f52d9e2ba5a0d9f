import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { ROOT } from "../support/binary.ts";
import { RawConnection } from "../support/raw.ts";
import { type Service, startService } from "../support/service.ts";
import { HealthWatch } from "./raw-sockets/health-watch.ts";
import { PARSER_CASES, type ParserAnswer } from "./raw-sockets/parser-cases.ts";
import { PROGRAM_CASES } from "./raw-sockets/program-cases.ts";

/** Nothing may hang; generous, for a busy machine. */
const ANSWER_DEADLINE_MS = 10_000;
/** Bun allows 12 s for headers and the service 20 s for a body; a busy machine needs more. */
const SLOW_DEADLINE_MS = 60_000;
const IDLE_CONNECTIONS = 500;
/** Twice the limit for a body. */
const ENDLESS_CHUNK = `80000\r\n${"a".repeat(0x80000)}\r\n`;
const DOCS = join(ROOT, "docs/http-parser.md");

const HEAD = "Host: 127.0.0.1\r\nContent-Type: application/json\r\n";
const HEALTH = "GET /actuator/health HTTP/1.1\r\nHost: 127.0.0.1\r\n";

let service: Service;
let watch: HealthWatch;

beforeAll(async () => {
  service = await startService();
  watch = new HealthWatch(service.url);
});

afterAll(async () => {
  await service[Symbol.asyncDispose]();
});

/** Sends bytes and returns everything until the other side closes. */
async function answerTo(bytes: string | Buffer, deadlineMs = ANSWER_DEADLINE_MS): Promise<string> {
  using connection = await RawConnection.open(service.url);
  connection.socket.write(bytes);
  return await inTime(connection.toEnd(), deadlineMs);
}

async function inTime<T>(wanted: Promise<T>, deadlineMs = ANSWER_DEADLINE_MS): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing happened for ${deadlineMs} ms`)), deadlineMs);
  });
  return await Promise.race([wanted, late]).finally(() => clearTimeout(timer));
}

function statuses(answer: string): number[] {
  return [...answer.matchAll(/HTTP\/1\.1 (\d{3}) [A-Z]/g)].map(([, status]) => Number(status));
}

function parserAnswer(answer: string): ParserAnswer | string {
  if (answer === "") return "closed";
  const bare = /^HTTP\/1\.1 (\d{3}) [^\r\n]+\r\nConnection: close\r\n\r\n$/.exec(answer);
  return bare ? `bare ${bare[1]}` : answer;
}

describe("what Bun's parser answers itself", () => {
  test.each(PARSER_CASES.map((each) => [each.name, each.answer, each] as const))(
    "%s: %s",
    async (_, expected, { request }) => {
      expect(parserAnswer(await answerTo(request))).toBe(expected);
    },
  );

  test("the documentation lists exactly these", async () => {
    const rows = [...(await Bun.file(DOCS).text()).matchAll(/^\| (.+?) \| (bare \d{3}|closed) \|$/gm)];
    expect(rows.map(([, name, answer]) => `${name}: ${answer}`).sort()).toEqual(
      PARSER_CASES.map(({ name, answer }) => `${name}: ${answer}`).sort(),
    );
  });
});

describe("what the program answers", () => {
  test.each(PROGRAM_CASES.map((each) => [each.name, each.status, each] as const))(
    "%s: %d",
    async (_, status, { request }) => {
      const answer = await answerTo(request);
      expect(statuses(answer)).toEqual([status]);
      expect(answer.toLowerCase()).toContain("\r\nx-request-id: ");
      if (status >= 400) expect(answer).toContain("\r\nContent-Type: application/problem+json\r\n");
      // Whatever is wrong, the answer stays small.
      expect(answer.length).toBeLessThan(32_768);
    },
  );

  test("requests sent all at once are answered in order", async () => {
    const missing = "GET /checklists/none HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    const answer = await answerTo(
      `${HEALTH}\r\n${missing}${HEALTH}\r\n${missing}${HEALTH}Connection: close\r\n\r\n`,
    );
    expect(statuses(answer)).toEqual([200, 404, 200, 404, 200]);
  });

  test("a request sent right after a write closes the connection without a byte, and the write is done", async () => {
    const before = await checklistCount();
    const body = '{"name":"pipelined"}';
    const write = `POST /checklists HTTP/1.1\r\n${HEAD}Content-Length: ${body.length}\r\n\r\n${body}`;
    expect(await answerTo(`${write}${HEALTH}Connection: close\r\n\r\n`)).toBe("");
    // Asks until it exists: nothing reports when that is.
    while ((await checklistCount()) === before);
    expect(await checklistCount()).toBe(before + 1);
  });

  test("a body longer than its length is read as the next request", async () => {
    expect(
      statuses(
        await answerTo(`POST /checklists HTTP/1.1\r\n${HEAD}Content-Length: 2\r\n\r\n{}surplus\r\n\r\n`),
      ),
    ).toEqual([422, 400]);
  });

  test("a trailer after the last chunk is read as the next request, and refused", async () => {
    const chunks = `POST /checklists HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n`;
    expect(statuses(await answerTo(`${chunks}X-A: a\r\n\r\n`))).toEqual([422, 400]);
  });

  test("a client that expects 100 gets it, and then the answer", async () => {
    const head = `POST /checklists HTTP/1.1\r\n${HEAD}Connection: close\r\nExpect: 100-continue\r\nContent-Length: 12\r\n\r\n`;
    using connection = await RawConnection.open(service.url);
    connection.send(head);
    await inTime(connection.until("100 Continue\r\n\r\n"));
    connection.send('{"name":"x"}');
    expect(statuses(await inTime(connection.toEnd()))).toEqual([100, 201]);
  });

  test("an endless body is refused at the limit", async () => {
    const head = `POST /checklists HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
    expect(statuses(await answerTo(head + ENDLESS_CHUNK))).toEqual([413]);
  });

  test("a body that breaks off stores nothing", async () => {
    const before = await checklistCount();
    for (const part of ["", '{"name":', '{"name":"half"}']) {
      const connection = await RawConnection.open(service.url);
      connection.send(`POST /checklists HTTP/1.1\r\n${HEAD}Content-Length: 100\r\n\r\n${part}`);
      connection.socket.end();
      await inTime(connection.toEnd());
      connection[Symbol.dispose]();
    }
    expect(await checklistCount()).toBe(before);
  });

  test.concurrent("endless headers end the connection without an answer", async () => {
    using connection = await RawConnection.open(service.url);
    connection.send(`${HEALTH}X-A: `);
    const drip = setInterval(() => connection.send("a"), 1_000);
    expect(await inTime(connection.toEnd(), SLOW_DEADLINE_MS).finally(() => clearInterval(drip))).toBe("");
  });

  test.concurrent("a slow body ends with 408, and closes the connection", async () => {
    using connection = await RawConnection.open(service.url);
    connection.send(`POST /checklists HTTP/1.1\r\n${HEAD}Content-Length: 1000\r\n\r\n`);
    const drip = setInterval(() => connection.send(" "), 1_000);
    const answer = await inTime(connection.toEnd(), SLOW_DEADLINE_MS).finally(() => clearInterval(drip));
    expect(statuses(answer)).toEqual([408]);
  });

  test("slow headers delay nobody else", async () => {
    using slow = await RawConnection.open(service.url);
    const request = `${HEALTH}Connection: close\r\n\r\n`;
    for (const character of request) {
      slow.send(character);
      expect(statuses(await answerTo(request))).toEqual([200]);
    }
    expect(statuses(await inTime(slow.toEnd()))).toEqual([200]);
  });

  test(`${IDLE_CONNECTIONS} idle connections delay nobody`, async () => {
    const idle = await Promise.all(
      Array.from({ length: IDLE_CONNECTIONS }, () => RawConnection.open(service.url)),
    );
    for (const connection of idle.slice(IDLE_CONNECTIONS / 2)) connection.send("GET / HT");
    try {
      expect(statuses(await answerTo(`${HEALTH}Connection: close\r\n\r\n`))).toEqual([200]);
      const made = await fetch(`${service.url}/checklists`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"name":"a"}',
      });
      expect(made.status).toBe(201);
    } finally {
      for (const connection of idle) connection[Symbol.dispose]();
    }
  });
});

test("health was answered throughout, and the service had no error", async () => {
  const { asked, refused } = await watch.stop();
  expect(asked).toBeGreaterThan(20);
  expect(refused).toEqual([]);
  expect(service.log().filter((entry) => Number(entry.status) >= 500 || entry.level === "error")).toEqual([]);
});

async function checklistCount(): Promise<number> {
  const page = (await (await fetch(`${service.url}/checklists?size=200`)).json()) as {
    _embedded: { checklists: unknown[] };
  };
  return page._embedded.checklists.length;
}
