import { LINK_HEADER_CHARS_MAX } from "../../api/pages.ts";
import { PROBLEM } from "../../kernel/media.ts";
import { STATUS_OF } from "../../kernel/problems.ts";
import { type JsonSchema, ref, text } from "./basics.ts";

export function content(types: readonly string[], schema: JsonSchema): object {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

const HEADER_CHARS_MAX = 1_024;
/** Printable ASCII. */
const VISIBLE = "^[\\x20-\\x7E]+$";

const header = (description: string, restriction: JsonSchema = { pattern: VISIBLE }) => ({
  description,
  schema: text(description, HEADER_CHARS_MAX, restriction),
});

/** Headers of every answer. */
export const COMMON_HEADERS = {
  "X-Request-Id": header("The request's ID, as it appears in the logs", {
    pattern: "^[A-Za-z0-9._~+/=:@-]{1,128}$",
  }),
  "Server-Timing": header("Time spent in the store, ms", { pattern: "^store;dur=[0-9.]+$" }),
  traceparent: header("W3C trace context", { pattern: "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$" }),
  "Access-Control-Allow-Origin": header("Present if TODOS_CORS_ORIGINS includes the caller's origin"),
};
/** Headers of representations only. */
export const ETAG = {
  ETag: header("Version of this representation, for If-None-Match and If-Match", { pattern: '^"[!-~]+"$' }),
};
export const LOCATION = { Location: header("URL of the new resource", { format: "uri" }) };
export const MOVED_TO = {
  "Content-Location": header("URL of the task, if the request moved it", { format: "uri" }),
};
export const PAGE_LINKS = {
  Link: {
    description: "RFC 8288 links; left out where they would be longer, since the body has them, too",
    schema: text("RFC 8288 links", LINK_HEADER_CHARS_MAX, { pattern: VISIBLE }),
  },
};
export const TRASH_LINK = {
  Link: header("Where it went, with the relation `trash`; absent if it is gone at once (TODOS_TRASH_DAYS=0)"),
};
const RETRY = {
  "Retry-After": {
    description: "Seconds to wait",
    schema: { type: "integer", format: "int32", minimum: 0, maximum: 3_600 },
  },
};

const PROBLEM_MEANINGS: Readonly<Record<number, string>> = {
  400: "Malformed request",
  401: "Not signed in, or a second factor is required",
  403: "The caller may not do this",
  404: "Not found",
  405: "Method not allowed",
  406: "Not available in any media type in Accept",
  408: "The body took too long to arrive",
  409: "Conflict, neighbours out of order, or a request with the same Idempotency-Key is still in progress",
  412: "The condition in If-Match or If-None-Match failed",
  413: "The body is too large",
  415: "The body's media type is not supported",
  421: "The service does not answer to this Host",
  422: "Validation failed, or Idempotency-Key reused",
  428: "If-Match is required",
  429: "Too many requests",
  500: "Internal error",
  503: "Store unavailable, overloaded, or read-only",
};

/** @param statuses all except 421, which any request can get */
export function problems(...statuses: readonly number[]): object {
  const known: readonly number[] = [...Object.values(STATUS_OF), 500];
  return Object.fromEntries(
    [...statuses, STATUS_OF["misdirected-request"]].map((status) => {
      if (!known.includes(status)) throw new RangeError(`no problem has status ${status}`);
      const retry = status === 503 || status === 429 ? RETRY : {};
      const description = PROBLEM_MEANINGS[status] ?? "Problem";
      return [
        status,
        {
          description,
          headers: { ...COMMON_HEADERS, ...retry },
          content: content([PROBLEM], ref("Problem")),
        },
      ];
    }),
  );
}

export function answer(
  description: string,
  types: readonly string[],
  schema: JsonSchema,
  headers: object = ETAG,
): object {
  return { description, headers: { ...COMMON_HEADERS, ...headers }, content: content(types, schema) };
}
