import { TodosError } from "../../../domain/errors.ts";
import { codedEtag, noneMatchHits } from "./etag.ts";
import type { Exchange } from "./exchange.ts";
import { tokenQuality } from "./media.ts";
import { type Reply, reply } from "./reply.ts";

/** Smaller answers are not worth compressing: they fit into a few packets. */
export const CODED_CHARS_MIN = 4_096;
/**
 * Up to here compressing takes about a millisecond and no memory except the result's. Larger ones go to another thread.
 */
export const CODED_INLINE_CHARS_MAX = 512 * 1024;
/** Large ones at once: each takes half a megabyte. Others in the meantime are sent uncompressed. */
export const CODED_LATER_MAX = 2;
const PIECE_BYTES = 64 * 1024;
const BUSY_RETRY_S = 1;

const CODINGS = ["zstd", "gzip"] as const;
type Coding = (typeof CODINGS)[number];
/** What this needs to know about a request. */
type Asked = Pick<Exchange, "headers" | "request">;

type Whole = string | Uint8Array<ArrayBuffer>;

/** Whether the reply may be compressed; one that varies may. */
function compressible(made: Reply): made is Reply & { body: Whole } {
  const whole = typeof made.body === "string" || made.body instanceof Uint8Array;
  return whole && made.headers.vary !== undefined;
}

/** The coding to use: none if the reply is too small to be worth it, unless the client demands one. */
function codingOf(exchange: Asked, made: Reply): Coding | undefined {
  const asked = exchange.headers.get("accept-encoding");
  if (asked === null || !compressible(made)) return undefined;
  return made.body.length >= CODED_CHARS_MIN || refusesIdentity(asked) ? codingFor(asked) : undefined;
}

function refusesIdentity(acceptEncoding: string): boolean {
  return acceptEncoding.includes("=") && tokenQuality(acceptEncoding, "identity") === 0;
}

/**
 * Makes the answer to a safe request conditional (304 if the client has it) and compresses a large one. The coding is
 * chosen first: coded bytes are another representation with its own ETag.
 * @throws TodosError overloaded
 */
export function settled(exchange: Asked, made: Reply): Reply | Promise<Reply> {
  if (made.status !== 200) return made;
  const coding = codingOf(exchange, made);
  if (coding && compressible(made)) return settledCoded(exchange, made, coding);
  return clientHas(exchange, made.headers.etag) ? notModified(made) : made;
}

function settledCoded(
  exchange: Asked,
  made: Reply & { body: Whole },
  coding: Coding,
): Reply | Promise<Reply> {
  const { etag } = made.headers;
  const headers = etag === undefined ? made.headers : { ...made.headers, etag: codedEtag(etag, coding) };
  const asCoded = { ...made, headers };
  if (clientHas(exchange, headers.etag)) return notModified(asCoded);
  if (made.body.length <= CODED_INLINE_CHARS_MAX) return codedNow(asCoded, coding);
  if (underWay < CODED_LATER_MAX) return codedLater(exchange.request.signal, asCoded, coding);
  if (refusesIdentity(exchange.headers.get("accept-encoding") ?? "")) throw busy();
  return clientHas(exchange, etag) ? notModified(made) : made;
}

function clientHas({ headers }: Asked, etag: string | undefined): boolean {
  const noneMatch = headers.get("if-none-match");
  return noneMatch !== null && etag !== undefined && noneMatchHits(noneMatch, etag);
}

function notModified({ headers }: Reply): Reply {
  const { "content-type": _type, ...kept } = headers;
  return reply(304, kept);
}

/** The client's preferred coding that we support, in our order if it has no preference; none if it accepts none. */
export function codingFor(acceptEncoding: string, codings: readonly Coding[] = CODINGS): Coding | undefined {
  const others = tokenQuality(acceptEncoding, "*") ?? 0;
  const identity = tokenQuality(acceptEncoding, "identity") ?? 0;
  let best: Coding | undefined;
  let bestQ = 0;
  for (const coding of codings) {
    const q = tokenQuality(acceptEncoding, coding) ?? others;
    if (q > bestQ && q >= identity) [best, bestQ] = [coding, q];
  }
  return best;
}

function codedNow(made: Reply & { body: Whole }, coding: Coding): Reply {
  // The fastest levels: these answers are used once, and better levels save a tenth but take several times as long.
  const bytes =
    coding === "gzip"
      ? Bun.gzipSync(made.body, { level: 1, library: "libdeflate" })
      : new Uint8Array(Bun.zstdCompressSync(made.body, { level: 1 }));
  return codedReply(made, coding, bytes);
}

/** Large answers that are being compressed. */
let underWay = 0;

/** Piece by piece: if a client disconnects, the rest is not compressed. */
async function codedLater(
  signal: AbortSignal,
  made: Reply & { body: Whole },
  coding: Coding,
): Promise<Reply> {
  underWay++;
  try {
    // Loaded with the first large answer: start-up should not wait for it.
    const { createGzip, createZstdCompress } = await import("node:zlib");
    const { pipeline } = await import("node:stream/promises");
    const chunks: Uint8Array[] = [];
    const gathered = async (coded: AsyncIterable<Uint8Array>) => {
      for await (const chunk of coded) chunks.push(chunk);
    };
    const coder = coding === "gzip" ? createGzip() : createZstdCompress();
    await pipeline(pieces(made.body), coder, gathered, { signal });
    return codedReply(made, coding, Buffer.concat(chunks));
  } catch (error) {
    if (signal.aborted) return reply(made.status, made.headers);
    throw error;
  } finally {
    underWay--;
  }
}

function* pieces(body: Whole): Generator<Uint8Array> {
  const bytes = Buffer.from(body as string);
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

function codedReply({ status, headers }: Reply, coding: Coding, bytes: Uint8Array<ArrayBuffer>): Reply {
  return reply(status, { ...headers, "content-encoding": coding }, bytes);
}

function busy(): TodosError {
  const why =
    "This instance is compressing as many large answers as it can, and the request refuses an uncompressed one.";
  return new TodosError("overloaded", why, { retryAfterS: BUSY_RETRY_S });
}
