import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { Client, type Json, type Reply, self } from "../../support/client.ts";
import { type Service, startService } from "../../support/service.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

let service: Service;
let client: Client;
let big: Json;
beforeAll(async () => {
  service = await startService({ TODOS_CORS_ORIGINS: "https://app.example, http://localhost:3000" });
  client = new Client(service.url);
  big = await client.task({ description: "A long story. ".repeat(700) });
});
afterAll(() => service[Symbol.asyncDispose]());

describe("every answer", () => {
  const asks: Readonly<Record<string, () => Promise<Reply>>> = {
    "200": () => client.get("/"),
    "201": () => client.post("/tasks", { todo: "x" }),
    "204": () => client.ask("OPTIONS", "/tasks"),
    "304": async () => client.get("/", { "if-none-match": (await client.get("/")).header("etag") }),
    "404": () => client.get("/nothing"),
    "405": () => client.delete("/tasks"),
    "422": () => client.post("/tasks", {}),
  };
  for (const [status, ask] of Object.entries(asks)) {
    test(`${status} has nosniff, a resource policy, an id, a trace, the store's time and Vary for CORS`, async () => {
      const reply = await ask();
      expect(String(reply.status)).toBe(status);
      expect(reply.header("x-content-type-options")).toBe("nosniff");
      expect(reply.header("cross-origin-resource-policy")).toBe("same-origin");
      expect(reply.header("x-request-id")).toMatch(/^[\w.-]{8,}$/);
      expect(reply.header("traceparent")).toMatch(TRACEPARENT);
      expect(reply.header("server-timing")).toMatch(/^store;dur=\d+(\.\d+)?$/);
      expect(reply.header("vary")).toMatch(/(^|, )Origin$/);
      expect(reply.headers.get("server") ?? reply.headers.get("x-powered-by")).toBeNull();
    });
  }

  test("has its own id and trace", async () => {
    const replies = await Promise.all(Array.from({ length: 50 }, () => client.get("/actuator/health")));
    expect(new Set(replies.map((reply) => reply.header("x-request-id"))).size).toBe(50);
    expect(new Set(replies.map((reply) => TRACEPARENT.exec(reply.header("traceparent"))?.[1])).size).toBe(50);
  });

  test("that asked the store reports the time it took", async () => {
    expect(
      Number(/dur=(.*)/.exec((await client.post("/tasks", { todo: "x" })).header("server-timing"))?.[1]),
    ).toBeGreaterThan(0);
  });
});

describe("X-Request-Id", () => {
  test("comes back if it is harmless", async () => {
    for (const id of [
      "a",
      "8e03978e-40d5-43dd-bc93-6894a57f9324",
      "Root=1-67891233-abcdef012345678912345678",
      "x".repeat(128),
    ]) {
      expect((await client.get("/", { "x-request-id": id })).header("x-request-id")).toBe(id);
    }
  });

  test("is replaced if it is too long or ambiguous", async () => {
    for (const id of ["", "x".repeat(129), "a b", "<script>", 'a"b', "a\tb", "{json}", "ü"]) {
      const given = (await client.get("/", { "x-request-id": id })).header("x-request-id");
      expect([id, given !== id && /^[\w.-]{8,}$/.test(given)]).toEqual([id, true]);
    }
  });
});

describe("traceparent", () => {
  test("continues the caller's trace in a span of its own", async () => {
    for (const flags of ["00", "01"]) {
      const [, trace, span, told] =
        TRACEPARENT.exec(
          (await client.get("/", { traceparent: `00-${TRACE}-${SPAN}-${flags}` })).header("traceparent"),
        ) ?? [];
      expect([trace, span !== SPAN, told]).toEqual([TRACE, true, flags]);
    }
  });

  test("of a later version is read as far as possible", async () => {
    const reply = await client.get("/", { traceparent: `01-${TRACE}-${SPAN}-01-what-comes` });
    expect(TRACEPARENT.exec(reply.header("traceparent"))?.[1]).toBe(TRACE);
  });

  test("that is malformed starts a new trace", async () => {
    const bad = [
      "",
      "x",
      `ff-${TRACE}-${SPAN}-01`,
      `00-${TRACE}-${SPAN}-01-more`,
      `00-${"0".repeat(32)}-${SPAN}-01`,
      `00-${TRACE}-${"0".repeat(16)}-01`,
      `00-${TRACE.toUpperCase()}-${SPAN}-01`,
      `00-${TRACE}-${SPAN}`,
    ];
    for (const header of bad) {
      const trace = TRACEPARENT.exec(
        (await client.get("/", { traceparent: header })).header("traceparent"),
      )?.[1];
      expect([header, trace !== undefined && trace !== TRACE]).toEqual([header, true]);
    }
  });
});

