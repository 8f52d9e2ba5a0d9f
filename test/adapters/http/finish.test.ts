import { expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import {
  CODED_INLINE_CHARS_MAX,
  CODED_LATER_MAX,
  settled,
} from "../../../src/adapters/http/kernel/finish.ts";
import { type Reply, reply } from "../../../src/adapters/http/kernel/reply.ts";

const LARGE = "large ".repeat(CODED_INLINE_CHARS_MAX / 5);

function large(): Reply {
  return reply(200, { vary: "Accept-Encoding", etag: '"e"' }, LARGE);
}

function asked(headers: Record<string, string>, signal?: AbortSignal) {
  const request = new Request("http://x.example/", { headers, ...(signal ? { signal } : {}) });
  return { headers: request.headers, request };
}

const GZIP = { "accept-encoding": "gzip" };

function text({ headers, body }: Reply): string {
  if (typeof body === "string") return body;
  if (!(body instanceof Uint8Array)) throw new TypeError("no bytes");
  return headers["content-encoding"] === "gzip" ? gunzipSync(body).toString() : "not gzip";
}

/** As many as are compressed at once. */
function untilBusy(signal?: AbortSignal): Promise<Reply>[] {
  return Array.from({ length: CODED_LATER_MAX }, async () => settled(asked(GZIP, signal), large()));
}

test("large answers are compressed a few at a time; others in the meantime are sent uncompressed", async () => {
  const underWay = untilBusy();
  const next = await settled(asked(GZIP), large());
  expect([next.headers["content-encoding"], next.headers.etag, text(next) === LARGE]).toEqual([
    undefined,
    '"e"',
    true,
  ]);
  for (const made of await Promise.all(underWay)) {
    expect([made.headers["content-encoding"], made.headers.etag]).toEqual(["gzip", '"e-gzip"']);
    expect(text(made) === LARGE).toBe(true);
  }
  expect((await settled(asked(GZIP), large())).headers["content-encoding"]).toBe("gzip");
});

test("a client that has the answer in either form gets 304 in the meantime, and one that refuses identity 503", async () => {
  const underWay = untilBusy();
  for (const etag of ['"e"', '"e-gzip"']) {
    const made = await settled(asked({ ...GZIP, "if-none-match": etag }), large());
    expect([made.status, made.headers.etag]).toEqual([304, etag]);
  }
  const strict = asked({ "accept-encoding": "gzip, identity;q=0" });
  expect(() => settled(strict, large())).toThrow(
    expect.objectContaining({ code: "overloaded", retryAfterS: 1 }),
  );
  await Promise.all(underWay);
});

test("when a client disconnects, the rest is not compressed, and the next large answer is", async () => {
  const leaving = new AbortController();
  const underWay = untilBusy(leaving.signal);
  leaving.abort();
  for (const made of await Promise.all(underWay)) expect(made.body).toBeNull();
  expect((await settled(asked(GZIP), large())).headers["content-encoding"]).toBe("gzip");
});

test("zstd works the same way", async () => {
  const made = await settled(asked({ "accept-encoding": "zstd" }), large());
  expect([made.headers["content-encoding"], made.headers.etag]).toEqual(["zstd", '"e-zstd"']);
  expect(Bun.zstdDecompressSync(made.body as Uint8Array).toString() === LARGE).toBe(true);
});
