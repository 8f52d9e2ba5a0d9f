import { afterEach, describe, expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { Histogram } from "../../../src/adapters/telemetry/histogram.ts";
import type { Metrics } from "../../../src/adapters/telemetry/metrics.ts";
import { createMetrics } from "../../../src/adapters/telemetry/metrics.ts";
import { parsePrometheus } from "./prometheus-parser.ts";

const opened: Metrics[] = [];
afterEach(() => {
  for (const metrics of opened.splice(0)) metrics.stop();
});

function setUp(): Metrics {
  const build = { version: "1.2.3", commit: 'odd "\\\n', bun: "1" };
  const metrics = createMetrics({ scheme: "http", diskPath: tmpdir(), build });
  opened.push(metrics);
  return metrics;
}

function busy(): Metrics {
  const metrics = setUp();
  metrics.requestServed("GET", "/tasks/{id}", 200, 0.004);
  metrics.requestServed("GET", "/tasks/{id}", 200, 0.02);
  metrics.requestServed("GET", "/tasks/{id}", 404, 0.001);
  metrics.requestServed("POST", "/tasks", 201, 0.003);
  metrics.requestServed("POST", "/tasks", 503, 30);
  metrics.requestServed("BREW", "", 501, 0.001);
  metrics.requestsInFlight(1);
  metrics.storeOperated("findTask", "success", 0.00003);
  metrics.groupCommitted(20);
  metrics.taskMoved("pending", "completed");
  metrics.taskMoved("pending", "completed");
  return metrics;
}

describe("Prometheus", () => {
  test("the text follows the format: complete families, increasing buckets, matching sum and count", () => {
    const families = parsePrometheus(busy().prometheus());
    expect(families.size).toBeGreaterThan(12);
  });

  test("request durations carry OpenTelemetry's names, buckets and labels", () => {
    const requests = parsePrometheus(busy().prometheus()).get("http_server_request_duration_seconds");
    expect(requests?.type).toBe("histogram");
    const read = requests?.samples.filter(
      ({ labels }) => labels.http_route === "/tasks/{id}" && labels.http_response_status_code === "200",
    );
    expect(read?.find(({ name }) => name.endsWith("_count"))).toEqual({
      name: "http_server_request_duration_seconds_count",
      labels: {
        http_request_method: "GET",
        http_response_status_code: "200",
        http_route: "/tasks/{id}",
        url_scheme: "http",
      },
      value: 2,
    });
    const buckets = read?.filter(({ name }) => name.endsWith("_bucket"));
    expect(buckets?.map(({ labels }) => labels.le)).toEqual(
      "0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10 +Inf".split(" "),
    );
    expect(buckets?.slice(0, 3).map(({ value }) => value)).toEqual([1, 1, 2]);
  });

  test("an unknown method is _OTHER, without a route there is no route label, and 5xx have an error type", () => {
    const requests = parsePrometheus(busy().prometheus()).get("http_server_request_duration_seconds");
    const failed = requests?.samples.filter(
      ({ name, labels }) => name.endsWith("_count") && labels.error_type,
    );
    expect(failed?.map(({ labels }) => labels)).toEqual([
      {
        http_request_method: "POST",
        http_response_status_code: "503",
        http_route: "/tasks",
        url_scheme: "http",
        error_type: "503",
      },
      {
        http_request_method: "_OTHER",
        http_response_status_code: "501",
        url_scheme: "http",
        error_type: "501",
      },
    ]);
  });

  test.each([
    ["http_server_active_requests", "gauge", 1],
    ["todos_task_transitions_total", "counter", 2],
    ["todos_build_info", "gauge", 1],
  ])("%s is a %s of %d", (name, type, value) => {
    const family = parsePrometheus(busy().prometheus()).get(name);
    expect(family).toMatchObject({ type, samples: [{ value }] });
  });

  test("special characters in a label are read back unchanged", () => {
    const build = parsePrometheus(setUp().prometheus()).get("todos_build_info");
    expect(build?.samples[0]?.labels.commit).toBe('odd "\\\n');
  });

  test("the process reports processor time, memory, descriptors and start", () => {
    const families = parsePrometheus(setUp().prometheus());
    const value = (name: string): number => families.get(name)?.samples[0]?.value ?? Number.NaN;
    expect(value("process_cpu_seconds_total")).toBeGreaterThan(0);
    expect(value("process_resident_memory_bytes")).toBeGreaterThan(1_000_000);
    expect(value("process_open_fds")).toBeGreaterThan(2);
    expect(
      Math.abs(value("process_start_time_seconds") * 1_000 + performance.now() - Date.now()),
    ).toBeLessThan(2_000);
  });

  test.skipIf(Bun.which("promtool") === null)("promtool finds nothing (needs promtool)", async () => {
    const child = Bun.spawn(["promtool", "check", "metrics"], {
      stdin: new Blob([busy().prometheus()]),
      stdout: "pipe",
      stderr: "pipe",
    });
    const said = (await new Response(child.stdout).text()) + (await new Response(child.stderr).text());
    expect([await child.exited, said]).toEqual([0, ""]);
  });

  test("clients can't make series grow without limit", () => {
    const metrics = setUp();
    for (let each = 0; each < 2_000; each++) {
      metrics.requestServed(`M${each}`, `/${each}`, each, 0.001);
      metrics.storeOperated(`operation ${each}`, "success", 0.001);
      metrics.taskMoved(`${each}`, `${each}`);
    }
    const families = parsePrometheus(metrics.prometheus());
    const counts = [...families.values()].map(({ samples }) =>
      samples.filter(({ name }) => !name.endsWith("_bucket")),
    );
    expect(Math.max(...counts.map(({ length }) => length))).toBeLessThan(2_000);
    const total = metrics.measurement("http.server.requests", [])?.measurements[0];
    expect(total).toEqual({ statistic: "COUNT", value: 2_000 });
  });
});

describe("Micrometer", () => {
  const counted = (metrics: Metrics, tags: [string, string][]): number | undefined =>
    metrics
      .measurement("http.server.requests", tags)
      ?.measurements.find(({ statistic }) => statistic === "COUNT")?.value;

  test("without tags all series are added up, and the available tags are named", () => {
    const found = busy().measurement("http.server.requests", []);
    expect(found).toMatchObject({ name: "http.server.requests", baseUnit: "seconds" });
    expect(found?.measurements.map(({ statistic }) => statistic)).toEqual(["COUNT", "TOTAL_TIME", "MAX"]);
    expect(found?.measurements[0]?.value).toBe(6);
    expect(found?.measurements[1]?.value).toBeCloseTo(30.029, 6);
    expect(found?.measurements[2]?.value).toBe(30);
    expect(found?.availableTags).toEqual([
      { tag: "method", values: ["GET", "POST", "_OTHER"] },
      { tag: "outcome", values: ["CLIENT_ERROR", "SERVER_ERROR", "SUCCESS"] },
      { tag: "status", values: ["200", "201", "404", "501", "503"] },
      { tag: "uri", values: ["/tasks", "/tasks/{id}", "UNKNOWN"] },
    ]);
  });

  test("tags narrow it down; a chosen tag is not offered again; without a match there is nothing", () => {
    const metrics = busy();
    expect(counted(metrics, [["method", "GET"]])).toBe(3);
    expect(
      counted(metrics, [
        ["method", "GET"],
        ["status", "404"],
      ]),
    ).toBe(1);
    const narrowed = metrics.measurement("http.server.requests", [["uri", "/tasks"]]);
    expect(narrowed?.availableTags.map(({ tag }) => tag)).toEqual(["method", "outcome", "status"]);
    expect(counted(metrics, [["method", "DELETE"]])).toBeUndefined();
    expect(counted(metrics, [["color", "red"]])).toBeUndefined();
    expect(metrics.measurement("no.such.meter", [])).toBeUndefined();
  });

  test("every listed name can be read", () => {
    const metrics = busy();
    expect(metrics.names()).toEqual(
      expect.arrayContaining(["process.uptime", "system.cpu.count", "disk.free"]),
    );
    for (const name of metrics.names()) {
      const values = metrics.measurement(name, [])?.measurements.map(({ value }) => value) ?? [];
      expect(values.length).toBeGreaterThan(0);
      for (const value of values) expect(Number.isFinite(value)).toBe(true);
    }
  });
});

test("a histogram's maximum fades after two windows", () => {
  const histogram = new Histogram([1]);
  histogram.record(5);
  histogram.rotate();
  histogram.record(2);
  expect(histogram.max()).toBe(5);
  histogram.rotate();
  expect(histogram.max()).toBe(2);
  histogram.rotate();
  expect(histogram.max()).toBe(0);
});

test("a busy event loop shows up as lag", async () => {
  const metrics = setUp();
  Bun.sleepSync(700);
  const lag = () => metrics.measurement("todos.event.loop.lag", [])?.measurements;
  while (lag()?.[0]?.value === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(lag()?.[2]?.value).toBeGreaterThan(0.15);
});
