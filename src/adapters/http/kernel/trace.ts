/** A request's place in a distributed trace (W3C Trace Context, level 1). */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** This service's span, 16 hex digits. */
  readonly spanId: string;
  readonly flags: string;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const REQUEST_ID = /^[A-Za-z0-9._~+/=:@-]{1,128}$/;

// Random once per process, then counted up: unique, without delaying a request.
const processPart = randomHex(6);
const spanPart = processPart.slice(0, 8);
const tracePart = randomHex(8);
let counted = Number.parseInt(randomHex(4), 16);

function randomHex(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toHex();
}

function nextHex(): string {
  counted = (counted + 1) % 0x1_0000_0000;
  return (counted + 0x1_0000_0000).toString(16).slice(1);
}

/** Continues the caller's trace, or starts one that is not sampled. */
function traceContext(header: string | null, count: string): TraceContext {
  const spanId = spanPart + count;
  const match = header === null ? null : TRACEPARENT.exec(header);
  if (match && valid(match)) return { traceId: match[2] ?? "", spanId, flags: match[4] ?? "00" };
  return { traceId: `${tracePart}${spanId}`, spanId, flags: "00" };
}

/** Version ff is forbidden, all-zero ids mean nothing, and version 00 has exactly four parts. */
function valid([, version, traceId, parentId, , rest]: RegExpExecArray): boolean {
  return (
    version !== "ff" &&
    !(version === "00" && rest) &&
    !/^0+$/.test(traceId ?? "") &&
    !/^0+$/.test(parentId ?? "")
  );
}

export function traceparent({ traceId, spanId, flags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${flags}`;
}

/** A request's names in the log and in its answer. */
export interface RequestIdentity {
  readonly trace: TraceContext;
  /** The caller's X-Request-Id if it is safe to log and to send back, else a generated one. */
  readonly requestId: string;
}

export function identify(headers: Headers): RequestIdentity {
  const count = nextHex();
  const given = headers.get("x-request-id");
  return {
    trace: traceContext(headers.get("traceparent"), count),
    requestId: given !== null && REQUEST_ID.test(given) ? given : `${processPart}-${count}`,
  };
}
