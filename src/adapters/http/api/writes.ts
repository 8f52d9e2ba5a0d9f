import { scopeOf } from "../../../application/caller.ts";
import type { Keyed } from "../../../application/idempotency.ts";
import type { Answer, IdempotencyRequest } from "../../../application/ports.ts";
import { TodosError } from "../../../domain/errors.ts";
import { type Precondition, precondition } from "../kernel/etag.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { type Reply, reply } from "../kernel/reply.ts";

export const IDEMPOTENCY_KEY_CHARS_MAX = 255;
/** A key as documented: bare, or in double quotes. */
export const IDEMPOTENCY_KEY_PATTERN = '^([!#-+\\--:<-\\[\\]-~]+|"([ !#-\\[\\]-~]|\\\\["\\\\])+")$';

/**
 * The condition that a PUT, PATCH or DELETE sets on the row's version.
 * @throws TodosError precondition-required
 */
export function writeCondition(exchange: Exchange): Precondition {
  const condition = precondition(exchange.headers, exchange.services.epoch);
  if (!condition.conditional && exchange.services.settings.requireIfMatch) {
    throw new TodosError(
      "precondition-required",
      "If-Match is required. Send the ETag of the version you are changing.",
    );
  }
  return condition;
}

/** A deletion's answer: it links to where the resource went. @param url of its entry in the trash */
export function deleted({ services }: Exchange, url: string): Reply {
  return reply(204, services.trash.isOn ? { link: `<${url}>; rel="trash"` } : {});
}

/** A keyed request, if the request has an Idempotency-Key. @throws TodosError validation-failed */
export function keyed<T>(
  exchange: Exchange,
  scope: string,
  body: string | Uint8Array,
  answerFor: (row: T) => Reply,
): Keyed<T> | undefined {
  const header = exchange.headers.get("idempotency-key");
  if (header === null) return undefined;
  const request: IdempotencyRequest = {
    scope: scopeOf(exchange.caller, scope),
    key: idempotencyKey(header),
    fingerprint: new Bun.CryptoHasher("sha256").update(body).digest("base64url"),
  };
  return { ...request, answerFor: (row) => answerOf(answerFor(row)) };
}

/** The bare form and the quoted one (a Structured Field string) are the same key. */
function idempotencyKey(header: string): string {
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(header.trim());
  const key = quoted ? (quoted[1] ?? "").replace(/\\(["\\])/g, "$1") : header.trim();
  const bare = !quoted && /[\s",;\\]/.test(key);
  if (key.length === 0 || key.length > IDEMPOTENCY_KEY_CHARS_MAX || !/^[\x20-\x7e]+$/.test(key) || bare) {
    const detail = `must be one key of 1 to ${IDEMPOTENCY_KEY_CHARS_MAX} printable ASCII characters, with or without double quotes`;
    throw new TodosError("validation-failed", `The header Idempotency-Key ${detail}.`, {
      violations: [{ pointer: "/header/Idempotency-Key", detail }],
    });
  }
  return key;
}

function answerOf(made: Reply): Answer {
  if (typeof made.body !== "string") throw new TypeError("only a text body can be replayed");
  return { status: made.status, headers: made.headers, body: made.body };
}

/** The first answer, marked as replayed. */
export function replayed(answer: Answer): Reply {
  return reply(answer.status, { ...answer.headers, "idempotent-replayed": "true" }, answer.body);
}
