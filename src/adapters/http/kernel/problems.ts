import { type ErrorCode, TodosError } from "../../../domain/errors.ts";
import type { LinkBase } from "./links.ts";
import { PROBLEM } from "./media.ts";
import { type Reply, reply } from "./reply.ts";

/** The HTTP status of every error. The only such table. */
export const STATUS_OF = {
  "malformed-request": 400,
  unauthenticated: 401,
  "second-factor-required": 401,
  forbidden: 403,
  "not-found": 404,
  "method-not-allowed": 405,
  "not-acceptable": 406,
  "request-timeout": 408,
  conflict: 409,
  "idempotency-in-progress": 409,
  "too-many-checklists": 409,
  "out-of-order": 409,
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
  "provider-unavailable": 503,
  "store-damaged": 503,
} as const satisfies Record<ErrorCode, number>;

interface Explanation {
  readonly title: string;
  /** For the page that `type` links to: what it means, and what to do. */
  readonly meaning: string;
  readonly remedy: string;
}

export const EXPLANATIONS: Readonly<Record<ErrorCode, Explanation>> = {
  "malformed-request": {
    title: "Malformed request",
    meaning:
      "The request could not be read: its body is missing, incomplete, or not JSON in UTF-8, or its Host header is not valid.",
    remedy: "Send one complete JSON object, encoded as UTF-8.",
  },
  unauthenticated: {
    title: "Unauthenticated",
    meaning:
      "This service has accounts, and the request has no valid session or token. Either it has none, or the one it has is wrong or has ended.",
    remedy:
      "Sign in: the root links to the ways to do so. Programs send an API token as Authorization: Bearer; it is read from nowhere else.",
  },
  "second-factor-required": {
    title: "Second factor required",
    meaning: "Login and password are right, and this user also needs a code.",
    remedy: "Send the current code of the authenticator app, or a recovery code, as code.",
  },
  forbidden: {
    title: "Forbidden",
    meaning:
      "You may see this resource but not do this with it, or a browser sent the request on behalf of another website. Nothing was changed.",
    remedy:
      "The detail names the right that is missing. Ask the owner of the checklist, or an administrator.",
  },
  "not-found": {
    title: "Not found",
    meaning:
      "The resource does not exist, has been deleted, or is a task of a checklist other than the one in the URL.",
    remedy: "Start at the root and follow links. A task outside the inbox needs its checklist in the URL.",
  },
  "method-not-allowed": {
    title: "Method not allowed",
    meaning: "The resource exists but does not support this method.",
    remedy: "Use one of the methods in the Allow header.",
  },
  "not-acceptable": {
    title: "Not acceptable",
    meaning: "The resource is not available in any of the media types in Accept. Nothing was changed.",
    remedy: "Accept application/hal+json, or send no Accept header.",
  },
  "request-timeout": {
    title: "Request timeout",
    meaning: "The body took too long to arrive.",
    remedy: "Send the request again on a better connection.",
  },
  conflict: {
    title: "Conflict",
    meaning: "The resource can't be changed in this way.",
    remedy: "Read the detail. For example, the inbox can be renamed but not deleted.",
  },
  "idempotency-in-progress": {
    title: "Request in progress",
    meaning: "Another request with the same Idempotency-Key is still in progress.",
    remedy: "Wait as long as Retry-After says, then send the same request again.",
  },
  "too-many-checklists": {
    title: "Too many checklists",
    meaning: "There are too many checklists to show all their tasks in order of due date.",
    remedy: "Name one checklist with the query parameter checklist.",
  },
  "out-of-order": {
    title: "Out of order",
    meaning:
      "The neighbours named in position don't follow each other in this order. Somebody has moved one of them, or one is the task itself. Nothing was changed.",
    remedy: "Read the list again and send the task's neighbours as they are now.",
  },
  "precondition-failed": {
    title: "Precondition failed",
    meaning:
      "The resource does not meet the condition in If-Match or If-None-Match. Often it has changed since you read it. Nothing was changed.",
    remedy: "GET the resource, apply your change to its current state, and send the new ETag.",
  },
  "content-too-large": {
    title: "Content too large",
    meaning: "The body is larger than 256 KiB.",
    remedy: "Send a smaller body. No checklist or task needs that much.",
  },
  "unsupported-media-type": {
    title: "Unsupported media type",
    meaning: "The body's Content-Type, charset or Content-Encoding is not supported.",
    remedy: "Send application/json (or application/merge-patch+json for PATCH), uncompressed.",
  },
  "misdirected-request": {
    title: "Misdirected request",
    meaning:
      "This service does not answer to the name in the Host header or in a trusted proxy's header. Without this check, a web page could reach a private service by pointing its own name at a private address.",
    remedy:
      "Use a name that this service answers to. Operators: add the name to TODOS_ALLOWED_HOSTS, or set TODOS_PUBLIC_URL.",
  },
  "validation-failed": {
    title: "Validation failed",
    meaning: "The request is well-formed, but at least one value in it is missing or not allowed.",
    remedy: "Each entry in errors names a member or parameter and says what is wrong with it.",
  },
  "idempotency-key-reused": {
    title: "Idempotency-Key reused",
    meaning: "An earlier request used this key with a different body.",
    remedy: "Use a new key, such as a random UUID, for each resource you create.",
  },
  "precondition-required": {
    title: "Precondition required",
    meaning: "This service requires If-Match for every change and deletion.",
    remedy: "GET the resource and send its ETag in If-Match.",
  },
  "too-many-requests": {
    title: "Too many requests",
    meaning: "Your address has too many event streams open, or too many request bodies still arriving.",
    remedy:
      "Wait as long as Retry-After says; share one event stream, and send a body together with its head.",
  },
  overloaded: {
    title: "Overloaded",
    meaning: "The service has as many requests as it can handle and refuses more. Nothing was changed.",
    remedy: "Wait as long as Retry-After says, then send the request again.",
  },
  "read-only": {
    title: "Read-only",
    meaning: "The operator has turned writes off, for example while data is being moved.",
    remedy: "Reads still work. Try the write again later.",
  },
  "provider-unavailable": {
    title: "Provider unavailable",
    meaning:
      "The OpenID provider that this request needs does not answer. Sessions, passwords, passkeys and API tokens work without it.",
    remedy: "Wait as long as Retry-After says, then try again. Or sign in another way.",
  },
  "store-unavailable": {
    title: "Store unavailable",
    meaning:
      "The database can't be reached or written to right now. Unless the detail says so, a write may or may not have happened.",
    remedy: "Wait as long as Retry-After says, then try again. Repeat a POST with the same Idempotency-Key.",
  },
  "store-damaged": {
    title: "Store damaged",
    meaning: "The database file is damaged. Writes are refused, and some reads fail.",
    remedy: "Operators: restore a backup with todos restore.",
  },
};

const UNAUTHENTICATED = 401;
const RETRY_AFTER_S_DEFAULT = 1;
/** Most errors listed in one answer; a body could have thousands. */
export const VIOLATIONS_SHOWN_MAX = 100;

/** The answer to an error (RFC 9457). A bug's details are never shown. */
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
      ...(status === UNAUTHENTICATED ? { "www-authenticate": "Bearer" } : {}),
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
    detail: "Internal error. The service has logged it with this request's ID (X-Request-Id).",
    instance: instance.toWellFormed(),
  };
  return reply(500, { "content-type": PROBLEM, "cache-control": "no-store" }, JSON.stringify(body));
}
