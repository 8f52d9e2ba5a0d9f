import type { Series } from "./families.ts";
import { Histogram, HTTP_SECONDS_BOUNDS } from "./histogram.ts";

/** OpenTelemetry's list of methods; every other counts as `_OTHER`, so that clients cannot add series. */
const KNOWN_METHODS: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "CONNECT",
  "TRACE",
]);
const OTHER = "_OTHER";
/** Far more than there are routes; a bound in case a path is ever given for a template. */
const ROUTES_MAX = 200;
const STATUS_MIN = 100;
const STATUS_MAX = 599;
const OUTCOMES = ["UNKNOWN", "INFORMATIONAL", "SUCCESS", "REDIRECTION", "CLIENT_ERROR", "SERVER_ERROR"];

/** Durations of requests by route, method and status. */
export class RequestTimers {
  private readonly routes = new Map<string, Map<string, Map<number, Histogram>>>();

  /** Runs for every request: three look-ups, and no allocation once a series exists. */
  record(method: string, route: string, status: number, seconds: number): void {
    const found = this.routes.get(route)?.get(method)?.get(status);
    (found ?? this.histogram(method, route, status)).record(seconds);
  }

  *histograms(): Generator<Histogram> {
    for (const methods of this.routes.values()) {
      for (const statuses of methods.values()) yield* statuses.values();
    }
  }

  *series(scheme: string): Generator<Series> {
    for (const [route, methods] of this.routes) {
      for (const [method, statuses] of methods) {
        for (const [status, value] of statuses) yield described(scheme, route, method, status, value);
      }
    }
  }

  private histogram(method: string, route: string, status: number): Histogram {
    const methods = inner(
      this.routes,
      this.routes.has(route) || this.routes.size < ROUTES_MAX ? route : OTHER,
    );
    const statuses = inner(methods, KNOWN_METHODS.has(method) ? method : OTHER);
    const known = Number.isInteger(status) && status >= STATUS_MIN && status <= STATUS_MAX ? status : 0;
    const found = statuses.get(known) ?? new Histogram(HTTP_SECONDS_BOUNDS);
    statuses.set(known, found);
    return found;
  }
}

function inner<K, V>(outer: Map<string, Map<K, V>>, key: string): Map<K, V> {
  const found = outer.get(key) ?? new Map<K, V>();
  outer.set(key, found);
  return found;
}

/** A route of "" means that no route matched: OpenTelemetry then leaves `http.route` out. */
function described(scheme: string, route: string, method: string, status: number, value: Histogram): Series {
  const code = String(status);
  return {
    labels: [
      ["http_request_method", method],
      ["http_response_status_code", code],
      ...(route === "" ? [] : ([["http_route", route]] as const)),
      ["url_scheme", scheme],
      ...(status >= 500 ? ([["error_type", code]] as const) : []),
    ],
    tags: [
      ["method", method],
      ["outcome", OUTCOMES[Math.floor(status / 100)] ?? "UNKNOWN"],
      ["status", code],
      ["uri", route === "" ? "UNKNOWN" : route],
    ],
    value,
  };
}
