/** Headers a browser's script may read of our answers, and may send. */
const EXPOSED =
  "ETag, Link, Location, Retry-After, Server-Timing, X-Request-Id, Traceparent, Idempotent-Replayed, Accept-Patch, Allow";
const SENDABLE =
  "Accept, Content-Type, If-Match, If-None-Match, Idempotency-Key, Last-Event-ID, X-Request-Id, Traceparent, Tracestate";
const PREFLIGHT_MAX_AGE_S = 600;

/** Cross-origin rules (Fetch standard) for a fixed list of origins; no credentials, since there are none. */
export class Cors {
  private readonly any: boolean;

  constructor(private readonly origins: readonly string[]) {
    this.any = origins.includes("*");
  }

  /** Adds what a browser needs to see to let a script of the request's origin have the answer. */
  decorate(headers: Record<string, string>, request: Headers): void {
    if (this.origins.length === 0) return;
    const origin = request.get("origin");
    if (!this.any) headers.vary = headers.vary === undefined ? "Origin" : `${headers.vary}, Origin`;
    if (origin === null || !this.allows(origin)) return;
    headers["access-control-allow-origin"] = this.any ? "*" : origin;
    headers["access-control-expose-headers"] = EXPOSED;
  }

  /** What answers a preflight on top of that; nothing for a plain OPTIONS or a foreign origin. */
  preflight(request: Headers, methods: string): Record<string, string> {
    const origin = request.get("origin");
    if (origin === null || !request.has("access-control-request-method") || !this.allows(origin)) return {};
    return {
      "access-control-allow-methods": methods,
      "access-control-allow-headers": SENDABLE,
      "access-control-max-age": String(PREFLIGHT_MAX_AGE_S),
    };
  }

  private allows(origin: string): boolean {
    return this.any || this.origins.includes(origin);
  }
}
