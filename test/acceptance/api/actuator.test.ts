import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type Json, problem } from "../../support/client.ts";
import { type Service, STORE, startService } from "../../support/service.ts";

/** Rows on a cluster use no space on this disk. */
const COMPONENTS = STORE === "sqlite" ? ["diskSpace", "store"] : ["store"];

const V3 = "application/vnd.spring-boot.actuator.v3+json";
const LEVELS = ["OFF", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"];

let service: Service;
let client: Client;
beforeAll(async () => {
  service = await startService({ TODOS_ACTUATOR_WRITES: "true" });
  client = new Client(service.url);
});
afterAll(() => service[Symbol.asyncDispose]());

type Level = { readonly configuredLevel?: string; readonly effectiveLevel: string };

describe("/actuator", () => {
  test("links to its endpoints, in Spring Boot's media type", async () => {
    const index = await client.get("/actuator");
    expect(index.header("content-type")).toBe(V3);
    for (const { href, templated } of Object.values(index.json()._links)) {
      if (!templated) expect([href, (await client.get(href)).status]).toEqual([href, 200]);
    }
    const names = ["health", "info", "metrics", "prometheus", "loggers", "sbom", "self"];
    expect(Object.keys(index.json()._links)).toEqual(expect.arrayContaining(names));
  });

  test("answers a browser and other clients with plain JSON, version 2 of the type", async () => {
    for (const accept of [
      "application/json",
      "application/vnd.spring-boot.actuator.v2+json",
      "text/html,*/*;q=0.8",
    ]) {
      const reply = await client.get("/actuator/health", { accept });
      expect([reply.status, reply.text]).toEqual([200, '{"status":"UP"}']);
    }
  });
});

describe("health", () => {
  test('is exactly {"status":"UP"}, and so are its groups and components', async () => {
    const components = COMPONENTS.map((name) => `/${name}`);
    for (const path of ["", "/liveness", "/readiness", "/startup", ...components]) {
      const reply = await client.get(`/actuator/health${path}`);
      expect([path, reply.status, reply.text]).toEqual([path, 200, '{"status":"UP"}']);
    }
  });

  test("of an unknown component → 404", async () => {
    expect(problem(await client.get("/actuator/health/none")).status).toBe(404);
  });

  test("shows components and their details if that is enabled", async () => {
    await using open = await startService({ TODOS_HEALTH_DETAILS: "always" });
    const asked = new Client(open.url);
    const whole = (await asked.get("/actuator/health")).json() as unknown as {
      status: string;
      components: Record<string, { status: string; details: Record<string, unknown> }>;
      groups: string[];
    };
    expect([whole.status, whole.groups]).toEqual(["UP", ["liveness", "readiness", "startup"]]);
    expect(Object.keys(whole.components).sort()).toEqual(COMPONENTS);
    expect(whole.components.store).toMatchObject({ status: "UP", details: { kind: STORE } });
    if (STORE !== "sqlite") return;
    expect((await asked.get("/actuator/health/diskSpace")).json()).toMatchObject({
      status: "UP",
      details: { free: expect.any(Number) },
    } as never);
  });
});

describe("info", () => {
  test("shows build, git, store and durability", async () => {
    const info = (await client.get("/actuator/info")).json();
    expect(info.build).toMatchObject({ name: "todos", version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    expect(info.git).toMatchObject({ commit: { id: expect.stringMatching(/^([0-9a-f]{7}|unknown)$/) } });
    expect(info.store).toMatchObject({ kind: expect.any(String), durability: expect.any(String) });
  });
});

describe("metrics", () => {
  type Metric = {
    readonly measurements: readonly { readonly statistic: string; readonly value: number }[];
    readonly availableTags: readonly { readonly tag: string; readonly values: readonly string[] }[];
  };
  const metric = async (query = "", name = "http.server.requests") =>
    (await client.get(`/actuator/metrics/${name}${query}`)).json() as unknown as Metric;
  const count = (of: Metric) =>
    of.measurements.find(({ statistic }) => statistic === "COUNT")?.value ?? Number.NaN;

  test("are listed by Micrometer's names, and each can be looked at", async () => {
    const names = (await client.get("/actuator/metrics")).json().names as string[];
    expect(names).toEqual(names.toSorted());
    for (const name of ["http.server.requests", "process.uptime", "process.cpu.usage", "disk.free"])
      expect(names).toContain(name);
    for (const name of names)
      expect([name, (await metric("", name)).measurements.length > 0]).toEqual([name, true]);
  });

  test("count requests by route, method and status, and drill down by tag", async () => {
    const query = "?tag=uri:/tasks/%7Bid%7D&tag=status:404&tag=method:GET";
    await client.get("/tasks/first");
    const before = count(await metric(query));
    for (let i = 0; i < 5; i++) await client.get(`/tasks/none-${i}`);
    expect(count(await metric(query))).toBe(before + 5);
    expect(count(await metric())).toBeGreaterThan(before + 5);
    const tags = (await metric()).availableTags;
    expect(tags.find(({ tag }) => tag === "uri")?.values).toContain("/tasks/{id}");
    expect(JSON.stringify(tags)).not.toContain("none-1");
  });

  test("an invalid tag, or a metric that does not exist", async () => {
    expect(problem(await client.get("/actuator/metrics/http.server.requests?tag=x")).status).toBe(422);
    expect((await client.get("/actuator/metrics/http.server.requests?tag=uri:/never")).status).toBe(404);
    expect((await client.get("/actuator/metrics/none")).status).toBe(404);
  });

  test("are also available as Prometheus text, by OpenTelemetry's names", async () => {
    const text = await client.get("/actuator/prometheus");
    expect(text.header("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(text.text).toMatch(/^# TYPE http_server_request_duration_seconds histogram$/m);
    expect(text.text).toMatch(
      /^http_server_request_duration_seconds_bucket\{[^}]*http_route="\/tasks\/\{id\}"[^}]*le="\+Inf"\} \d+$/m,
    );
    expect(text.text).not.toContain("none-1");
    expect(text.text.endsWith("\n")).toBe(true);
  });

  test("count changes of a task's status", async () => {
    const { id } = await client.task();
    await client.patch(`/tasks/${id}`, { completed: true });
    expect((await client.get("/actuator/prometheus")).text).toMatch(
      /^todos_\w*transitions?\w*\{[^}]*completed[^}]*\} \d+$/m,
    );
  });
});

describe("loggers", () => {
  const level = async (name: string) =>
    (await client.get(`/actuator/loggers/${name}`)).json() as unknown as Level;
  const set = (name: string, configuredLevel: unknown) =>
    client.post(`/actuator/loggers/${name}`, { configuredLevel });

  test("are listed with their levels", async () => {
    const all = (await client.get("/actuator/loggers")).json() as unknown as {
      levels: string[];
      loggers: Record<string, Level>;
    };
    expect(all.levels).toEqual(LEVELS);
    expect(Object.keys(all.loggers)).toEqual(
      expect.arrayContaining(["ROOT", "todos", "todos.http", "todos.store"]),
    );
    for (const [name, shown] of Object.entries(all.loggers))
      expect([name, await level(name)]).toEqual([name, shown]);
  });

  test("take a level, pass it on to their children, and reset it", async () => {
    const before = await level("todos.http");
    expect((await set("todos", "DEBUG")).status).toBe(204);
    expect([await level("todos"), await level("todos.http")]).toEqual([
      { configuredLevel: "DEBUG", effectiveLevel: "DEBUG" },
      { effectiveLevel: "DEBUG" },
    ]);
    expect((await set("todos.http", "error")).status).toBe(204);
    expect((await level("todos.http")).effectiveLevel).toBe("ERROR");
    await set("todos.http", null);
    await client.post("/actuator/loggers/todos", {}, { "content-type": V3 });
    expect(await level("todos.http")).toEqual(before);
  });

  test("take effect at once: what happens is logged from then on", async () => {
    await set("todos.http.access", "INFO");
    await using told = await startService({ TODOS_ACCESS_LOG: "true", TODOS_ACTUATOR_WRITES: "true" });
    const asked = new Client(told.url);
    const line = await Promise.all([
      told.logged((each) => each.requestId === "told"),
      asked.get("/tasks/none", { "x-request-id": "told" }),
    ]);
    expect(line[0]).toMatchObject({ method: "GET", route: "/tasks/{id}", status: 404 });
    await asked.post("/actuator/loggers/todos.http.access", { configuredLevel: "OFF" });
    await asked.get("/tasks/none", { "x-request-id": "untold" });
    await asked.post("/actuator/loggers/todos.http.access", { configuredLevel: "INFO" });
    await Promise.all([
      told.logged((each) => each.requestId === "again"),
      asked.get("/", { "x-request-id": "again" }),
    ]);
    expect(told.log().some((each) => each.requestId === "untold")).toBe(false);
  });

  test("can't be set on the service's own port, unless TODOS_ACTUATOR_WRITES allows it", async () => {
    await using shut = await startService();
    const asked = new Client(shut.url);
    for (const configuredLevel of ["OFF", "TRACE"]) {
      const reply = await asked.post("/actuator/loggers/ROOT", { configuredLevel });
      expect([reply.status, reply.header("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
    }
    expect((await asked.get("/actuator/loggers/ROOT")).text).toContain('"effectiveLevel":"INFO"');
  });

  test("never contain the text of tasks, whatever the level", async () => {
    await using told = await startService({ TODOS_ACCESS_LOG: "true", TODOS_LOG_LEVEL: "trace" });
    const asked = new Client(told.url);
    const task = await asked.task({ todo: "Secret text", description: "Secret text" });
    await asked.patch(`/tasks/${task.id}`, { todo: "Secret text", dueDate: "Secret text" });
    await asked.post("/tasks?x=Secret%20text", "Secret text", { "idempotency-key": "Secret-key" });
    await Promise.all([
      told.logged((each) => each.requestId === "last"),
      asked.get("/", { "x-request-id": "last" }),
    ]);
    expect(told.log().length).toBeGreaterThan(4);
    expect(JSON.stringify(told.log())).not.toMatch(/Secret/);
  });

  test("an invalid level → 422, an unknown logger → 404", async () => {
    expect(problem(await set("todos", "LOUD"))).toEqual({
      status: 422,
      code: "validation-failed",
      pointers: ["/configuredLevel"],
    });
    expect((await set("none.of.ours", "INFO")).status).toBe(404);
    expect((await client.get("/actuator/loggers/none.of.ours")).status).toBe(404);
    expect((await client.post("/actuator/loggers/todos", "x", { "content-type": "text/plain" })).status).toBe(
      415,
    );
  });
});

describe("sbom", () => {
  test("lists one, in CycloneDX, with the bundled components", async () => {
    expect((await client.get("/actuator/sbom")).json().ids).toEqual(["application"]);
    const sbom = await client.get("/actuator/sbom/application");
    expect(sbom.header("content-type")).toBe("application/vnd.cyclonedx+json");
    const { bomFormat, components } = sbom.json() as unknown as {
      bomFormat: string;
      components: { name: string }[];
    };
    expect(bomFormat).toBe("CycloneDX");
    expect(components.map(({ name }) => name)).toEqual(expect.arrayContaining(["elysia", "swagger-ui-dist"]));
    expect((await client.get("/actuator/sbom/other")).status).toBe(404);
  });
});

describe("TODOS_MANAGEMENT_PORT", () => {
  test("moves everything except health to its own port", async () => {
    await using split = await startService({ TODOS_MANAGEMENT_PORT: "0" });
    const [api, management] = [new Client(split.url), new Client(split.managementUrl ?? "")];
    for (const path of ["/info", "/metrics", "/prometheus", "/loggers", "/sbom", "/doctor", ""]) {
      expect([path, (await api.get(`/actuator${path}`)).status]).toEqual([path, 404]);
      expect([path, (await management.get(`/actuator${path}`)).status]).toEqual([path, 200]);
    }
    const set = await management.post("/actuator/loggers/todos", { configuredLevel: "DEBUG" });
    expect(set.status).toBe(204);
    for (const side of [api, management]) {
      expect((await side.get("/actuator/health/readiness")).text).toBe('{"status":"UP"}');
    }
    const root = (await management.get("/")).json()._links;
    expect(Object.keys(root)).toEqual(["self", "actuator", "health"]);
    for (const [where, type] of [
      ["/", "text/html"],
      ["/status", "text/html"],
    ] as const)
      expect((await management.get(where, { accept: type })).text).toContain("<html");
    expect(Object.keys((await api.get("/")).json()._links)).not.toContain("actuator");
    for (const path of ["/tasks", "/checklists", "/docs"])
      expect([path, (await management.get(path)).status]).toEqual([path, 404]);
    const links = Object.values((await management.get("/actuator")).json()._links);
    for (const { href } of links) expect(href).toStartWith(management.url);
  });

  test("has its own document on that port", async () => {
    await using split = await startService({ TODOS_MANAGEMENT_PORT: "0" });
    const paths = (of: Json) => Object.keys(of.paths as object);
    expect(paths((await new Client(split.url).get("/openapi.json")).json())).not.toContain(
      "/actuator/loggers",
    );
    expect(paths((await client.get("/openapi.json")).json())).toContain("/actuator/loggers");
  });
});
