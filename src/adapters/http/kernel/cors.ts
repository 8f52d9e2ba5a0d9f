/** Headers of our answers that a browser's script may read, and headers that it may send. */
const EXPOSED =
  "ETag, Link, Location, Content-Location, Retry-After, Server-Timing, X-Request-Id, Traceparent, Idempotent-Replayed, Accept-Patch, Allow";
const SENDABLE =
  "Accept, Content-Type, If-Match, If-None-Match, Idempotency-Key, Last-Event-ID, Todos-Day, X-Request-Id, Traceparent, Tracestate";
const PREFLIGHT_MAX_AGE_S = 600;

/**
 * Cross-origin rules (Fetch standard) for a fixed list of origins. Their scripts may send API tokens; a browser sends no
 * cookie along and shows no answer to one that had it, since no answer allows credentials.
 */
export class Cors {
  private readonly any: boolean;

  constructor(
    private readonly origins: readonly string[],
    private readonly hasAccounts: boolean,
  ) {
    this.any = origins.includes("*");
  }

  /** Adds the headers that let a script of the request's origin read the answer. */
  decorate(headers: Record<string, string>, request: Headers): void {
    if (this.origins.length === 0) return;
    const origin = request.get("origin");
    if (!this.any) headers.vary = headers.vary === undefined ? "Origin" : `${headers.vary}, Origin`;
    if (origin === null || !this.allows(origin)) return;
    headers["access-control-allow-origin"] = this.any ? "*" : origin;
    headers["access-control-expose-headers"] = EXPOSED;
  }

  /** Additional headers of a preflight's answer; none for a plain OPTIONS or a foreign origin. */
  preflight(request: Headers, methods: string): Record<string, string> {
    const origin = request.get("origin");
    if (origin === null || !request.has("access-control-request-method") || !this.allows(origin)) return {};
    return {
      "access-control-allow-methods": methods,
      "access-control-allow-headers": this.hasAccounts ? `${SENDABLE}, Authorization` : SENDABLE,
      "access-control-max-age": String(PREFLIGHT_MAX_AGE_S),
    };
  }

  private allows(origin: string): boolean {
    return this.any || this.origins.includes(origin);
  }
}
