import type { Reply } from "./reply.ts";

/** The same on every answer. */
const ALWAYS = {
  "x-content-type-options": "nosniff",
  // No page elsewhere may load an answer as an image or a script; CORS decides about reading.
  "cross-origin-resource-policy": "same-origin",
};

/**
 * Makes Responses. All get their headers from one Headers object, which each Response copies: that takes two thirds of
 * the time of reading a plain object.
 */
export class Responses {
  private readonly headers = new Headers(ALWAYS);
  /** What else is in `headers`, or was about to be. */
  private last: Reply["headers"] = {};

  of(method: string, { status, headers, body }: Reply): Response {
    if (method !== "HEAD" || body === null) return this.make(body, status, headers);
    if (body instanceof ReadableStream) void body.cancel();
    else headers["content-length"] = String(body instanceof Blob ? body.size : Buffer.byteLength(body));
    return this.make(null, status, headers);
  }

  private make(body: Reply["body"], status: number, headers: Reply["headers"]): Response {
    for (const name in this.last) if (!(name in headers)) this.headers.delete(name);
    this.last = headers;
    for (const name in headers) this.headers.set(name, headers[name] ?? "");
    return new Response(body, { status, headers: this.headers });
  }
}