describe("CORS", () => {
  const cors = (reply: Reply) =>
    Object.fromEntries([...reply.headers].filter(([name]) => name.startsWith("access-control-")));

  test("lets a script of an allowed origin read the answer and the headers it needs, including errors", async () => {
    for (const origin of ["https://app.example", "http://localhost:3000"]) {
      for (const path of ["/tasks", "/tasks/none"]) {
        const reply = await client.get(path, { origin });
        expect(reply.header("access-control-allow-origin")).toBe(origin);
        expect(reply.header("access-control-expose-headers").split(", ")).toEqual(
          expect.arrayContaining(["ETag", "Link", "Location", "Retry-After"]),
        );
      }
    }
  });

  test("says nothing to a foreign origin, to null, or to no origin", async () => {
    for (const origin of [
      "https://evil.example",
      "https://app.example.evil.example",
      "http://app.example",
      "null",
      "https://app.example:444",
    ]) {
      const reply = await client.get("/tasks", { origin });
      expect([origin, reply.status, cors(reply)]).toEqual([origin, 200, {}]);
    }
    expect(cors(await client.get("/tasks"))).toEqual({});
  });

  test("a preflight names the methods of the resource and the headers that are allowed", async () => {
    const asked = {
      origin: "https://app.example",
      "access-control-request-method": "PATCH",
      "access-control-request-headers": "if-match,content-type",
    };
    const reply = await client.ask("OPTIONS", self(big), { headers: asked });
    expect(reply.status).toBe(204);
    expect(reply.header("access-control-allow-origin")).toBe("https://app.example");
    expect(reply.header("access-control-allow-methods")).toContain("PATCH");
    const sendable = reply.header("access-control-allow-headers").toLowerCase();
    for (const name of ["content-type", "if-match", "if-none-match", "idempotency-key", "last-event-id"])
      expect(sendable).toContain(name);
    expect(Number(reply.header("access-control-max-age"))).toBeGreaterThan(0);
    const foreign = await client.ask("OPTIONS", self(big), {
      headers: { ...asked, origin: "https://evil.example" },
    });
    expect([foreign.status, cors(foreign)]).toEqual([204, {}]);
  });

  test("* allows every origin, and Vary does not mention Origin", async () => {
    await using open = await startService({ TODOS_CORS_ORIGINS: "*" });
    const reply = await new Client(open.url).get("/", { origin: "https://any.example" });
    expect([reply.header("access-control-allow-origin"), reply.header("vary")]).toEqual([
      "*",
      "Accept, Accept-Encoding",
    ]);
  });

  test("is off by default", async () => {
    await using closed = await startService();
    const reply = await new Client(closed.url).get("/", { origin: "https://app.example" });
    expect([cors(reply), reply.header("vary")]).toEqual([{}, "Accept, Accept-Encoding"]);
  });
});

describe("compression", () => {
  const plain = () => client.get(self(big));
  const coded = (coding: string) => client.get(self(big), { "accept-encoding": coding });

  test("gzip and zstd decompress to the same bytes, are smaller on the wire, and have their own lengths", async () => {
    const whole = await plain();
    const undo = {
      gzip: (bytes: Uint8Array) => gunzipSync(bytes),
      zstd: (bytes: Uint8Array) => Bun.zstdDecompressSync(bytes),
    };
    for (const [coding, decode] of Object.entries(undo)) {
      const reply = await coded(coding);
      expect(reply.header("content-encoding")).toBe(coding);
      expect(Number(reply.header("content-length"))).toBe(reply.bytes.length);
      expect(reply.bytes.length).toBeLessThan(whole.bytes.length / 2);
      expect(new TextDecoder().decode(decode(reply.bytes))).toBe(whole.text);
      expect(reply.header("vary")).toContain("Accept-Encoding");
    }
  });

  test("follows the client's weights", async () => {
    const wanted: readonly (readonly [string, string | null])[] = [
      ["gzip, zstd", "zstd"],
      ["gzip;q=1, zstd;q=0.5", "gzip"],
      ["gzip;q=0, zstd;q=0", null],
      ["br, deflate", null],
      ["identity", null],
      ["identity;q=1, gzip;q=0.1", null],
      ["", null],
      ["GZIP", "gzip"],
      ["identity;q=0, gzip", "gzip"],
      ["*", "zstd"],
      ["*;q=0.5, zstd;q=0", "gzip"],
    ];
    for (const [asked, coding] of wanted) {
      const reply = await coded(asked);
      expect([asked, reply.status, reply.headers.get("content-encoding")]).toEqual([asked, 200, coding]);
    }
  });

  test("does not apply to small answers and events", async () => {
    const small = await client.get("/", { "accept-encoding": "gzip" });
    expect(small.headers.get("content-encoding")).toBeNull();
    const forced = await client.get("/", { "accept-encoding": "gzip, identity;q=0" });
    expect(forced.header("content-encoding")).toBe("gzip");
    expect(new TextDecoder().decode(gunzipSync(forced.bytes))).toBe(small.text);
    expect(
      (await client.ask("HEAD", "/events", { headers: { "accept-encoding": "gzip" } })).headers.get(
        "content-encoding",
      ),
    ).toBeNull();
  });

  test("applies to a large page, document and script", async () => {
    for (const path of ["/tasks", "/openapi.json", "/docs/swagger-ui-bundle.js"]) {
      const [whole, reply] = [await client.get(path), await client.get(path, { "accept-encoding": "gzip" })];
      expect([path, reply.headers.get("content-encoding")]).toEqual([path, "gzip"]);
      expect(gunzipSync(reply.bytes).equals(whole.bytes)).toBe(true);
    }
  });
});

describe("pages", () => {
  test("have a policy that loads nothing from elsewhere, and send no referrer", async () => {
    for (const [path, accept] of [
      ["/", "text/html"],
      ["/status", "text/html"],
      ["/docs", "*/*"],
      ["/problems/conflict", "text/html"],
      ["/problems", "text/html"],
    ] as const) {
      const reply = await client.get(path, { accept });
      const policy = reply.header("content-security-policy");
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/);
      expect(reply.header("referrer-policy")).toBe("no-referrer");
      expect(reply.text.replaceAll(service.url, "")).not.toMatch(/(src|href)="(https?:)?\/\//);
    }
  });
});
