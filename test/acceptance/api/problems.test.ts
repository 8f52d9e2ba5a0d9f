import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, HAL, PROBLEM, problem, type Reply } from "../../support/client.ts";
import { RawConnection, rawAnswer } from "../../support/raw.ts";
import { type Service, startService } from "../../support/service.ts";

const BODY_BYTES_MAX = 256 * 1024;
const INBOX = "/checklists/00000000-0000-7000-8000-000000000000";

let service: Service;
let client: Client;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
});
afterAll(() => service[Symbol.asyncDispose]());

/** A request that causes each problem, by its code; problems that need other set-ups are tested there. */
const CAUSES: Readonly<Record<string, readonly [number, () => Promise<Reply>]>> = {
  "malformed-request": [400, () => client.post("/tasks", "{")],
  "not-found": [404, () => client.get("/tasks/none")],
  "method-not-allowed": [405, () => client.delete("/tasks")],
  "not-acceptable": [406, () => client.get("/tasks", { accept: "text/csv" })],
  conflict: [409, () => client.delete(INBOX)],
  "precondition-failed": [412, () => client.put(INBOX, { name: "x" }, { "if-match": '"x"' })],
  "content-too-large": [413, () => client.post("/tasks", { todo: "x".repeat(BODY_BYTES_MAX) })],
  "unsupported-media-type": [415, () => client.post("/tasks", "todo", { "content-type": "text/plain" })],
  "validation-failed": [422, () => client.post("/tasks", {})],
};

