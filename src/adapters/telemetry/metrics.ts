import type { Meter, MetricsReader } from "../../application/ports.ts";
import type { Family } from "./families.ts";
import { ByPair, single } from "./families.ts";
import { GROUP_WRITES_BOUNDS, Histogram, LAG_SECONDS_BOUNDS, STORE_SECONDS_BOUNDS } from "./histogram.ts";
import { measurementNames, measurementOf } from "./micrometer.ts";
import { type ProcessFacts, processFamilies } from "./process-families.ts";
import { prometheusText } from "./prometheus-text.ts";
import { RequestTimers } from "./request-timers.ts";
import { startSampler } from "./sampler.ts";

export interface MetricsOptions extends ProcessFacts {
  /** The scheme that clients use to reach the service. */
  readonly scheme: "http" | "https";
}

export interface Metrics extends Meter, MetricsReader {
  /** Ends the sampling of the event loop. */
  stop(): void;
}

/** The program's metrics, with OpenTelemetry's names for Prometheus and Micrometer's for the actuator. */
export function createMetrics(options: MetricsOptions): Metrics {
  const meters = createMeters();
  const sampler = startSampler(meters.lag, () => allHistograms(meters));
  const families = [
    ...serviceFamilies(meters, options.scheme),
    ...processFamilies(options, sampler.cpuUsage),
  ];
  return {
    requestServed: (method, route, status, seconds) => meters.requests.record(method, route, status, seconds),
    storeOperated: (operation, outcome, seconds) => meters.store.get(operation, outcome).record(seconds),
    statementSent: (attempt) => {
      meters.statements[attempt]++;
    },
    statementThrottled: () => {
      meters.throttled++;
    },
    groupCommitted: (writes) => meters.groups.record(writes),
    taskMoved: (from, to) => {
      meters.moves.get(from, to).count++;
    },
    requestsInFlight: (delta) => {
      meters.inFlight += delta;
    },
    names: () => measurementNames(families),
    measurement: (name, tags) => measurementOf(families, name, tags),
    prometheus: () => prometheusText(families),
    stop: sampler.stop,
  };
}

type Meters = ReturnType<typeof createMeters>;

function createMeters() {
  return {
    requests: new RequestTimers(),
    inFlight: 0,
    store: new ByPair(() => new Histogram(STORE_SECONDS_BOUNDS)),
    statements: { first: 0, retry: 0 },
    throttled: 0,
    groups: new Histogram(GROUP_WRITES_BOUNDS),
    moves: new ByPair(() => ({ count: 0 })),
    lag: new Histogram(LAG_SECONDS_BOUNDS),
  };
}

function* allHistograms(meters: Meters): Generator<Histogram> {
  yield* meters.requests.histograms();
  for (const [, , histogram] of meters.store.entries()) yield histogram;
  yield meters.groups;
  yield meters.lag;
}

function serviceFamilies(meters: Meters, scheme: string): Family[] {
  return [
    {
      kind: "histogram",
      description: "Duration of HTTP server requests",
      prometheus: "http_server_request_duration_seconds",
      micrometer: "http.server.requests",
      baseUnit: "seconds",
      series: () => meters.requests.series(scheme),
    },
    {
      kind: "gauge",
      description: "Number of HTTP server requests in flight",
      prometheus: "http_server_active_requests",
      micrometer: "http.server.requests.active",
      baseUnit: "requests",
      series: () => [{ labels: [["url_scheme", scheme]], tags: [], value: meters.inFlight }],
    },
    {
      kind: "histogram",
      description: "Duration of operations of the store",
      prometheus: "todos_store_operation_duration_seconds",
      micrometer: "todos.store.operations",
      baseUnit: "seconds",
      series: () => pairs(meters.store, "operation", "outcome", (histogram) => histogram),
    },
    {
      kind: "counter",
      description: "Statements sent to a cluster, and sent again after a failure",
      prometheus: "todos_store_statements_total",
      micrometer: "todos.store.statements",
      series: () => sentStatements(meters.statements),
    },
    {
      kind: "counter",
      description:
        "Statements that the store had too little capacity for; Amazon Keyspaces reports these as timeouts",
      prometheus: "todos_store_throttled_total",
      micrometer: "todos.store.throttled",
      series: () => throttledStatements(meters),
    },
    single(
      {
        kind: "histogram",
        description: "Writes that shared one commit and its fsync",
        prometheus: "todos_store_group_commit_writes",
        micrometer: "todos.store.group.commit",
        baseUnit: "writes",
      },
      () => meters.groups,
    ),
    {
      kind: "counter",
      description: "Tasks that went from one status to another",
      prometheus: "todos_task_transitions_total",
      micrometer: "todos.task.transitions",
      series: () => pairs(meters.moves, "from", "to", ({ count }) => count),
    },
    single(
      {
        kind: "histogram",
        description: "How late timers of the event loop were",
        prometheus: "todos_event_loop_lag_seconds",
        micrometer: "todos.event.loop.lag",
        baseUnit: "seconds",
      },
      () => meters.lag,
    ),
  ];
}

/** Nothing if the store is not a cluster. */
function* sentStatements(sent: Meters["statements"]) {
  if (sent.first === 0) return;
  for (const [attempt, value] of Object.entries(sent)) {
    const tags = [["attempt", attempt]] as const;
    yield { labels: tags, tags, value };
  }
}

/** From the first statement on, so that an alarm can start from zero; nothing if the store is not a cluster. */
function* throttledStatements({ statements, throttled }: Meters) {
  if (statements.first > 0) yield { labels: [], tags: [], value: throttled };
}

function* pairs<T>(values: ByPair<T>, first: string, second: string, value: (held: T) => Histogram | number) {
  for (const [a, b, held] of values.entries()) {
    const tags = [
      [first, a],
      [second, b],
    ] as const;
    yield { labels: tags, tags, value: value(held) };
  }
}
