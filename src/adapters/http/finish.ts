import { codedEtag, noneMatchHits } from "./etag.ts";
import type { Exchange } from "./exchange.ts";
import { tokenQuality } from "./media.ts";
import { type Reply, reply } from "./reply.ts";

/** Smaller answers are not worth a coding: they fit into a few packets as they are. */
export const CODED_CHARS_MIN = 4_096;
/** Larger ones are compressed on another thread, so that they delay nobody else's answer. */
const CODED_INLINE_CHARS_MAX = 64 * 1024;

const CODINGS = ["zstd", "gzip"] as const;
type Coding = (typeof CODINGS)[number];

type Whole = string | Uint8Array<ArrayBuffer>;

/** Whether the reply may be compressed, as one that varies may. */
function compressible(made: Reply): made is Reply & { body: Whole } {
  const whole = typeof made.body === "string" || made.body instanceof Uint8Array;
  return whole && made.headers.vary !== undefined;
}

/** What to compress it with: nothing where it is too small to be worth it, unless it has to be. */
function codingOf(exchange: Exchange, made: Reply): Coding | undefined {
  const asked = exchange.headers.get("accept-encoding");
  if (asked === null || !compressible(made)) return undefined;
  return made.body.length >= CODED_CHARS_MIN || refusesIdentity(asked) ? codingFor(asked) : undefined;
}

function refusesIdentity(acceptEncoding: string): boolean {
  return acceptEncoding.includes("=") && tokenQuality(acceptEncoding, "identity") === 0;
}

/**
 * Makes the representation that a safe request gets conditional (304 where the client has it) and compresses a large one.
 * The coding is settled first: coded bytes are another representation with an ETag of their own.
 */
export function settled(exchange: Exchange, made: Reply): Reply | Promise<Reply> {
  if (made.status !== 200) return made;
  const coding = codingOf(exchange, made);
  const etag = made.headers.etag;
  if (coding && etag !== undefined) made.headers.etag = codedEtag(etag, coding);
  const noneMatch = exchange.headers.get("if-none-match");
  if (noneMatch !== null && made.headers.etag !== undefined && noneMatchHits(noneMatch, made.headers.etag)) {
    return notModified(made);
  }
  return coding && compressible(made) ? coded(made, coding) : made;
}

function notModified({ headers }: Reply): Reply {
  const { "content-type": _type, ...kept } = headers;
  return reply(304, kept);
}

/** The client's best coding that we have, ours first where it does not care; none where it asks for none. */
function codingFor(acceptEncoding: string): Coding | undefined {
  const others = tokenQuality(acceptEncoding, "*") ?? 0;
  const identity = tokenQuality(acceptEncoding, "identity") ?? 0;
  let best: Coding | undefined;
  let bestQ = 0;
  for (const coding of CODINGS) {
    const q = tokenQuality(acceptEncoding, coding) ?? others;
    if (q > bestQ && q >= identity) [best, bestQ] = [coding, q];
  }
  return best;
}

function coded(made: Reply & { body: Whole }, coding: Coding): Reply | Promise<Reply> {
  const headers = { ...made.headers, "content-encoding": coding };
  if (made.body.length <= CODED_INLINE_CHARS_MAX) {
    return reply(
      made.status,
      headers,
      coding === "gzip" ? Bun.gzipSync(made.body) : new Uint8Array(Bun.zstdCompressSync(made.body)),
    );
  }
  const later: Promise<Uint8Array> = coding === "gzip" ? gzipLater(made.body) : Bun.zstdCompress(made.body);
  return later.then((bytes) => reply(made.status, headers, Uint8Array.from(bytes)));
}

async function gzipLater(body: Whole): Promise<Uint8Array> {
  // Loaded with the first large answer: start-up should not wait for it.
  const { gzip } = await import("node:zlib");
  return new Promise((resolve, reject) =>
    gzip(body, (error, bytes) => (error ? reject(error) : resolve(bytes))),
  );
}