describe("a problem", () => {
  for (const [code, [status, cause]] of Object.entries(CAUSES)) {
    test(`${code}: its members, and a type that is served as a page and as JSON`, async () => {
      const reply = await cause();
      expect([reply.status, reply.header("content-type"), reply.header("cache-control")]).toEqual([
        status,
        PROBLEM,
        "no-store",
      ]);
      const { type, title, status: told, detail, instance, errors, ...rest } = reply.json();
      expect([type, told, rest]).toEqual([`${service.url}/problems/${code}`, status, {}] as never);
      expect([title.length > 3, detail.length > 10, instance.startsWith("/")]).toEqual([true, true, true]);
      expect(errors === undefined).toBe(code !== "validation-failed");
      const page = await client.get(type, { accept: "text/html" });
      expect([page.status, page.header("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
      expect(page.text).toContain(title);
      const json = await client.get(type, { accept: "application/json" });
      expect([json.json().type, json.json().title, json.json().status]).toEqual([type, title, status]);
    });
  }

  test("422 has a plain title, and 412 does not claim who changed what", async () => {
    const titled = async (code: string) => (await CAUSES[code]?.[1]())?.json();
    expect((await titled("validation-failed"))?.title as unknown).toBe("Validation failed");
    expect((await titled("precondition-failed"))?.detail as unknown).toBe(
      "The checklist does not meet the condition in If-Match or If-None-Match. GET it, apply your change to its current state, and send the new ETag.",
    );
    expect((await client.get("/problems/precondition-failed")).text).not.toMatch(/somebody|someone/);
  });

  test("is sent whatever Accept says", async () => {
    for (const accept of ["text/html", "image/png", HAL, "application/json;q=0.1"]) {
      expect((await client.get("/tasks/none", { accept })).header("content-type")).toBe(PROBLEM);
    }
  });

  test("names the path as its instance, without the query", async () => {
    expect((await client.get("/tasks/a%20b?checklist=x")).json().instance).toBe("/tasks/a%20b");
  });

  test("types are all listed, and each is explained", async () => {
    const links = (await client.get("/problems", { accept: HAL })).json()._links.item as unknown as {
      href: string;
    }[];
    expect(links.length).toBeGreaterThanOrEqual(Object.keys(CAUSES).length);
    for (const { href } of links) expect((await client.get(href)).status).toBe(200);
    expect((await client.get("/problems/none")).status).toBe(404);
  });

  test("never contains a stack trace, a path of the machine or a statement", async () => {
    for (const [, cause] of Object.values(CAUSES))
      expect((await cause()).text).not.toMatch(/\bat \w+ \(|\.ts\b|SELECT|INSERT|\/tmp\//);
  });
});

describe("400", () => {
  test("for JSON that does not parse, is missing or is not UTF-8", async () => {
    const latin1 = new Uint8Array([
      ...new TextEncoder().encode('{"todo":"'),
      0xe9,
      ...new TextEncoder().encode('"}'),
    ]);
    const utf16 = new Uint8Array(Buffer.from('{"todo":"x"}', "utf16le"));
    const surrogate = new Uint8Array([
      ...new TextEncoder().encode('{"todo":"'),
      0xed,
      0xa0,
      0x80,
      ...new TextEncoder().encode('"}'),
    ]);
    const bodies = [
      "",
      " ",
      "{",
      '{"todo":"x"}}',
      "{'todo':'x'}",
      "undefined",
      "NaN",
      '{"todo":"x",}',
      '\ufeff{"todo":"x"}',
      latin1,
      utf16,
      surrogate,
    ];
    for (const body of bodies) {
      for (const [method, path] of [
        ["POST", "/tasks"],
        ["POST", "/checklists"],
        ["PUT", INBOX],
        ["PATCH", INBOX],
      ] as const) {
        const reply = await client.ask(method, path, { body });
        expect([body, ...Object.values(problem(reply))]).toEqual([body, 400, "malformed-request", []]);
      }
    }
  });

  test("for a body that breaks off", async () => {
    using connection = await RawConnection.open(service.url);
    connection.send(
      "POST /tasks HTTP/1.1\r\nHost: x.example\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    );
    connection.socket.end();
    expect(await connection.toEnd()).not.toContain(" 201 ");
    expect((await client.get("/actuator/health")).status).toBe(200);
  });
});

describe("413", () => {
  const chunked = (bytes: number) =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"todo":"'));
        for (let sent = 0; sent < bytes; sent += 16_384) controller.enqueue(new Uint8Array(16_384).fill(120));
        controller.enqueue(new TextEncoder().encode('"}'));
        controller.close();
      },
    });

  test("for one byte too many by Content-Length, but not for exactly the limit", async () => {
    const shell = '{"todo":"x","description":"y"}';
    const exact = shell + " ".repeat(BODY_BYTES_MAX - shell.length);
    expect((await client.post("/tasks", exact)).status).toBe(201);
    expect(problem(await client.post("/tasks", `${exact} `))).toEqual({
      status: 413,
      code: "content-too-large",
      pointers: [],
    });
  });

  test("for a chunked body beyond the limit; smaller chunked bodies are read", async () => {
    const before = await client.allIds("/tasks", "tasks");
    const reply = await client.post("/tasks", chunked(2 * BODY_BYTES_MAX), {
      "content-type": "application/json",
    });
    expect(problem(reply)).toEqual({ status: 413, code: "content-too-large", pointers: [] });
    expect((await client.post("/tasks", chunked(0), { "content-type": "application/json" })).status).toBe(
      422,
    );
    expect(await client.allIds("/tasks", "tasks")).toEqual(before);
  });

  test("comes before the body is sent, if its length is declared", async () => {
    using connection = await RawConnection.open(service.url);
    connection.send(
      `POST /tasks HTTP/1.1\r\nHost: x.example\r\nContent-Type: application/json\r\nContent-Length: ${BODY_BYTES_MAX * 100}\r\n\r\n`,
    );
    expect(await connection.until("\r\n\r\n")).toContain("HTTP/1.1 413 ");
  });

  test("after a body that was never sent in full, other clients are answered", async () => {
    expect((await client.get("/actuator/health")).status).toBe(200);
  });
});

describe("415", () => {
  const good = [
    "application/json",
    "application/json; charset=utf-8",
    'Application/JSON;charset="UTF-8"',
    HAL,
  ];
  const bad = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json; charset=latin1",
    "application/xml",
    "nonsense",
    "application/jsonx",
  ];

  test("for an unsupported media type or charset, and an encoded body", async () => {
    for (const type of bad) {
      const reply = await client.post("/tasks", '{"todo":"x"}', { "content-type": type });
      expect([type, ...Object.values(problem(reply))]).toEqual([type, 415, "unsupported-media-type", []]);
    }
    expect((await client.post("/tasks", '{"todo":"x"}', { "content-encoding": "gzip" })).status).toBe(415);
    for (const type of good)
      expect([type, (await client.post("/tasks", { todo: "x" }, { "content-type": type })).status]).toEqual([
        type,
        201,
      ]);
  });

  test("for a merge-patch as PUT or POST, and for HAL as PATCH; PATCH accepts its three types", async () => {
    const patch = { "content-type": "application/merge-patch+json" };
    expect((await client.post("/tasks", { todo: "x" }, patch)).status).toBe(415);
    expect((await client.put(INBOX, { name: "Inbox" }, patch)).status).toBe(415);
    expect((await client.patch(INBOX, { name: "Inbox" }, { "content-type": HAL })).status).toBe(415);
    const refused = await client.patch(INBOX, "x", { "content-type": "application/json-patch+json" });
    expect([refused.status, refused.header("accept-patch")]).toEqual([
      415,
      "application/merge-patch+json, application/json, application/prs.hal-forms+json",
    ]);
  });

  test("for a body without a Content-Type", async () => {
    const answer = await rawAnswer(
      service.url,
      'POST /tasks HTTP/1.1\r\nHost: x.example\r\nConnection: close\r\nContent-Length: 12\r\n\r\n{"todo":"x"}',
    );
    expect(answer).toContain("HTTP/1.1 415 ");
  });
});

describe("503", () => {
  test("in a flood is logged at a limited rate, and the rest is counted", async () => {
    await using frozen = await startService({ TODOS_READ_ONLY: "true" });
    const writer = new Client(frozen.url);
    const startedAt = performance.now();
    for (let at = 0; at < 10; at++)
      await Promise.all(Array.from({ length: 50 }, () => writer.post("/tasks", { todo: "x" })));
    const seconds = (performance.now() - startedAt) / 1_000;
    await Promise.all([frozen.logged(({ message }) => message === "stopped"), frozen.stop()]);
    const lines = frozen.log().filter(({ status }) => status === 503);
    const counted = frozen.log().map(({ requests }) => Number(requests ?? 0));
    expect(lines.length).toBeLessThanOrEqual(10 * (seconds + 2));
    expect(lines.length + counted.reduce((sum, count) => sum + count, 0)).toBe(500);
  });

  test("for every write while TODOS_READ_ONLY is set, with Retry-After; reads work", async () => {
    await using frozen = await startService({ TODOS_READ_ONLY: "true", TODOS_ACTUATOR_WRITES: "true" });
    const reader = new Client(frozen.url);
    const writes = [
      await reader.post("/tasks", { todo: "x" }),
      await reader.post("/checklists", { name: "x" }),
      await reader.put(INBOX, { name: "x" }),
      await reader.patch(INBOX, { name: "x" }),
      await reader.delete("/tasks/none"),
    ];
    const line = await frozen.logged(({ requestId }) => requestId === writes[0]?.header("x-request-id"));
    expect(line).toMatchObject({ level: "WARN", method: "POST", route: "/tasks", status: 503 });
    for (const reply of writes) {
      expect(problem(reply)).toEqual({ status: 503, code: "read-only", pointers: [] });
      expect(Number(reply.header("retry-after"))).toBeGreaterThan(0);
    }
    expect((await reader.get(INBOX)).json().name).toBe("Inbox");
    expect((await reader.get("/tasks", { accept: "application/x-ndjson" })).status).toBe(200);
    expect((await reader.get("/actuator/health/readiness")).status).toBe(200);
    expect((await reader.post("/actuator/loggers/todos", { configuredLevel: "WARN" })).status).toBe(204);
  });
});
