import { type ErrorCode, TodosError } from "../../domain/errors.ts";
import type { LinkBase } from "./links.ts";
import { PROBLEM } from "./media.ts";
import { type Reply, reply } from "./reply.ts";

/** The one table from what went wrong to what HTTP calls it. */
export const STATUS_OF = {
  "malformed-request": 400,
  "not-found": 404,
  "method-not-allowed": 405,
  "not-acceptable": 406,
  "request-timeout": 408,
  conflict: 409,
  "idempotency-in-progress": 409,
  "precondition-failed": 412,
  "content-too-large": 413,
  "unsupported-media-type": 415,
  "misdirected-request": 421,
  "validation-failed": 422,
  "idempotency-key-reused": 422,
  "precondition-required": 428,
  "too-many-requests": 429,
  overloaded: 503,
  "read-only": 503,
  "store-unavailable": 503,
  "store-damaged": 503,
} as const satisfies Record<ErrorCode, number>;

interface Explanation {
  readonly title: string;
  /** For the page behind `type`: what it means, and what to do. */
  readonly meaning: string;
  readonly remedy: string;
}

export const EXPLANATIONS: Readonly<Record<ErrorCode, Explanation>> = {
  "malformed-request": {
    title: "Malformed request",
    meaning:
      "The request could not be read: its body is missing, broke off, or is not JSON in UTF-8, or it names no valid host.",
    remedy: "Send one JSON object, encoded as UTF-8, with its full length.",
  },
  "not-found": {
    title: "Not found",
    meaning:
      "Nothing is here: no such resource exists, it has been deleted, or the task belongs to another checklist.",
    remedy: "Start at the root and follow links; a task outside the inbox needs its checklist in the URL.",
  },
  "method-not-allowed": {
    title: "Method not allowed",
    meaning: "This resource exists, but does not support the method.",
    remedy: "Use one of the methods in the Allow header.",
  },
  "not-acceptable": {
    title: "Not acceptable",
    meaning: "None of the media types in Accept is one that this resource has. Nothing was changed.",
    remedy: "Ask for application/hal+json, or send no Accept header at all.",
  },
  "request-timeout": {
    title: "Request timeout",
    meaning: "The body took too long to arrive.",
    remedy: "Send the request again on a better connection.",
  },
  conflict: {
    title: "Conflict",
    meaning: "The resource can't be changed in this way, whatever its state.",
    remedy: "The detail says why; the inbox, for one, can be renamed but not deleted.",
  },
  "idempotency-in-progress": {
    title: "Still being worked on",
    meaning: "Another request with the same Idempotency-Key has not finished yet.",
    remedy: "Wait as long as Retry-After says, and send the same request again.",
  },
  "precondition-failed": {
    title: "Precondition failed",
    meaning: "If-Match or If-None-Match does not hold: somebody has changed the resource since you read it.",
    remedy: "GET it again, make the change on what it is now, and send its new ETag.",
  },
  "content-too-large": {
    title: "Content too large",
    meaning: "The body has more than 256 KiB.",
    remedy: "Send less; no checklist or task needs that much.",
  },
  "unsupported-media-type": {
    title: "Unsupported media type",
    meaning: "The Content-Type, its charset, or the Content-Encoding of the body is not supported.",
    remedy: "Send application/json (or application/merge-patch+json for PATCH), uncompressed.",
  },
  "misdirected-request": {
    title: "Misdirected request",
    meaning:
      "The Host header, or the host that a trusted proxy tells of, is no name of this service. A web page could otherwise reach a private service by giving its own name a private address.",
    remedy:
      "Use a name that the service knows. Its operator adds one with TODOS_ALLOWED_HOSTS, or with TODOS_PUBLIC_URL.",
  },
  "validation-failed": {
    title: "Not acceptable as it is",
    meaning: "The request was understood, but something in it is not allowed.",
    remedy: "Each entry of errors points to one member or parameter and says what it must be.",
  },
  "idempotency-key-reused": {
    title: "Idempotency-Key used before",
    meaning: "This key belongs to an earlier request with another body.",
    remedy: "Make a new key, such as a random UUID, for every new thing to create.",
  },
  "precondition-required": {
    title: "Precondition required",
    meaning: "This service is set up to change and delete only what the client has seen.",
    remedy: "GET the resource, and send its ETag in If-Match.",
  },
  "too-many-requests": {
    title: "Too many requests",
    meaning: "Your address has as many event streams open, or bodies on their way, as one may have.",
    remedy:
      "Wait as long as Retry-After says; share one event stream, and send a body together with its head.",
  },
  overloaded: {
    title: "Overloaded",
    meaning:
      "More is waiting than the service takes on, so that what it took stays fast. Nothing was changed.",
    remedy: "Wait as long as Retry-After says, and send the request again.",
  },
  "read-only": {
    title: "Read-only",
    meaning: "The operator has switched writing off for now, for instance while data is moved.",
    remedy: "Reading works; write again later.",
  },
  "store-unavailable": {
    title: "Store unavailable",
    meaning:
      "The rows can't be reached or written at the moment. Whether a write happened is not known unless the detail says so.",
    remedy: "Wait as long as Retry-After says; repeat a POST with the same Idempotency-Key.",
  },
  "store-damaged": {
    title: "Store damaged",
    meaning:
      "The file that holds the rows is not as it was written. Nothing is written to it any more, and some of it can't be read.",
    remedy: "Tell those who run the service: a backup has to be restored (todos restore).",
  },
};

const RETRY_AFTER_S_DEFAULT = 1;
/** Most mistakes that one answer names; a body has room for thousands. */
export const VIOLATIONS_SHOWN_MAX = 100;

/** The answer for what a user caused (RFC 9457), and for a bug, of which nothing is shown. */
export function problemReply(error: unknown, base: LinkBase, instance: string): Reply {
  if (!(error instanceof TodosError)) return bugReply(instance);
  const status = STATUS_OF[error.code];
  const body = {
    type: base.problem(error.code),
    title: EXPLANATIONS[error.code].title,
    status,
    detail: error.message,
    instance: instance.toWellFormed(),
    ...(error.violations.length > 0 ? { errors: error.violations.slice(0, VIOLATIONS_SHOWN_MAX) } : {}),
  };
  const retry = error.retryAfterS ?? (status === 503 || status === 429 ? RETRY_AFTER_S_DEFAULT : undefined);
  return reply(
    status,
    {
      "content-type": PROBLEM,
      "cache-control": "no-store",
      ...(retry === undefined ? {} : { "retry-after": String(retry) }),
    },
    JSON.stringify(body),
  );
}

function bugReply(instance: string): Reply {
  const body = {
    type: "about:blank",
    title: "Internal Server Error",
    status: 500,
    detail: "This is a fault of the service, and has been logged with the request's id.",
    instance: instance.toWellFormed(),
  };
  return reply(500, { "content-type": PROBLEM, "cache-control": "no-store" }, JSON.stringify(body));
}
