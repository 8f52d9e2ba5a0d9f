import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type Json, NDJSON, PROBLEM, problem } from "../../support/client.ts";
import { type Service, startService } from "../../support/service.ts";

const INBOX = "/checklists/00000000-0000-7000-8000-000000000000";
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;
/** Headers that differ in every answer. */
const OF_ITS_OWN = ["date", "server-timing", "traceparent", "x-request-id"];

let service: Service;
let client: Client;
let task: Json;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
  task = await client.task({ description: "long ".repeat(1_999) });
});
afterAll(() => service[Symbol.asyncDispose]());

const READ = "GET, HEAD, OPTIONS";
const WHOLE = "GET, HEAD, PUT, PATCH, DELETE, OPTIONS";
const ALLOWED: Readonly<Record<string, string>> = {
  "/": READ,
  "/checklists": "GET, HEAD, POST, OPTIONS",
  [INBOX]: WHOLE,
  "/tasks": "GET, HEAD, POST, OPTIONS",
  "/tasks/{id}": WHOLE,
  "/events": READ,
  "/docs": READ,
  "/docs/page.css": READ,
  "/status": READ,
  "/manifest.webmanifest": READ,
  "/service-worker.js": READ,
  "/openapi.json": READ,
  "/problems": READ,
  "/problems/conflict": READ,
  "/actuator": READ,
  "/actuator/health": READ,
  "/actuator/health/liveness": READ,
  "/actuator/health/readiness": READ,
  "/actuator/health/startup": READ,
  "/actuator/health/store": READ,
  "/actuator/info": READ,
  "/actuator/metrics": READ,
  "/actuator/metrics/http.server.requests": READ,
  "/actuator/prometheus": READ,
  "/actuator/loggers": READ,
  "/actuator/loggers/todos": READ,
  "/actuator/sbom": READ,
  "/actuator/sbom/application": READ,
};

for (const [path, allow] of Object.entries(ALLOWED)) {
  const where = () => path.replace("{id}", task.id);

  test(`OPTIONS ${path}: 204 and Allow`, async () => {
    const reply = await client.ask("OPTIONS", where());
    expect([reply.status, reply.header("allow"), reply.text]).toEqual([204, allow, ""]);
    const accepted = allow.includes("PATCH")
      ? "application/merge-patch+json, application/json, application/prs.hal-forms+json"
      : null;
    expect(reply.headers.get("accept-patch")).toBe(accepted);
  });

  test(`every other method on ${path}: 405 and the same Allow`, async () => {
    for (const method of [...METHODS, "PROPFIND", "LOCK"].filter(
      (name) => !allow.split(", ").includes(name),
    )) {
      const reply = await client.ask(
        method,
        where(),
        method === "GET" ? {} : { body: { todo: "x", name: "x" } },
      );
      expect([method, ...Object.values(problem(reply))]).toEqual([method, 405, "method-not-allowed", []]);
      expect(reply.header("allow")).toBe(allow);
    }
  });

  test(`HEAD ${path}: GET's status and headers, without a body`, async () => {
    if (path === "/events")
      return expect((await client.ask("HEAD", path)).header("content-type")).toBe("text/event-stream");
    for (const headers of [{}, { "accept-encoding": "gzip" }]) {
      // Metrics change with every request, and so does the length of their text.
      const changing =
        path === "/actuator/prometheus" || path.startsWith("/actuator/metrics") ? ["content-length"] : [];
      const [get, head] = [
        await client.ask("GET", where(), { headers }),
        await client.ask("HEAD", where(), { headers }),
      ];
      const shown = (all: Headers) =>
        Object.fromEntries([...all].filter(([name]) => ![...OF_ITS_OWN, ...changing].includes(name)));
      expect([head.status, head.text, shown(head.headers)]).toEqual([get.status, "", shown(get.headers)]);
    }
  });
}

describe("HEAD", () => {
  test("of a missing resource is 404 without a body", async () => {
    for (const path of ["/tasks/none", "/nothing", "/tasks?checklist=none"]) {
      const reply = await client.ask("HEAD", path);
      expect([reply.status, reply.text, reply.header("content-type")]).toEqual([404, "", PROBLEM]);
    }
  });

  test("of a stream reads nothing and ends", async () => {
    const reply = await client.ask("HEAD", "/tasks", { headers: { accept: NDJSON } });
    expect([reply.status, reply.text, reply.header("content-type")]).toEqual([200, "", NDJSON]);
  });

  test("leaves the connection usable", async () => {
    for (let i = 0; i < 5; i++) {
      expect((await client.ask("HEAD", "/tasks")).status).toBe(200);
      expect((await client.get("/tasks")).json()._embedded.tasks).toHaveLength(1);
    }
  });
});

test("an unknown address is 404 for every method, including OPTIONS", async () => {
  for (const method of [...METHODS, "OPTIONS"]) {
    expect([method, (await client.ask(method, "/nothing")).status]).toEqual([method, 404]);
  }
});

test("nothing else that discloses information exists", async () => {
  for (const name of [
    "env",
    "heapdump",
    "threaddump",
    "shutdown",
    "beans",
    "configprops",
    "mappings",
    "httpexchanges",
    "logfile",
  ]) {
    expect([name, (await client.get(`/actuator/${name}`)).status]).toEqual([name, 404]);
    expect([name, (await client.post(`/actuator/${name}`, {})).status]).toEqual([name, 404]);
  }
});
